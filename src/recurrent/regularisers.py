"""What MENAS adds to a controller's loss so that it remembers what it chose.

Each is a function of a `Setting` that returns an `Extra`; `EXTRAS` has them by
name. Source: `train_scripts` and `models/controller_*` of MENAS, and Adam and
Lorraine (arXiv 1904.00438); what was wrong there is in docs/FIDELITY.md.
"""

import typing

from src.nn import random_ops, sampler, variables
from src.recurrent import controller as controller_lib
from src.tf1 import tf

SCORES_KEPT = 100  # of the latest samples, by `performance`
WORST_SCORE = 20.0  # nats; what a perplexity that overflows counts as
SEQUENCES_KEPT = 10000  # by `supervised`
SEQUENCES_DRAWN = 1000  # at once, into that store
SEQUENCES_SWAPPED = 100  # once it is full
SEQUENCES_REPLAYED = 100  # each step


class Setting(typing.NamedTuple):
  """What an extra loss may depend on.

  Attributes:
    config: controller.ControllerConfig.
    trace: controller.Trace of the sample, of which B is 1.
    perplexity: float32 scalar, of the sample on the window of its reward.
    key: int32 [2], of the sample.
  """

  config: typing.Any
  trace: typing.Any
  perplexity: typing.Any
  key: typing.Any


class Extra(typing.NamedTuple):
  """What a variant adds.

  Attributes:
    penalty: float32 scalar, added to the loss times a weight.
    name: str, of its curve.
    remember: function without arguments that builds the op to run after each
      sample is used; None if there is none.
    store: op that begins a phase of the controller; None if there is none.
  """

  penalty: typing.Any
  name: str
  remember: typing.Optional[typing.Callable] = None
  store: typing.Any = None


def previous_choice(setting):
  """Each state is to tell the distribution of the choice before.

  A further head per decision k predicts the probabilities of decision k - 1;
  the penalty is the sum over k >= 1 of the mean squared error.
  """
  trace, size = setting.trace, setting.config.lstm_size
  terms = []
  with tf.variable_scope('controller/previous', reuse=tf.AUTO_REUSE):
    for place, before in enumerate(trace.probs[:-1], 1):
      options = int(before.shape[1])
      w = sampler.weight('w_%d' % place, [size, options])
      b = variables.create('b_%d' % place, [options], variables.zeros)
      found = tf.nn.softmax(tf.matmul(trace.states[place], w) + b.value())
      terms.append(tf.reduce_mean(tf.square(found - before)))
  return Extra(tf.add_n(terms), 'mse')


def performance(setting):
  """The last state is to tell how good the architecture is.

  A linear unit on the state after the last decision predicts the logarithm of
  the perplexity of each of the latest samples, standardised over them; the
  states are computed anew, so that the controller learns from it. The logarithm
  is WORST_SCORE at most, so that one infinite perplexity spoils no other score.
  """
  config = setting.config
  count = len(config.space.decisions)
  tokens = _kept('performance/tokens', [SCORES_KEPT, count], 'int32')
  scores = _kept('performance/scores', [SCORES_KEPT])
  seen = _kept('performance/seen', [], 'int32')
  number = tf.minimum(seen.value(), SCORES_KEPT)
  there = tf.cast(tf.range(SCORES_KEPT) < number, tf.float32)
  total = tf.maximum(tf.cast(number, tf.float32), 1.0)

  def _mean(values):
    return tf.reduce_sum(values * there) / total

  mean = _mean(scores.value())
  deviation = tf.sqrt(_mean(tf.square(scores.value() - mean)))
  targets = (scores.value() - mean) / tf.maximum(deviation, 1e-6)
  trace = controller_lib.walk(
    config, choices=tokens.value(), batch_size=SCORES_KEPT
  )
  with tf.variable_scope('controller/performance', reuse=tf.AUTO_REUSE):
    w = sampler.weight('w', [config.lstm_size, 1])
    b = variables.create('b', [1], variables.zeros)
  found = (tf.matmul(_last(trace), w) + b.value())[:, 0]
  penalty = _mean(tf.square(found - targets))

  def _remember():
    place = tf.math.floormod(seen.value(), SCORES_KEPT)
    score = tf.clip_by_value(tf.log(setting.perplexity), 0.0, WORST_SCORE)
    with tf.control_dependencies([place]):
      return tf.group(
        tf.scatter_update(tokens, [place], setting.trace.choices),
        tf.scatter_update(scores, [place], score[None]),
        tf.assign_add(seen, 1),
      )

  return Extra(penalty, 'performance_pred_mse', _remember)


def _last(trace):
  """float32 [B, size], the state after the last decision that was taken."""
  places = tf.cast(tf.reduce_sum(trace.taken, 1), tf.int32) - 1
  one_hot = tf.one_hot(places, len(trace.states))
  return tf.einsum('bd,dbs->bs', one_hot, tf.stack(trace.states))


def supervised(setting):
  """The controller is to write again what it wrote before.

  A store of sampled sequences; the penalty is the mean negative log-likelihood
  of a decision over some of them, by teacher forcing. Once the store is full,
  a phase swaps its newest for some of those it has just sampled.
  """
  config = setting.config
  count = len(config.space.decisions)
  tokens = _kept('supervised/tokens', [SEQUENCES_KEPT, count], 'int32')
  number = _kept('supervised/number', [], 'int32')
  drawn = controller_lib.walk(
    config,
    controller_lib.noise(config.space, setting.key, SEQUENCES_DRAWN),
    batch_size=SEQUENCES_DRAWN,
  ).choices
  full = tf.equal(number.value(), SEQUENCES_KEPT)
  room = SEQUENCES_KEPT - SEQUENCES_DRAWN
  first = tf.where(full, SEQUENCES_KEPT - SEQUENCES_SWAPPED, number.value())
  first = tf.where(full, first, tf.minimum(first, room))
  added = tf.where(full, SEQUENCES_SWAPPED, SEQUENCES_DRAWN)
  with tf.control_dependencies([first, added]):
    kept = tf.scatter_update(
      tokens, first + tf.range(added), drawn[:added], name='store'
    )
    grown = tf.assign(number, tf.maximum(number.value(), first + added))
  uniform = random_ops.uniform([SEQUENCES_REPLAYED], setting.key)
  places = tf.cast(uniform * tf.cast(number.value(), tf.float32), tf.int32)
  trace = controller_lib.walk(
    config,
    choices=tf.gather(tokens.value(), places),
    batch_size=SEQUENCES_REPLAYED,
  )
  penalty = -tf.reduce_sum(trace.log_probs) / tf.reduce_sum(trace.taken)
  any_kept = tf.cast(number.value() > 0, tf.float32)
  return Extra(
    penalty * any_kept, 'memory_nll', store=tf.group(kept.op, grown.op)
  )


def magnitude(setting):
  """States are to be small: the mean of their squared norms."""
  states = tf.stack(setting.trace.states)
  norms = tf.reduce_sum(tf.square(states), 2)
  taken = tf.transpose(setting.trace.taken)
  return Extra(tf.reduce_sum(norms * taken) / tf.reduce_sum(taken), 'magnitude')


def _kept(name, shape, dtype='float32'):
  return variables.create(
    'controller/' + name,
    shape,
    variables.zeros,
    trainable=False,
    dtype=dtype,
  )


EXTRAS = {
  'previous_choice': previous_choice,
  'performance': performance,
  'supervised': supervised,
  'magnitude': magnitude,
}
