"""The child in use: a window's perplexity, without dropout."""

from src.ptb import graphs as ptb_graphs
from src.recurrent import child as child_lib
from src.tf1 import tf


def infer(
  child,
  weights,
  name,
  carry=None,
  carried=None,
  cell=child_lib.Highway,
  noise=None,
):
  """The child in use, without dropout.

  Args:
    child: child.ChildConfig.
    weights: child.Weights.
    name: str, of its placeholders.
    carry: bool scalar, whether the state is `carried`, a variable; or None.
    cell, noise: see `child.run`.

  Returns:
    ptb.graphs.Infer.
  """
  inputs, targets = ptb_graphs.windows(name)
  size = child.state_size
  zeros = tf.zeros([tf.shape(inputs)[0], size])
  if carry is not None:
    zeros = tf.cond(carry, carried.value, lambda: tf.identity(zeros))
  state = tf.placeholder_with_default(zeros, [None, size], name + '_state')
  outputs = child_lib.run(child, weights, inputs, state, cell=cell, noise=noise)
  loss = child_lib.total_loss(weights, outputs, targets)
  number = tf.cast(tf.size(targets), tf.float32)
  return ptb_graphs.Infer(
    inputs, targets, state, loss, tf.exp(loss / number), outputs.states[-1]
  )
