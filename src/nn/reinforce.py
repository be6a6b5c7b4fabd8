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
  'Trainer', ['loss', 'accuracy', 'baseline', 'train_ops']
)
Trainer.__doc__ = (
  """Tensors of one controller step; baseline is the updated one."""
)


def trainer(
  sample,
  accuracy,
  learning_rate,
  entropy_weight=None,
  baseline_decay=0.99,
  skip_weight=0.0,
  l2_reg=0.0,
  num_aggregate=1,
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

  Returns:
    Trainer.
  """
  reward = accuracy
  if entropy_weight is not None:
    reward += entropy_weight * sample.entropy
  # Upstream left the baseline unnamed; checkpoints know it as `Variable`.
  baseline = variables.create('Variable', [], variables.zeros, trainable=False)
  updated = tf.assign_sub(
    baseline, (1 - baseline_decay) * (baseline.value() - reward)
  )
  with tf.control_dependencies([updated.op]):
    reward = tf.stop_gradient(reward)
  loss = sample.nll * (reward - updated)
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
  )
  return Trainer(loss, accuracy, updated, train_ops)
