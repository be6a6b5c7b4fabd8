"""Shared weights one step on, without taking it.

A controller is rewarded at weights w, and these go on by what it chooses. With
w' = w - xi E[grad Ltr(m; w)], the weights after a step, the gradient of the
mean reward at w' has a direct term, rewards measured at w', and a response
term: REINFORCE with the reward -xi <v, grad Ltr(m; w)>, v the mean gradient of
rewards by weights. What rewards are measured with is here a function of the
weights: no variable of the model is ever changed, so none has to be restored.
Source: the goals of MENAS (`TODO` of georgeadam/menas); the central difference
is that of DARTS (arXiv 1806.09055, 2.3).
"""

import typing

from src.nn import optimizers, updates, variables
from src.recurrent import child as child_lib
from src.tf1 import tf

EXTRA = ('none', 'extrapolate', 'response', 'full')
STEPS = ('fresh_grad', 'momentum', 'last_grad')
RADIUS = 0.01  # how far a central difference goes, as in DARTS
_STEP, _DIRECTION = 'LookaheadStep', 'LookaheadDirection'


class Setting(typing.NamedTuple):
  """Flags of these names.

  Attributes:
    extra: one of EXTRA (`extra_gradient`).
    step: one of STEPS (`lookahead_step`).
    samples: int (`lookahead_samples`), architectures that means are over.
    diagnosed: bool, whether all parts are there whatever `extra` is.
  """

  extra: str = 'none'
  step: str = STEPS[0]
  samples: int = 10
  diagnosed: bool = False

  @property
  def extrapolates(self):
    return self.extra in ('extrapolate', 'full')

  @property
  def responds(self):
    return self.extra in ('response', 'full')


