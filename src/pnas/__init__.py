"""Progressive search for cells (arXiv 1712.00559).

Cells grow block by block; what a predictor has learnt of small cells chooses
which larger ones are trained. By the names of titu1994's implementation.
"""
