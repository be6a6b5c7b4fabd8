"""CIFAR-10: macro and micro search, final training, derivation, export."""
