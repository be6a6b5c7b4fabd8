"""Extra losses of controllers against slow numpy."""

import numpy as np
import pytest

from src.arc.dag_space import DagSpace
from src.recurrent import controller, regularisers
from src.recurrent.controller import ControllerConfig
from src.tf1 import tf
from tests import graph_helpers
from tests.recurrent.test_controller import slow_walk


class _Built:
  """A sampler with an extra loss; what is fed has the names of the setting."""

  def __init__(self, name, space=None):
    self.space = space or DagSpace(4)
    self.config = ControllerConfig(self.space, 5, temperature=0.3)
    self.key = tf.placeholder(tf.int32, [2])
    self.perplexity = tf.placeholder(tf.float32, [])
    drawn = controller.noise(self.space, self.key)
    self.trace = controller.walk(self.config, drawn)
    setting = regularisers.Setting(
      self.config, self.trace, self.perplexity, self.key
    )
    self.extra = regularisers.EXTRAS[name](setting)

  def feeds(self, number, perplexity=0.0):
    return {self.key: [3, number], self.perplexity: perplexity}


@pytest.mark.parametrize('space', [DagSpace(4), DagSpace(5, 3)])
def test_each_state_may_tell_the_choice_before(space):
  built = _Built('previous_choice', space)
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    found, choices = session.run(
      [built.extra.penalty, built.trace.choices], built.feeds(0)
    )
  walked, expected = slow_walk(values, built.config, choices[0]), 0.0
  assert sum('/previous/w_' in name for name in values) == len(walked) - 1
  for place in range(1, len(walked)):
    name = 'controller/previous/%s_%d'
    logits = walked[place][1] @ values[name % ('w', place)]
    probs = np.exp(logits + values[name % ('b', place)])
    expected += ((probs / probs.sum() - walked[place - 1][0]) ** 2).mean()
  np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize('space', [DagSpace(4), DagSpace(5, 3)])
def test_the_last_state_may_tell_the_perplexity(monkeypatch, space):
  """Of the latest samples, in nats, standardised; one may be infinite."""
  monkeypatch.setattr(regularisers, 'SCORES_KEPT', 4)
  built = _Built('performance', space)
  remember = built.extra.remember()
  (lstm,) = [v for v in tf.trainable_variables() if 'lstm/w' in v.op.name]
  gradient = tf.gradients(built.extra.penalty, [lstm])[0]
  scores, seen = [900.0, 100.0, 350.0, np.inf, 80.0, 500.0], []
  with graph_helpers.loaded_session() as session:
    assert session.run(built.extra.penalty) == 0
    for number, score in enumerate(scores):
      feeds = built.feeds(number, score)
      seen.append(session.run([built.trace.choices, remember], feeds)[0][0])
    values = graph_helpers.read_all(session)
    found, gradient = session.run([built.extra.penalty, gradient])
  kept = np.minimum(np.log(scores[-4:]), 20)
  targets = (kept - kept.mean()) / kept.std()
  predicted = []
  for choices in seen[-4:]:
    last = sum(space.used(choices)) - 1
    state = slow_walk(values, built.config, choices)[last][1]
    head = values['controller/performance/w'][:, 0]
    predicted.append(state @ head + values['controller/performance/b'][0])
  expected = ((predicted - targets) ** 2).mean()
  np.testing.assert_allclose(found, expected, rtol=1e-4)
  assert np.abs(gradient).max() > 1e-6


def test_what_was_written_may_be_written_again(monkeypatch):
  for name, number in (('KEPT', 25), ('DRAWN', 10), ('SWAPPED', 3)):
    monkeypatch.setattr(regularisers, 'SEQUENCES_' + name, number)
  built = _Built('supervised')
  tokens, number = (
    'controller/supervised/tokens',
    'controller/supervised/number',
  )
  counts, stores = [], []
  with graph_helpers.loaded_session() as session:
    assert session.run(built.extra.penalty, built.feeds(0)) == 0
    for phase in range(5):
      session.run(built.extra.store, built.feeds(phase))
      values = graph_helpers.read_all(session)
      counts.append(values[number])
      stores.append(values[tokens])
    found = session.run(built.extra.penalty, built.feeds(9))
  assert counts == [10, 20, 25, 25, 25]
  # Once it is full, the newest go.
  np.testing.assert_array_equal(stores[4][:22], stores[2][:22])
  assert (stores[4][22:] != stores[2][22:]).any()
  for choices in stores[-1]:
    built.space.from_tokens(choices)
  likely = []
  for choices in stores[-1]:
    walked = slow_walk(values, built.config, choices)
    likely += [-np.log(p[n]) for (p, _), n in zip(walked, choices)]
  assert abs(found - np.mean(likely)) < 0.1


def test_a_store_holds_what_a_new_controller_finds_equally_likely():
  space = DagSpace(12)
  config = ControllerConfig(space)
  key = tf.placeholder(tf.int32, [2])
  trace = controller.walk(config, controller.noise(space, key))
  extra = regularisers.supervised(
    regularisers.Setting(config, trace, tf.constant(1.0), key)
  )
  with graph_helpers.loaded_session() as session:
    session.run(extra.store, {key: [1, 1]})
    assert session.run('controller/supervised/number:0') == 1000
    found = session.run(extra.penalty, {key: [1, 2]})
  options = [decision.options for decision in space.decisions]
  np.testing.assert_allclose(found, np.log(options).mean(), rtol=0.01)


def test_states_may_have_to_be_small():
  built = _Built('magnitude', DagSpace(5, 3))
  with graph_helpers.loaded_session() as session:
    found, trace = session.run(
      [built.extra.penalty, built.trace], built.feeds(4)
    )
  used = np.array(built.space.used(trace.choices[0]))
  norms = (np.array(trace.states)[:, 0] ** 2).sum(1)
  np.testing.assert_allclose(found, norms[used].mean(), rtol=1e-5)
