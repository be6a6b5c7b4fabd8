"""Tensors whose gradient is given, not derived.

As `tf.custom_gradient`, but for a function that may also depend on other
tensors, such as a sampled architecture, for which no gradient is wanted.
"""

from src.tf1 import tf

_RULES = 'enas_own_gradient_'


def define(inputs, output, gradient):
  """Declares what the gradient of a tensor is.

  Args:
    inputs: list of tensors.
    output: tensor that was computed from them, maybe by loops and from others.
    gradient: function (gradient of the output) -> list of the gradients of
      the inputs, called when gradients are built.

  Returns:
    the output, to be used in its place.
  """
  override = {'IdentityN': 'EnasOwnGradient'}
  with tf.get_default_graph().gradient_override_map(override):
    marked = tf.identity_n([output] + list(inputs))[0]
  tf.add_to_collection(_RULES + marked.op.name, gradient)
  marked.set_shape(output.shape)
  return marked


@tf.RegisterGradient('EnasOwnGradient')
def _own_gradient(op, upstream, *unused):
  """Inputs of the marked op are (output, inputs)."""
  del unused
  (gradient,) = op.graph.get_collection(_RULES + op.name)
  return [None] + list(gradient(upstream))
