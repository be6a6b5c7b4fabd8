"""The mean of a model's weights over the updates since it was switched on.

Training goes on with the weights themselves; the mean takes their place while
a model is evaluated. Source: `fixed.py` and `utils.py` of enas_lm (averaged
SGD, Merity et al., arXiv 1708.02182, whose trigger is the run's affair).
"""

import typing

from src.nn import variables
from src.tf1 import tf


class Averaging(typing.NamedTuple):
  """Operations on the mean.

  Attributes:
    flag: int32 scalar, 1 once it has begun.
    count: float32 scalar, the updates in it.
    start: op that sets the flag.
    update: op that takes the weights after this run's training step into the
      mean; fetch it instead of the step while the flag is 1.
    swap_in: op that keeps the weights and puts the mean into their place.
    swap_out: op that puts the weights back.
  """

  flag: typing.Any
  count: typing.Any
  start: typing.Any
  update: typing.Any
  swap_in: typing.Any
  swap_out: typing.Any


def create(trained, step):
  """Creates the mean of variables.

  With k updates so far, avg <- avg + (w - avg) / k. Variables, all zero at
  first: `moving_avg_flag/flag`, `average/<n>` and `backup/<n>` in the order of
  `trained`, `avg_step/step`. The reference leaves the last one without a first
  value (docs/FIDELITY.md).

  Args:
    trained: list of variables.
    step: op or tensor after which the variables have their new values.

  Returns:
    Averaging.
  """
  flag = _zeros('moving_avg_flag/flag', [], 'int32')
  shapes = [variable.shape.as_list() for variable in trained]
  means, kept = (
    [
      _zeros('%s/%d' % (name, number), shape)
      for number, shape in enumerate(shapes)
    ]
    for name in ('average', 'backup')
  )
  count = _zeros('avg_step/step', [])
  with tf.control_dependencies([step]):
    number = tf.assign_add(count, 1.0)
    update = tf.group(
      *[
        tf.assign_add(mean, (w.read_value() - mean.read_value()) / number)
        for mean, w in zip(means, trained)
      ]
    )
  keep = [tf.assign(k, w) for k, w in zip(kept, trained)]
  with tf.control_dependencies(keep):
    swap_in = tf.group(
      *[tf.assign(w, mean.read_value()) for w, mean in zip(trained, means)]
    )
  swap_out = tf.group(*[tf.assign(w, k) for w, k in zip(trained, kept)])
  return Averaging(
    flag.value(),
    count.value(),
    tf.assign(flag, 1).op,
    update,
    swap_in,
    swap_out,
  )


def _zeros(name, shape, dtype='float32'):
  return variables.create(
    name, shape, variables.zeros, trainable=False, dtype=dtype
  )
