"""What a folder of results says: tables, charts and one page.

It needs no TensorFlow.
"""
