"""A cell over a window."""

from src.ptb.cells import highway_fast
from src.tf1 import tf


def unroll(cell, inputs, states):
  """Runs a cell over a window, the quickest way there is for it.

  Args:
    cell: see `src.ptb.cells`.
    inputs: float32 [T, B, ...], or a nest of such.
    states: tuple of float32 [B, H], before the window; constant for gradients.

  Returns:
    (float32 [T, B, H], the outputs of each step; tuple of float32 [T, B, H],
    the states after each). Gradients flow to inputs and to the cell's weights.
  """
  if highway_fast.serves(cell):
    outputs, states = highway_fast.unroll(cell, inputs, states[0])
    return outputs, (states,)
  return scan(cell, inputs, states)


def scan(cell, inputs, states):
  """`unroll` of any cell, differentiated by TensorFlow."""
  states = tuple(tf.stop_gradient(state) for state in states)
  return tf.scan(
    lambda carried, row: cell.step(row, carried[1]),
    inputs,
    initializer=(tf.zeros_like(states[0]), states),
  )
