"""REINFORCE: reward, baseline, loss and where its gradient goes."""

import numpy as np
import pytest

from src.nn import baselines, clipping, optimizers, reinforce, variables
from src.tf1 import tf
from tests import graph_helpers

_THETA = np.array([0.5, -1.0, 2.0])
_NLL = (_THETA**2).sum()  # 5.25, gradient 2 theta
_PENALTY = _THETA.sum()  # 1.5, gradient 1
_ENTROPY = (_THETA**3).sum()


class _Toy:
  """A controller of three numbers whose sample follows from them."""

  def __init__(self, with_penalty=None, rate=1.0, **options):
    with tf.variable_scope('controller'):
      theta = variables.create('theta', [3], variables.constant(_THETA))
    self.score = tf.placeholder(tf.float32, [])
    sample = reinforce.Sample(
      arc=tf.constant([0]),
      nll=tf.reduce_sum(theta**2),
      entropy=tf.reduce_sum(theta**3),
    )
    if with_penalty is not None:
      options['penalties'] = [(with_penalty, tf.reduce_sum(theta))]
    self.trainer = reinforce.trainer(
      sample, self.score, lambda step: tf.constant(rate), **options
    )
    self.theta = theta

  def losses(self, session, scores):
    """[(loss, updated baseline)] of runs that do not train."""
    fetches = [self.trainer.loss, self.trainer.baseline]
    return [session.run(fetches, {self.score: a}) for a in scores]


def test_baseline_of_the_reference():
  toy = _Toy()
  scores = [0.12519, 0.25019, 0.37519]
  with graph_helpers.loaded_session() as session:
    found = toy.losses(session, scores)
    assert session.run('Variable:0') == found[-1][1]
  # The rewards were logged with five digits, so the last one here is open.
  expected = [0.0012519, 0.0037414, 0.0074559]
  np.testing.assert_allclose(
    [baseline for _, baseline in found], expected, rtol=0, atol=2e-7
  )


def test_loss_uses_the_updated_baseline():
  toy = _Toy(baseline=baselines.MovingMean(0.75))
  baseline, scores = 0.0, [0.4, 0.1, 0.8]
  with graph_helpers.loaded_session() as session:
    for score, found in zip(scores, toy.losses(session, scores)):
      baseline -= 0.25 * (baseline - score)
      np.testing.assert_allclose(
        found, [_NLL * (score - baseline), baseline], rtol=1e-5
      )


@pytest.mark.parametrize('entropy_weight', [None, 0.0001, 0.3])
@pytest.mark.parametrize('skip_weight', [0.0, 0.8])
def test_reward_and_loss(entropy_weight, skip_weight):
  toy = _Toy(entropy_weight=entropy_weight, with_penalty=skip_weight)
  reward = 0.25 + (entropy_weight or 0.0) * _ENTROPY
  with graph_helpers.loaded_session() as session:
    (found,) = toy.losses(session, [0.25])
  expected = _NLL * 0.99 * reward + skip_weight * _PENALTY
  np.testing.assert_allclose(found, [expected, 0.01 * reward], rtol=1e-5)


def test_first_loss_of_the_macro_search():
  nll = 12 * np.log(6) + 66 * np.log(2)
  with tf.variable_scope('controller'):
    scale = variables.create('scale', [], variables.ones)
  sample = reinforce.Sample(
    tf.constant([0]),
    scale * nll,
    tf.constant(26.457),
  )
  trainer = reinforce.trainer(
    sample,
    tf.constant(0.0),
    lambda step: tf.constant(0.001),
    entropy_weight=0.0001,
    penalties=[(0.8, scale * 0.12247)],
  )
  with graph_helpers.loaded_session() as session:
    loss, baseline = session.run([trainer.loss, trainer.baseline])
  np.testing.assert_allclose(loss, 0.2741, atol=6e-5)
  np.testing.assert_allclose(baseline, 2.646e-5, rtol=1e-3)


