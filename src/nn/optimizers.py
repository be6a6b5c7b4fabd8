"""How a step changes variables, given their gradients.

An optimiser is a value: which rule, with which constants. Source:
`get_train_ops` of melodyguan/enas. Slots are named as TensorFlow's optimisers
name theirs, so that checkpoints can be exchanged.
"""

import typing

from src.nn import variables
from src.tf1 import tf


class Slice(typing.NamedTuple):
  """The only part of a variable that a loss depends on.

  A step of plain SGD leaves the rest as it is, so the rest is not touched.
  Neither is it by the others here, whose slots would move it on: what is not
  used now keeps its momentum for when it is.

  Attributes:
    variable: the variable.
    index: int32 [k], positions in its first k axes; or [n, k], those of n
      parts, none twice.
    value: the part, of the shape of the other axes, or [n, ...]; what the loss
      was computed with.
  """

  variable: typing.Any
  index: typing.Any
  value: typing.Any


def value_of(part):
  """float32, the value of a variable or Slice."""
  return part.value if isinstance(part, Slice) else part.value()


class Sgd(typing.NamedTuple):
  """v <- v - rate g; it takes Slices too."""

  def apply(self, pairs, rate):
    """Builds the updates.

    Args:
      pairs: list of (variable, float32 gradient).
      rate: float32 scalar.

    Returns:
      list of ops.
    """
    return [_descend(variable, gradient, rate) for variable, gradient in pairs]

  def stored(self, part, rate):
    """What a step would add if it went by the gradients of earlier ones alone.

    In the variable scope that `apply` was called in.

    Args:
      part: variable or Slice that `apply` was given.
      rate: float32 scalar.

    Returns:
      float32 of the part's shape, zero where no step has used it; None of
      optimisers that keep nothing.
    """
    del part, rate
    return None


class Momentum(typing.NamedTuple):
  """m <- momentum m + g; v <- v - rate (g + momentum m).

  That is Nesterov's; without, v <- v - rate m.
  """

  momentum: float = 0.9
  nesterov: bool = True

  def apply(self, pairs, rate):
    """See `Sgd`."""
    momentum = tf.constant(self.momentum)

    def _update(variable, gradient):
      if isinstance(variable, Slice):
        return self._of_slice(variable, gradient, rate)
      return tf.raw_ops.ApplyMomentum(
        var=variable,
        accum=variables.slot(variable, 'Momentum'),
        lr=rate,
        grad=gradient,
        momentum=momentum,
        use_nesterov=self.nesterov,
      )

    return [_update(*pair) for pair in pairs]

  def stored(self, part, rate):
    """See `Sgd`."""
    return -rate * _slot_of(part, 'Momentum')

  def _of_slice(self, part, gradient, rate):
    slot = variables.slot(part.variable, 'Momentum')
    mean = self.momentum * tf.gather_nd(slot, part.index) + gradient
    step = gradient + self.momentum * mean if self.nesterov else mean
    with tf.control_dependencies([step]):
      kept = _put(slot, part.index, mean)
    with tf.control_dependencies([kept]):
      return _descend(part, step, rate)


class Adam(typing.NamedTuple):
  """Kingma and Ba's; with the constants of melodyguan/enas's controllers."""

  beta1: float = 0.0
  beta2: float = 0.999
  epsilon: float = 1e-3

  def apply(self, pairs, rate):
    """See `Sgd`."""
    powers = self._powers()

    def _update(variable, gradient):
      if isinstance(variable, Slice):
        return self._of_slice(variable, gradient, rate)
      return tf.raw_ops.ApplyAdam(
        var=variable,
        m=variables.slot(variable, 'Adam'),
        v=variables.slot(variable, 'Adam_1'),
        beta1_power=powers[0].value(),
        beta2_power=powers[1].value(),
        lr=rate,
        beta1=self.beta1,
        beta2=self.beta2,
        epsilon=self.epsilon,
        grad=gradient,
      )

    updates = [_update(*pair) for pair in pairs]
    with tf.control_dependencies(updates):
      return [
        tf.assign(powers[0], powers[0] * self.beta1),
        tf.assign(powers[1], powers[1] * self.beta2),
      ]

  def _powers(self):
    return [
      variables.create(name, [], variables.constant(beta), trainable=False)
      for name, beta in [
        ('beta1_power', self.beta1), ('beta2_power', self.beta2)
      ]
    ]  # fmt: skip

  def stored(self, part, rate):
    """See `Sgd`."""
    if isinstance(part, Slice):
      count = tf.gather_nd(self._uses(part).value(), part.index)
      powers = self._powers_of(part, count)
    else:
      before = zip(self._powers(), (self.beta1, self.beta2))
      powers = [tf.math.divide_no_nan(power.value(), b) for power, b in before]
    moments = [_slot_of(part, name) for name in ('Adam', 'Adam_1')]
    return -rate * self._step(powers, *moments)

  def _step(self, powers, mean, square):
    """The step of moments; powers: of the betas, by how often there was one."""
    unbiased = [1.0 - power for power in powers]
    scale = tf.math.divide_no_nan(tf.sqrt(unbiased[1]), unbiased[0])
    return scale * mean / (tf.sqrt(square) + self.epsilon)

  def _powers_of(self, part, count):
    """The betas to the power of the counts of a Slice's part, or parts."""
    if part.index.shape.ndims > 1:
      count = tf.reshape(count, [-1] + [1] * (part.value.shape.ndims - 1))
    return [tf.pow(beta, count) for beta in (self.beta1, self.beta2)]

  @staticmethod
  def _uses(part):
    """The variable that counts steps of the parts of a Slice's variable."""
    return variables.create(
      part.variable.op.name + '/Adam_uses',
      part.variable.shape.as_list()[: int(part.index.shape[-1])],
      variables.zeros,
      trainable=False,
    )

  def _of_slice(self, part, gradient, rate):
    """By how often this very part was used before, which its moments are of."""
    uses = self._uses(part)
    count = tf.gather_nd(uses.value(), part.index) + 1.0
    moments = [(uses, count)]
    for name, beta, value in (
      ('Adam', self.beta1, gradient),
      ('Adam_1', self.beta2, tf.square(gradient)),
    ):
      slot = variables.slot(part.variable, name)
      moment = tf.gather_nd(slot, part.index) * beta + (1.0 - beta) * value
      moments.append((slot, moment))
    _, (_, mean), (_, square) = moments
    powers = self._powers_of(part, count)
    step = self._step(powers, mean, square)
    with tf.control_dependencies([step]):
      kept = [_put(slot, part.index, moment) for slot, moment in moments]
    with tf.control_dependencies(kept):
      return _descend(part, step, rate)


def _slot_of(part, name):
  """float32, what a slot holds of a variable or Slice."""
  if isinstance(part, Slice):
    slot = variables.found_slot(part.variable, name)
    return tf.gather_nd(slot, part.index)
  return variables.found_slot(part, name).value()


def _put(slot, index, value):
  """Writes a Slice's part of a slot."""
  return tf.scatter_nd_update(slot, index[None], value[None])


def _descend(variable, gradient, rate):
  if isinstance(variable, Slice):
    return tf.scatter_nd_sub(
      variable.variable, variable.index[None], (rate * gradient)[None]
    )
  return tf.raw_ops.ApplyGradientDescent(
    var=variable, alpha=rate, delta=gradient
  )
