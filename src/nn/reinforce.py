"""REINFORCE for a controller: reward, moving baseline, loss, update.

Source: ENAS section 2.2; `build_trainer` of melodyguan/enas's controllers.
"""

import collections

from src.nn import optimizers, variables
from src.tf1 import tf

Sample = collections.namedtuple(
  'Sample', ['arc', 'nll', 'entropy', 'skip_count', 'skip_penalty']
)
Sample.__doc__ = """One sampled architecture.

arc: int32 [number of tokens]. nll: float32 scalar, negative log-likelihood of
the sample. entropy: float32 scalar, the term the reward may be given a share
of. skip_count: float32 scalar. skip_penalty: float32 scalar, or None in
spaces without skip connections.
"""

Trainer = collections.namedtuple(
  'Trainer',
  ['loss', 'accuracy', 'baseline', 'train_ops', 'reward', 'advantage'],
)
Trainer.__doc__ = """Tensors of one controller step.

baseline: float32 scalar, after this sample. reward: float32 scalar R.
advantage: float32 scalar R - b, which may be fed: then neither the accuracy nor
the baseline is computed.
"""

Batches = collections.namedtuple('Batches', ['count', 'index', 'restart'])
Batches.__doc__ = """Reward batches with a baseline each.

count: int, how many there are. index: int32 scalar, which of them this is.
restart: bool scalar, whether to forget what was seen on it before; None: never.
"""


def trainer(
  sample,
  accuracy,
  learning_rate,
  entropy_weight=None,
  baseline_decay=0.99,
  skip_weight=0.0,
  l2_reg=0.0,
  num_aggregate=1,
  adam=optimizers.ADAM,
  batches=None,
  synchronous=False,
):
  """Builds the controller's training step.

  R = accuracy + entropy_weight * entropy;
  b <- b - (1 - baseline_decay) (b - R);
  loss = nll * (R - b) + skip_weight * skip_penalty, with the updated b.

  Args:
    sample: Sample whose arc the accuracy was measured with.
    accuracy: float32 scalar.
    learning_rate: function (step tensor) -> float32 scalar.
    entropy_weight: float or None.
    baseline_decay: float.
    skip_weight: float.
    l2_reg: float, on the controller's variables.
    num_aggregate: int, gradients averaged per update.
    adam: optimizers.Adam.
    batches: Batches, to keep a baseline for each reward batch on its own; see
      `_own_baseline`. None for the one of all.
    synchronous: whether they are gradients of several workers of a cluster.

  Returns:
    Trainer.
  """
  reward = accuracy
  if entropy_weight is not None:
    reward += entropy_weight * sample.entropy
  reward = tf.stop_gradient(reward)
  if batches is None:
    updated = _common_baseline(reward, baseline_decay)
  else:
    updated = _own_baseline(reward, baseline_decay, batches)
  advantage = tf.placeholder_with_default(reward - updated, [], 'advantage')
  loss = sample.nll * advantage
  if sample.skip_penalty is not None:
    loss += skip_weight * sample.skip_penalty
  step = variables.create(
    'train_step', [], variables.zeros, trainable=False, dtype='int32'
  )
  train_ops = optimizers.train_ops(
    loss,
    tf.trainable_variables('controller'),
    step,
    lambda: learning_rate(step.value()),
    optimizer='adam',
    l2_reg=l2_reg,
    num_aggregate=num_aggregate,
    adam=adam,
    synchronous=synchronous,
  )
  return Trainer(loss, accuracy, updated, train_ops, reward, advantage)


def _common_baseline(reward, decay):
  """The moving mean over all rewards, after this one; float32 scalar."""
  # Upstream left the baseline unnamed; checkpoints know it as `Variable`.
  baseline = variables.create('Variable', [], variables.zeros, trainable=False)
  return tf.assign_sub(baseline, (1 - decay) * (baseline.value() - reward))


def _own_baseline(reward, decay, batches):
  """The moving mean over the rewards of this batch, after this one.

  With n rewards seen on the batch, b <- b - max(1 - decay ** count, 1 / n)
  (b - R): the plain mean at first, where one that begins at zero would need
  thousands of epochs. As the batch comes up once in `count` steps, it looks as
  many steps back as the common baseline does.
  """
  count, index, restart = batches
  means, seen = (
    variables.create(name, [count], variables.zeros, trainable=False)
    for name in ('batch_baseline/mean', 'batch_baseline/count')
  )
  before = seen.value()[index]
  if restart is not None:
    before = tf.where(restart, tf.zeros_like(before), before)
  number = tf.scatter_update(seen, index, before + 1.0)[index]
  share = tf.maximum(1.0 - decay**count, 1.0 / number)
  change = share * (reward - means.value()[index])
  return tf.scatter_add(means, index, change)[index]