@pytest.mark.parametrize('entropy_weight', [None, 0.3])
def test_only_nll_and_penalty_carry_gradient(entropy_weight):
  toy = _Toy(entropy_weight=entropy_weight, with_penalty=0.8)
  reward = 0.25 + (entropy_weight or 0.0) * _ENTROPY
  expected = 2 * _THETA * 0.99 * reward + 0.8
  with graph_helpers.loaded_session() as session:
    norm = session.run(toy.trainer.train_ops.grad_norm, {toy.score: 0.25})
  np.testing.assert_allclose(norm, np.sqrt((expected**2).sum()), rtol=1e-5)


def test_no_gradient_through_the_score():
  with tf.variable_scope('controller'):
    theta = variables.create('theta', [], variables.constant(2.0))
  sample = reinforce.Sample(tf.constant([0]), 3 * theta, tf.constant(0.0))
  trainer = reinforce.trainer(
    sample, theta.value() * 0.1, lambda step: tf.constant(0.1)
  )
  with graph_helpers.loaded_session() as session:
    norm = session.run(trainer.train_ops.grad_norm)
  np.testing.assert_allclose(norm, 3 * 0.99 * 0.2, rtol=1e-5)


def test_trains_the_controller_alone_with_adam():
  child = variables.create('child/w', [2], variables.ones)
  toy = _Toy(rate=0.01, with_penalty=0.8, l2_reg=0.1)
  gradient = 2 * _THETA * 0.99 * 0.25 + 0.8 + 2 * 0.1 * _THETA
  second = 0.001 * gradient**2
  step = 0.01 * 0.001**0.5 * gradient / (np.sqrt(second) + 1e-3)
  with graph_helpers.loaded_session() as session:
    count = session.run(toy.trainer.train_ops.update, {toy.score: 0.25})
    found, same = session.run([toy.theta, child])
  assert count == 1
  np.testing.assert_allclose(found, _THETA - step, rtol=1e-5)
  np.testing.assert_array_equal(same, [1, 1])


def test_variables_have_upstreams_names():
  _Toy()
  assert graph_helpers.variable_shapes() == {
    'controller/theta': (3,),
    'Variable': (),
    'train_step': (),
    'controller/theta/Adam': (3,),
    'controller/theta/Adam_1': (3,),
    'beta1_power': (),
    'beta2_power': (),
  }
  assert [v.op.name for v in tf.trainable_variables()] == ['controller/theta']


def test_rate_sees_the_number_of_updates():
  with tf.variable_scope('controller'):
    theta = variables.create('theta', [], variables.ones)
  sample = reinforce.Sample(tf.constant([0]), 1 * theta, tf.constant(0.0))
  ops = reinforce.trainer(
    sample,
    tf.constant(1.0),
    lambda step: 0.1 * tf.cast(step + 1, tf.float32),
    num_aggregate=2,
  ).train_ops
  found = []
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      session.run(ops.accumulate)
      session.run(ops.accumulate)
      assert session.run(ops.step) == len(found)
      found.append(session.run([ops.learning_rate, ops.update])[0])
  np.testing.assert_allclose(found, [0.1, 0.2, 0.3], rtol=1e-6)


def test_each_sample_moves_the_baseline_also_when_aggregating():
  toy = _Toy(num_aggregate=3, baseline=baselines.MovingMean(0.5))
  baseline = 0.0
  with graph_helpers.loaded_session() as session:
    for score in [0.2, 0.6, 0.4]:
      baseline += 0.5 * (score - baseline)
      _, found = session.run(
        [toy.trainer.train_ops.accumulate, toy.trainer.baseline],
        {toy.score: score},
      )
      np.testing.assert_allclose(found, baseline, rtol=1e-6)
    session.run(toy.trainer.train_ops.update)
    np.testing.assert_allclose(session.run('Variable:0'), baseline, rtol=1e-6)


