"""From a loss to an update: gradients, L2, clipping, aggregation, optimiser.

Source: `get_train_ops` of melodyguan/enas. Slots are named as TensorFlow's
optimisers name theirs, so that checkpoints can be exchanged.
"""

import collections

from src.nn import accumulators, variables
from src.tf1 import tf

MOMENTUM = 0.9

Adam = collections.namedtuple('Adam', ['beta1', 'beta2', 'epsilon'])
Adam.__doc__ = """Adam's constants, floats."""
ADAM = Adam(0.0, 0.999, 1e-3)

Slice = collections.namedtuple('Slice', ['variable', 'index', 'value'])
Slice.__doc__ = """The only part of a variable that a loss depends on.

index: int32 [k], positions in its first k axes. value: the part, of the shape
of the other axes; what the loss was computed with. A step of plain SGD leaves
the rest as it is, so the rest is not touched.
"""

TrainOps = collections.namedtuple(
  'TrainOps',
  ['accumulate', 'update', 'step', 'grad_norm', 'learning_rate', 'shared'],
)
TrainOps.__doc__ = """What training a set of variables takes.

accumulate: op, adds this run's gradients to the sums; None without
  aggregation. update: op, applies the (mean) gradients, advances the step
  count and returns it. step: int32 scalar, the count. grad_norm: float32
  scalar, of this run's gradients before clipping. learning_rate: float32
  scalar. shared: Accumulators that `accumulate` adds to where several workers
  do, else None.
"""


def train_ops(
  loss,
  trained,
  step,
  learning_rate,
  optimizer='momentum',
  l2_reg=0.0,
  clip_mode=None,
  clip_bound=None,
  num_aggregate=1,
  adam=ADAM,
  synchronous=False,
):
  """Builds the update of `trained` by the gradient of `loss`.

  Args:
    loss: float32 scalar.
    trained: list of variables; for plain SGD without L2 and aggregation,
      of Slices too.
    step: int32 variable, counts updates.
    learning_rate: function () -> float32 scalar tensor; called where it is
      evaluated once an update.
    optimizer: 'momentum' (Nesterov, 0.9), 'sgd' or 'adam'.
    l2_reg: float; the loss has l2_reg * sum(v^2) added (no 1/2). The term's
      gradient 2 * l2_reg * v is added directly.
    clip_mode: None, 'global' or 'norm' (each gradient on its own).
    clip_bound: float, the largest norm.
    num_aggregate: int A; with A > 1 an update applies the mean of the
      gradients of A runs of `accumulate`, as `SyncReplicasOptimizer` does with
      one replica (docs/FIDELITY.md, D16).
    adam: Adam, its constants where it is the optimizer.
    synchronous: whether those A runs are of several workers of a cluster.

  Returns:
    TrainOps.

  Raises:
    ValueError: unknown optimizer or clip mode.
  """
  sources = [v.value if isinstance(v, Slice) else v for v in trained]
  # A variable that the loss does not depend on, such as the reduction of an
  # output that no later layer reads, has a zero gradient: it only decays.
  gradients = [
    tf.zeros_like(source) if gradient is None else gradient
    for gradient, source in zip(tf.gradients(loss, sources), sources)
  ]
  if l2_reg:
    factor = tf.constant(2.0 * l2_reg)
    gradients = [
      gradient + variable.value() * factor
      for gradient, variable in zip(gradients, trained)
    ]
  grad_norm = tf.global_norm(gradients)
  gradients = _clip(gradients, grad_norm, clip_mode, clip_bound)

  accumulate = shared = None
  if synchronous:
    shared = accumulators.Accumulators(trained, gradients, num_aggregate)
    accumulate, gradients = shared.add, shared.means
  elif num_aggregate > 1:
    sums = [
      variables.create(
        v.op.name + '/gradient_sum',
        v.shape.as_list(),
        variables.zeros,
        trainable=False,
        saved=False,
      )
      for v in trained
    ]
    accumulate = tf.group(
      *[tf.assign_add(s, g) for s, g in zip(sums, gradients)]
    )
    gradients = [s.value() / num_aggregate for s in sums]

  # Every gradient is there before the first variable changes: a variable is
  # updated in place, and other gradients may still have to read it.
  with tf.control_dependencies(gradients):
    rate = tf.identity(learning_rate())
  updates = _apply(optimizer, trained, gradients, rate, adam)
  if num_aggregate > 1 and not synchronous:
    with tf.control_dependencies(updates):
      updates = [tf.assign(s, tf.zeros_like(s)) for s in sums]
  with tf.control_dependencies(updates):
    update = tf.assign_add(step, 1)
  return TrainOps(accumulate, update, step.value(), grad_norm, rate, shared)


def _clip(gradients, grad_norm, mode, bound):
  if mode is None:
    return gradients
  if mode == 'global':
    return tf.clip_by_global_norm(gradients, bound, use_norm=grad_norm)[0]
  if mode == 'norm':
    return [tf.clip_by_norm(gradient, bound) for gradient in gradients]
  raise ValueError('clip mode %r: expected global, norm or None' % (mode,))


def _apply(optimizer, trained, gradients, rate, adam):
  pairs = list(zip(trained, gradients))
  if optimizer == 'sgd':
    return [_descend(v, g, rate) for v, g in pairs]
  if optimizer == 'momentum':
    momentum = tf.constant(MOMENTUM)
    return [
      tf.raw_ops.ApplyMomentum(
        var=v,
        accum=variables.slot(v, 'Momentum'),
        lr=rate,
        grad=g,
        momentum=momentum,
        use_nesterov=True,
      )
      for v, g in pairs
    ]
  if optimizer == 'adam':
    return _apply_adam(pairs, rate, adam)
  raise ValueError(
    'optimizer %r: expected momentum, sgd or adam' % (optimizer,)
  )


def _descend(variable, gradient, rate):
  if isinstance(variable, Slice):
    return tf.scatter_nd_sub(
      variable.variable, variable.index[None], (rate * gradient)[None]
    )
  return tf.raw_ops.ApplyGradientDescent(
    var=variable, alpha=rate, delta=gradient
  )


def _apply_adam(pairs, rate, adam):
  powers = [
    variables.create(name, [], variables.constant(beta), trainable=False)
    for name, beta in [('beta1_power', adam.beta1), ('beta2_power', adam.beta2)]
  ]
  updates = [
    tf.raw_ops.ApplyAdam(
      var=v,
      m=variables.slot(v, 'Adam'),
      v=variables.slot(v, 'Adam_1'),
      beta1_power=powers[0].value(),
      beta2_power=powers[1].value(),
      lr=rate,
      beta1=adam.beta1,
      beta2=adam.beta2,
      epsilon=adam.epsilon,
      grad=g,
    )
    for v, g in pairs
  ]
  with tf.control_dependencies(updates):
    return [
      tf.assign(powers[0], powers[0] * adam.beta1),
      tf.assign(powers[1], powers[1] * adam.beta2),
    ]
