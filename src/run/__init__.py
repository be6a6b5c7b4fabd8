"""Runs: sessions, the loop, checkpoints, signals, logs, flags, errors."""