def test_each_reward_batch_may_have_its_own_baseline():
  index = tf.placeholder(tf.int32, [])
  toy = _Toy(
    baseline=baselines.PerBatch(0.7, 3, index),
  )
  means, seen = np.zeros(3), np.zeros(3)
  draw = np.random.RandomState(0)
  with graph_helpers.loaded_session() as session:
    for _ in range(12):
      batch, reward = draw.randint(2), draw.uniform()
      seen[batch] += 1
      share = max(1 - 0.7**3, 1 / seen[batch])
      means[batch] += share * (reward - means[batch])
      loss, baseline, advantage = session.run(
        [toy.trainer.loss, toy.trainer.baseline, toy.trainer.advantage],
        {toy.score: reward, index: batch},
      )
      np.testing.assert_allclose(baseline, means[batch], rtol=1e-5)
      np.testing.assert_allclose(
        [loss, advantage],
        [_NLL * (reward - means[batch]), reward - means[batch]],
        rtol=1e-4,
        atol=1e-6,
      )
    np.testing.assert_allclose(
      session.run('batch_baseline/mean:0'), means, rtol=1e-5
    )
    np.testing.assert_array_equal(session.run('batch_baseline/count:0'), seen)


def test_a_debiased_baseline_is_a_plain_mean_at_first():
  toy = _Toy(baseline=baselines.chosen('debiased', 0.75).baseline)
  mean, found, expected = 0.0, [], []
  with graph_helpers.loaded_session() as session:
    for number, reward in enumerate([0.5, 0.1, 0.9, 0.2, 0.4, 0.8], 1):
      mean += max(1 - 0.75, 1.0 / number) * (reward - mean)
      expected.append(mean)
      found.append(session.run(toy.trainer.baseline, {toy.score: reward}))
  np.testing.assert_allclose(found, expected, rtol=1e-5)
  np.testing.assert_allclose(expected[2], 0.5)


@pytest.mark.parametrize('with_penalty', [0.0, 0.3])
def test_a_reward_may_be_compared_with_the_others_of_its_update(with_penalty):
  with tf.variable_scope('controller'):
    theta = variables.create('theta', [3], variables.constant(_THETA))
    variables.create('unread', [2], variables.ones)
  slopes, score = tf.placeholder(tf.float32, [3]), tf.placeholder(tf.float32)
  number = tf.placeholder(tf.int32, [])
  nll = tf.reduce_sum(slopes * theta)
  trainer = reinforce.trainer(
    reinforce.Sample(tf.constant([0]), nll, tf.constant(0.0)),
    tf.reshape(score, []),
    lambda step: tf.constant(1.0),
    optimizers.Sgd(),
    baseline=baselines.LeaveOneOut(number),
    penalties=[(with_penalty, tf.reduce_sum(theta**2))],
    num_aggregate=4,
  )
  draw, before, expected = np.random.RandomState(0), 0.0, _THETA
  fetches = [trainer.baseline, trainer.loss, trainer.train_ops.accumulate]
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      rewards, gradients = draw.uniform(5, 6, 4), draw.normal(size=[4, 3])
      moved = np.zeros(3)
      for index, (reward, gradient) in enumerate(zip(rewards, gradients)):
        baseline, loss, _ = session.run(
          fetches, {slopes: gradient, score: reward, number: index}
        )
        np.testing.assert_allclose(baseline, before, rtol=1e-5)
        penalty = with_penalty * (expected**2).sum()
        np.testing.assert_allclose(
          loss,
          4 / 3 * (reward - before) * gradient.dot(expected) + penalty,
          rtol=1e-3,
        )
        others = np.delete(rewards, index).mean()
        moved += (reward - others) * gradient / 4
      session.run(trainer.train_ops.update)
      before = rewards.mean()
      expected = expected - moved - 2 * with_penalty * expected
      np.testing.assert_allclose(
        session.run(theta), expected, rtol=1e-4, atol=1e-5
      )


