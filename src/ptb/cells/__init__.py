"""Recurrent cells, what they are wired to, and how they run over a window.

A cell is an object with `step(inputs, states) -> (outputs, states)`, where
inputs are those of one step, states a tuple of float32 [B, H] that is carried
to the next, and outputs float32 [B, H]; all weights and masks are its own.
"""
