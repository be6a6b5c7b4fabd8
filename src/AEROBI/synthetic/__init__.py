"""A synthetic stand-in for CODEBRIM: its layout and statistics, none of its
pixels.

It is there so that everything runs without the data set. What is measured on
it says nothing about CODEBRIM.
"""
