"""Analyses of searches, named as the scripts of MENAS."""
