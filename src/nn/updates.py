"""From a loss to an update: gradients, L2, clipping, aggregation, optimiser.

Source: `get_train_ops` of melodyguan/enas.
"""

import typing

from src.nn import accumulators, variables
from src.nn.optimizers import Momentum, Slice, value_of
from src.tf1 import tf


class TrainOps(typing.NamedTuple):
  """What training a set of variables takes.

  Attributes:
    accumulate: op, adds this run's gradients to the sums; None without
      aggregation.
    update: op, applies the (mean) gradients, advances the step count and
      returns it.
    step: int32 scalar, the count.
    grad_norm: float32 scalar, of this run's gradients before clipping.
    learning_rate: float32 scalar.
    gradients: list of float32, this run's, one for each of what is trained,
      before clipping; `applied` likewise, what the optimiser is given.
    shared: Accumulators that `accumulate` adds to where several workers do,
      else None.
  """

  accumulate: typing.Any
  update: typing.Any
  step: typing.Any
  grad_norm: typing.Any
  learning_rate: typing.Any
  shared: typing.Any
  gradients: typing.Sequence = ()
  applied: typing.Sequence = ()


def train_ops(
  loss,
  trained,
  step,
  schedule,
  optimizer=Momentum(),
  l2_reg=0.0,
  clip=None,
  num_aggregate=1,
  synchronous=False,
  correction=None,
  clip_mean=None,
  decay=0.0,
):
  """Builds the update of `trained` by the gradient of `loss`.

  Args:
    loss: float32 scalar.
    trained: list of variables; without aggregation, of Slices too.
    step: int32 variable, counts updates.
    schedule: function of the count, an int32 scalar tensor, that gives the
      rate, a float32 scalar: one of `schedules`. Called where it is evaluated
      once an update.
    optimizer: one of `optimizers`.
    l2_reg: float; the loss has l2_reg * sum(v^2) added (no 1/2). The term's
      gradient 2 * l2_reg * v is added directly; of a Slice only its part.
    clip: one of `clipping`, or None.
    num_aggregate: int A; with A > 1 an update applies the mean of the
      gradients of A runs of `accumulate`, as `SyncReplicasOptimizer` does with
      one replica (docs/FIDELITY.md, D16).
    synchronous: whether those A runs are of several workers of a cluster.
    correction: None, or a pair of float32 scalars (L, w): w times the mean
      gradient of L is added to that of the loss. w is evaluated once, when an
      update applies them, and so may depend on all of its runs. Not with clip
      or synchronous.
    clip_mean: one of `clipping`, or None: of what an update applies, the mean
      of its gradients, where `clip` is of each of them.
    decay: float or float32 scalar, decay * v is added to the gradients after
      clipping, as PyTorch's optimisers do by their `weight_decay`.

  Returns:
    TrainOps.
  """
  gradients = raw = gradients_of(loss, trained)
  if l2_reg:
    factor = tf.constant(2.0 * l2_reg)
    gradients = raw = [
      gradient + value_of(part) * factor
      for gradient, part in zip(gradients, trained)
    ]
  grad_norm = tf.global_norm(gradients)
  if clip is not None:
    gradients = clip(gradients, grad_norm)

  accumulate = shared = None
  if synchronous:
    shared = accumulators.Accumulators(trained, gradients, num_aggregate)
    accumulate, gradients = shared.add, shared.means
  elif num_aggregate > 1:
    sums, adds, gradients = _summed(
      trained, gradients, num_aggregate, 'gradient_sum'
    )
    if correction is not None:
      lacking, weight = correction
      others, other_adds, lacking = _summed(
        trained, gradients_of(lacking, trained), num_aggregate, 'correction_sum'
      )
      sums, adds = sums + others, adds + other_adds
      gradients = [g + weight * more for g, more in zip(gradients, lacking)]
    accumulate = tf.group(*adds)
  if clip_mean is not None:
    gradients = clip_mean(gradients, tf.global_norm(gradients))

  if isinstance(decay, tf.Tensor) or decay:
    factor = tf.convert_to_tensor(decay)
    gradients = [
      gradient + value_of(part) * factor
      for gradient, part in zip(gradients, trained)
    ]

  # Every gradient is there before the first variable changes: a variable is
  # updated in place, and other gradients may still have to read it.
  with tf.control_dependencies(gradients):
    rate = tf.identity(schedule(step.value()))
  updates = optimizer.apply(list(zip(trained, gradients)), rate)
  if num_aggregate > 1 and not synchronous:
    with tf.control_dependencies(updates):
      updates = [tf.assign(s, tf.zeros_like(s)) for s in sums]
  with tf.control_dependencies(updates):
    update = tf.assign_add(step, 1)
  return TrainOps(
    accumulate, update, step.value(), grad_norm, rate, shared, raw, gradients
  )


def gradients_of(loss, trained):
  """list of float32, the gradients of a scalar by variables or Slices."""
  sources = [v.value if isinstance(v, Slice) else v for v in trained]
  # A variable that the loss does not depend on, such as the reduction of an
  # output that no later layer reads, has a zero gradient: it only decays.
  return [
    tf.zeros_like(source) if gradient is None else gradient
    for gradient, source in zip(tf.gradients(loss, sources), sources)
  ]


def _summed(trained, gradients, count, name):
  """(local variables, ops that add the gradients to them, their means)."""
  sums = [
    variables.create(
      '%s/%s' % (v.op.name, name),
      v.shape.as_list(),
      variables.zeros,
      trainable=False,
      saved=False,
    )
    for v in trained
  ]
  adds = [tf.assign_add(*pair) for pair in zip(sums, gradients)]
  return sums, adds, [s.value() / count for s in sums]
