"""Texts: search for a recurrent cell of a language model, final training."""