def test_a_fed_advantage_needs_neither_score_nor_baseline():
  toy = _Toy()
  with graph_helpers.loaded_session() as session:
    loss, norm = session.run(
      [toy.trainer.loss, toy.trainer.train_ops.grad_norm],
      {toy.trainer.advantage: -3.0},
    )
    assert session.run('Variable:0') == 0
  np.testing.assert_allclose(loss, -3 * _NLL, rtol=1e-6)
  np.testing.assert_allclose(norm, 6 * np.sqrt((_THETA**2).sum()), rtol=1e-6)


def test_the_reward_is_handed_out():
  toy = _Toy(entropy_weight=0.3)
  with graph_helpers.loaded_session() as session:
    found = session.run(toy.trainer.reward, {toy.score: 0.25})
  np.testing.assert_allclose(found, 0.25 + 0.3 * _ENTROPY, rtol=1e-6)


class _Decisions:
  """Three decisions with a reward each."""

  def __init__(self, baseline, **options):
    with tf.variable_scope('controller'):
      theta = variables.create('theta', [3], variables.constant(_THETA))
    self.score = tf.placeholder(tf.float32, [])
    sample = reinforce.Sample(
      arc=tf.constant([0]),
      nll=tf.reduce_sum(theta**2),
      entropy=tf.reduce_sum(theta**3),
      log_probs=-(theta**2),
      entropies=theta**3,
    )
    self.trainer = reinforce.trainer(
      sample,
      self.score,
      lambda step: tf.constant(1.0),
      entropy_weight=0.1,
      baseline=baseline,
      per_decision=True,
      **options,
    )


def test_each_decision_may_have_its_own_reward_and_baseline():
  toy = _Decisions(baselines.MovingMean(0.75))
  baseline = np.zeros(3)
  with graph_helpers.loaded_session() as session:
    for score in [0.4, 0.1]:
      reward = score + 0.1 * _THETA**3
      baseline = baseline - 0.25 * (baseline - reward)
      advantage = reward - baseline
      loss, found, norm = session.run(
        [
          toy.trainer.loss,
          toy.trainer.baseline,
          toy.trainer.train_ops.grad_norm,
        ],
        {toy.score: score},
      )
      np.testing.assert_allclose(found, baseline, rtol=1e-5)
      np.testing.assert_allclose(loss, _THETA**2 @ advantage, rtol=1e-5)
      gradient = 2 * _THETA * advantage
      np.testing.assert_allclose(norm, np.linalg.norm(gradient), rtol=1e-5)


def test_rewards_of_later_decisions_may_count_for_earlier_ones():
  toy = _Decisions(baselines.MovingMean(0.75), discount=0.5)
  with graph_helpers.loaded_session() as session:
    found = session.run(toy.trainer.reward, {toy.score: 0.4})
  a, b, c = 0.4 + 0.1 * _THETA**3
  expected = [a + 0.5 * b + 0.25 * c, b + 0.5 * c, c]
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_decisions_that_were_not_taken_have_no_reward():
  taken = tf.constant([1.0, 1.0, 0.0])
  toy = _Decisions(baselines.MovingMean(0.75), discount=0.5, taken=taken)
  with graph_helpers.loaded_session() as session:
    found = session.run(toy.trainer.reward, {toy.score: 0.4})
  a, b, _ = 0.4 + 0.1 * _THETA**3
  np.testing.assert_allclose(found, [a + 0.5 * b, b, 0], rtol=1e-5)