class Lookahead:
  """The tensors and operations of it.

  Attributes:
    setting: Setting.
    weights: child.Weights at w + along_step (w' - w) + along_reward v.
    along_step: float32 scalar, 1 unless fed where rewards are extrapolated,
      else 0.
    along_reward: float32 scalar, 0 unless fed.
    xi: float32 scalar, the learning rate times what clipping leaves of a step.
    pull: float32 scalar, what the decay of the architecture's weights in a step
      does along v; None without either.
    step_norm: float32 scalar, the norm of w' - w, of what the architecture
      uses; None without a step.
    direction_norm: float32 scalar, that of v; None without v.
    begin: op that forgets the means.
    add_step: op that adds a training window's gradient to the mean that
      `fresh_grad` goes by; run it `samples` times, then `settle`. None else.
    settle: op or None.
    toward: see the method.
  """

  def __init__(self, setting, weights, training, train):
    """
    Args:
      setting: Setting.
      weights: child.Weights.
      training: graphs.ChildTraining.
      train: ptb.graphs.Train.
    """
    self.setting = setting
    self._trained = weights.trained
    self._training = training
    self._share = 1.0 / setting.samples
    self._steps = self._directions = None
    self.step_norm = self.direction_norm = None
    self.begin = self.add_step = self.settle = None
    moves = setting.extrapolates or setting.diagnosed
    self.along_step = tf.placeholder_with_default(
      float(setting.extrapolates), [], 'along_step'
    )
    self.along_reward = tf.placeholder_with_default(0.0, [], 'along_reward')
    ops = train.train_ops
    with tf.variable_scope('lookahead'):
      self._kept = variables.create('kept', [], variables.ones, trainable=False)
    self._rate = training.schedule(ops.step)
    self.xi = self._rate * self._kept.value()
    begin = []
    if moves and setting.step != 'momentum':
      self._steps = self._tables(_STEP)
    if setting.responds or setting.diagnosed:
      self._directions = self._tables(_DIRECTION)
      begin += self._zeroed(self._directions)
      self.direction_norm = tf.global_norm(
        [table.value() for table in self._directions.values()]
      )
    if self._steps is not None and setting.step == 'fresh_grad':
      begin += self._zeroed(self._steps)
      self.add_step = self._added(self._steps, ops.gradients)
      self.settle = self._settled()
    self.pull = self._pull()
    self.begin = tf.group(*begin)
    steps = {}
    if moves:
      steps = {id(part): self._step(part) for part in self._trained}
      self.step_norm = tf.global_norm(list(steps.values()))

    def _change(part):
      change = tf.zeros([])
      if moves:
        change += self.along_step * steps[id(part)]
      if self._directions is not None:
        change += self.along_reward * _held(part, self._directions)
      return change

    self.weights = child_lib.moved(weights, _change)

  def _pull(self):
    decay = self._training.l2_reg
    fixed = not isinstance(decay, tf.Tensor) and not decay
    if self._directions is None or fixed:
      return None
    products = [
      tf.reduce_sum(optimizers.value_of(part) * _held(part, self._directions))
      for part in self._trained
    ]
    return -self._rate * decay * tf.add_n(products)

  def remember(self, ops):
    """list of ops to run with each step of the child.

    They keep how much clipping leaves of it, and what it applies for
    `last_grad`: of each part of the weights, that of the last step to use it.

    Args:
      ops: updates.TrainOps of the child.
    """
    kept = [tf.assign(self._kept, _factor(self._training.clip, ops.grad_norm))]
    if self._steps is None or self.setting.step != 'last_grad':
      return kept
    for part, gradient in zip(self._trained, ops.applied):
      table = self._steps[_variable(part).op.name]
      gradient = tf.convert_to_tensor(gradient)
      if isinstance(part, optimizers.Slice):
        kept.append(
          tf.scatter_nd_update(table, part.index[None], gradient[None])
        )
      else:
        kept.append(tf.assign(table, gradient))
    return kept

  def toward(self, reward):
    """op that adds the gradient of a reward to v; run it `samples` times.

    Where a perplexity overflows its reward is 0, and its gradient, which would
    be 0 times infinity, counts as 0 too: v is added to all weights.

    Args:
      reward: float32 scalar, computed with `weights`.
    """
    gradients = map(
      tf.convert_to_tensor, updates.gradients_of(reward, self._trained)
    )
    gradients = [
      tf.where(tf.math.is_finite(gradient), gradient, tf.zeros_like(gradient))
      for gradient in gradients
    ]
    return self._added(self._directions, gradients)

  def _tables(self, name):
    """dict from a variable's name to what is kept of it, of its shape."""
    trained = [_variable(part) for part in self._trained]
    return {v.op.name: variables.slot(v, name) for v in trained}

  def _step(self, part):
    """What the next step adds to a part's value."""
    if self.setting.step != 'momentum':
      return -self._rate * _held(part, self._steps)
    with tf.variable_scope('child_training', reuse=True):
      return self._training.optimizer.stored(part, self._rate)

  @staticmethod
  def _zeroed(tables):
    return [tf.assign(t, tf.zeros_like(t)).op for t in tables.values()]

  def _added(self, tables, gradients):
    """op that adds their share of gradients to tables."""
    adds = []
    for part, gradient in zip(self._trained, gradients):
      table = tables[_variable(part).op.name]
      share = self._share * tf.convert_to_tensor(gradient)
      if isinstance(part, optimizers.Slice):
        adds.append(tf.scatter_nd_add(table, part.index[None], share[None]).op)
      else:
        adds.append(tf.assign_add(table, share).op)
    return tf.group(*adds)

  def _settled(self):
    """op that makes of mean gradients what the optimiser would be given."""
    tables = list(self._steps.values())
    trained = [_variable(part) for part in self._trained]
    norm = tf.global_norm([table.value() for table in tables])
    kept = _factor(self._training.clip, norm)
    decay = self._training.l2_reg
    applied = [
      kept * table.value() + decay * variable.value()
      for table, variable in zip(tables, trained)
    ]
    with tf.control_dependencies(applied + [kept]):
      puts = [tf.assign(*pair) for pair in zip(tables, applied)]
      return tf.group(tf.assign(self._kept, kept), *puts)


def _variable(part):
  return part.variable if isinstance(part, optimizers.Slice) else part


def _held(part, tables):
  """float32, what tables hold of a part."""
  table = tables[_variable(part).op.name]
  if isinstance(part, optimizers.Slice):
    return tf.gather_nd(table, part.index)
  return table.value()


def _factor(clip, norm):
  """float32 scalar, what clipping multiplies gradients of a norm by."""
  return tf.ones([]) if clip is None else clip([tf.ones([])], norm)[0]
