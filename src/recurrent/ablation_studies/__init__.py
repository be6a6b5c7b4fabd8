"""Ablations of cells, named as the scripts of MENAS."""