def test_a_baseline_of_decisions_that_are_not_always_taken():
  taken = tf.placeholder(tf.float32, [3])
  toy = _Decisions(baselines.FromFirst(0.75, None, taken))
  means = [None] * 3
  with graph_helpers.loaded_session() as session:
    for score, were in [(0.4, [1, 1, 0]), (0.1, [1, 1, 1]), (0.3, [1, 0, 0])]:
      found = session.run(toy.trainer.baseline, {toy.score: score, taken: were})
      for place, reward in enumerate(score + 0.1 * _THETA**3):
        before = reward if means[place] is None else means[place]
        if were[place]:
          means[place] = 0.75 * before + 0.25 * reward
      expected = [0.0 if mean is None else mean for mean in means]
      np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_baseline_may_begin_with_the_first_reward_of_a_phase():
  restart = tf.placeholder_with_default(False, [])
  toy = _Toy(baseline=baselines.FromFirst(0.75, restart))
  baseline = None
  with graph_helpers.loaded_session() as session:
    for number, score in enumerate([0.4, 0.1, 0.8, 0.3, 0.2]):
      again = number == 3
      if baseline is None or again:
        baseline = score
      baseline = 0.75 * baseline + 0.25 * score
      found, loss = session.run(
        [toy.trainer.baseline, toy.trainer.loss],
        {toy.score: score, restart: again},
      )
      np.testing.assert_allclose(found, baseline, rtol=1e-5)
      expected = _NLL * (score - baseline)
      np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-6)


def test_an_entropy_that_is_a_penalty_has_its_gradient():
  with tf.variable_scope('controller'):
    theta = variables.create('theta', [3], variables.constant(_THETA))
  entropy = tf.reduce_sum(theta**3)
  sample = reinforce.Sample(tf.constant([0]), tf.reduce_sum(theta**2), entropy)
  trainer = reinforce.trainer(
    sample,
    tf.constant(0.0),
    lambda step: tf.constant(1.0),
    penalties=[(-0.1, entropy)],
  )
  with graph_helpers.loaded_session() as session:
    norm = session.run(trainer.train_ops.grad_norm)
  np.testing.assert_allclose(norm, np.linalg.norm(0.3 * _THETA**2), rtol=1e-5)


def test_the_entropy_in_the_reward_may_be_differentiated():
  """Beside the log-likelihood it is lowered (docs/FIDELITY.md, R3)."""
  toy = _Toy(entropy_weight=0.3, entropy_gradient=True)
  reward = 0.25 + 0.3 * _ENTROPY
  nll = (_THETA**2).sum()
  expected = 2 * _THETA * 0.99 * reward + nll * 0.3 * 3 * _THETA**2
  with graph_helpers.loaded_session() as session:
    norm, loss = session.run(
      [toy.trainer.train_ops.grad_norm, toy.trainer.loss], {toy.score: 0.25}
    )
  np.testing.assert_allclose(norm, np.sqrt((expected**2).sum()), rtol=1e-5)
  np.testing.assert_allclose(loss, nll * 0.99 * reward, rtol=1e-5)


def test_what_an_update_applies_may_be_clipped():
  toy = _Toy(
    rate=1.0,
    num_aggregate=2,
    baseline=baselines.MovingMean(1.0),
    clip=clipping.GlobalNorm(0.5),
    optimizer=optimizers.Sgd(),
  )
  ops = toy.trainer.train_ops
  with graph_helpers.loaded_session() as session:
    for score in (4.0, 2.0):
      session.run(ops.accumulate, {toy.score: score})
    session.run(ops.update)
    found = session.run(toy.theta)
  # 2 theta (R_1 + R_2) / 2, of a norm above the bound.
  mean = 2 * _THETA * 3.0
  step = 0.5 * mean / np.sqrt((mean**2).sum())
  np.testing.assert_allclose(found, _THETA - step, rtol=1e-5)


def test_a_baseline_that_begins_with_the_first_reward_has_a_name():
  toy = _Toy(baseline=baselines.chosen('from_first', 0.75).baseline)
  with graph_helpers.loaded_session() as session:
    found = [b for _, b in toy.losses(session, [0.4, 0.8])]
  np.testing.assert_allclose(found, [0.4, 0.5], rtol=1e-6)
