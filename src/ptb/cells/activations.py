"""The activations that nodes of cells may apply, by their names."""

import typing

from src.nn import lazy
from src.tf1 import tf


class Activation(typing.NamedTuple):
  """An activation.

  Attributes:
    function: of a tensor.
    slope: the derivative as a function of the activation's value, or None if
      it is none; such an activation has no part in hand-written gradients.
  """

  function: typing.Callable
  slope: typing.Optional[typing.Callable] = None


ACTIVATIONS = {
  'tanh': Activation(tf.tanh, lambda a: 1.0 - tf.square(a)),
  'relu': Activation(tf.nn.relu, tf.sign),
  'sigmoid': Activation(tf.sigmoid, lambda a: a * (1.0 - a)),
  'identity': Activation(lambda h: h, tf.ones_like),
  'one_minus': Activation(lambda h: 1.0 - h, lambda a: -tf.ones_like(a)),
}


class Applied(typing.NamedTuple):
  """What one node applies.

  Attributes:
    options: tuple of Activation.
    choice: lazy.Choice among them, or None if there is but one.
  """

  options: tuple
  choice: typing.Any = None

  def value(self, h):
    """Of all options that which is chosen: TensorFlow can differentiate it."""
    if self.choice is None:
      return self.options[0].function(h)
    values = [option.function(h) for option in self.options]
    return tf.stack(values)[self.choice.index]

  def only(self, name, value):
    """What the chosen option's field `name` makes of a value; no other runs."""
    functions = [getattr(option, name) for option in self.options]
    if self.choice is None:
      return functions[0](value)
    return lazy.choose(self.choice, functions, value, gradients=False)


def applied(names, index=None):
  """Applied.

  Args:
    names: sequence of str.
    index: int32 scalar, which of them, or None if there is but one.
  """
  options = tuple(ACTIVATIONS[name] for name in names)
  choice = None if index is None else lazy.choice(index, len(options))
  return Applied(options, choice)
