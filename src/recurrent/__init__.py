"""Recurrent cells as ENAS-pytorch and MENAS search them, above `src.ptb`."""
