"""What tests do with either controller: draw, count, differentiate, learn."""

import collections

import numpy as np

from src.nn import baselines, keyed, reinforce
from src.run import session as sessions
from src.tf1 import tf
from tests.cifar10 import tiny

Sampler = collections.namedtuple('Sampler', ['session', 'key', 'sample'])


def sampler(config, scale=8.0):
  """A sampler; weights but for biases are `scale` times their first values."""
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = config.build(key)
    session = tiny.open_session(graph)
  enlarge(session, scale)
  return Sampler(session, key, sample)


def enlarge(session, scale):
  """Multiplies all weights but biases."""
  values = tiny.values(session, 'controller/')
  weights = session.graph.get_collection('trainable_variables')
  names = [w.op.name for w in weights if not w.op.name.endswith('/b')]
  sessions.load(session, {name: scale * values[name] for name in names})


def feeds(of, number):
  """Feeds that draw architecture `number` of a sampler."""
  return {of.key: keyed.pair(7, 'test', number)}


def assert_as_often(found, probabilities):
  """That what was found occurs as often as its probability says."""
  counts, total = collections.Counter(found), len(found)
  np.testing.assert_allclose(sum(probabilities.values()), 1, rtol=1e-6)
  assert max(probabilities.values()) > 3 * min(probabilities.values())
  for value, p in probabilities.items():
    deviation = np.sqrt(total * p * (1 - p))
    assert abs(counts[value] - total * p) < 4 * deviation


def assert_slopes(of, gradients, replay):
  """Compares each weight's gradient along one random direction.

  Args:
    of: Sampler.
    gradients: arrays, one for each trainable variable.
    replay: function of all weights in float64, a dict -> the number that was
      differentiated; central differences of it are expected.
  """
  values = {
    name: value.astype(np.float64)
    for name, value in tiny.values(of.session, 'controller/').items()
  }
  generator = np.random.RandomState(8)
  weights = of.session.graph.get_collection('trainable_variables')
  assert len(weights) == len(gradients)
  for weight, gradient in zip(weights, gradients):
    name = weight.op.name
    direction = generator.normal(size=gradient.shape)
    high, low = (
      replay(dict(values, **{name: values[name] + step * direction}))
      for step in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(
      np.sum(gradient * direction),
      (high - low) / 2e-6,
      rtol=1e-3,
      atol=1e-5,
      err_msg=name,
    )


def learn(config, planted, rate, steps, scale=1.0):
  """Trains with the fraction of tokens as in `planted` as the reward.

  Returns:
    (list of rewards, list of the architectures' tokens)
  """
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = config.build(key)
    equal = tf.equal(sample.arc, tf.constant(planted.tokens))
    trainer = reinforce.trainer(
      sample,
      tf.reduce_mean(tf.cast(equal, tf.float32)),
      lambda step: tf.constant(rate),
      baseline=baselines.MovingMean(0.9),
    )
    session = tiny.open_session(graph)
  enlarge(session, scale)
  rewards, arcs = [], []
  for number in range(steps):
    reward, arc, _ = session.run(
      [trainer.score, sample.arc, trainer.train_ops.update],
      {key: keyed.pair(1, 'planted', number)},
    )
    rewards.append(reward)
    arcs.append(tuple(arc.tolist()))
  return rewards, arcs
