"""Weights a step on, and rewards for steps, against enumeration."""

import collections

import numpy as np
import pytest

from src.arc.dag_space import DagSpace
from src.nn import optimizers, schedules, updates, variables
from src.nn.clipping import GlobalNorm
from src.recurrent import child, extra_gradient, graphs, lookahead, rewards
from src.recurrent import controller as controller_lib
from src.recurrent.controller import ControllerConfig
from src.run import session as sessions
from src.tf1 import tf
from tests import graph_helpers

_SPACE = DagSpace(2, activations=('tanh', 'relu'))
_CONFIG = child.ChildConfig(6, _SPACE, 4, 4, init_range=0.9)
_XI = 0.3
_ARCS = [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]
_Toy = collections.namedtuple('_Toy', ['w', 'trained'])
_ToyTrain = collections.namedtuple('_ToyTrain', ['train_ops'])


def _toy(loss):
  """(Lookahead of one weight, the weight it looks at) with a loss of it."""
  w = variables.create('child/w', [1], variables.zeros)
  weights = _Toy(w.value(), [w])
  training = graphs.ChildTraining(1, schedules.Constant(0.1))
  step = variables.create('step', [], variables.zeros, False, 'int64')
  ops = updates.train_ops(
    loss(weights.w), [w], step, training.schedule, training.optimizer
  )
  setting = lookahead.Setting('full', samples=1)
  ahead = lookahead.Lookahead(setting, weights, training, _ToyTrain(ops))
  return ahead, tf.reduce_sum(ahead.weights.w)


def test_a_perplexity_that_overflows_gives_no_direction():
  ahead, there = _toy(tf.reduce_sum)
  reward = 80.0 / tf.exp(100.0 + there)
  toward = ahead.toward(reward)
  with graph_helpers.loaded_session() as session:
    session.run(ahead.begin)
    session.run(toward)
    assert session.run([ahead.direction_norm, reward, there]) == [0.0] * 3


@pytest.mark.parametrize('theta', [0.0, 1.0])
def test_numbers_of_the_toy(theta):
  """One weight, two architectures with aims -1 and 1 (rnn_variants, 18.8)."""
  aim = tf.placeholder(tf.float32, [])
  ahead, there = _toy(lambda w: tf.reduce_sum((w - aim) ** 2) / 2)
  toward = ahead.toward(-((there - 0.5) ** 2) / 2)
  loss = (there - aim) ** 2 / 2
  p = 1 / (1 + np.exp(-theta))
  total = 0.0
  with graph_helpers.loaded_session() as session:
    session.run(ahead.begin)
    step_table = 'child/w/LookaheadStep'
    sessions.load(session, {step_table: np.array([0 - (p - (1 - p))])})
    session.run(toward)
    norm, xi = session.run([ahead.direction_norm, ahead.xi])
    for value, log_slope, share in ((1.0, 1 - p, p), (-1.0, -p, 1 - p)):
      ends = [
        session.run(loss, {
          aim: value, ahead.along_step: 0.0, ahead.along_reward: sign / norm,
        })
        for sign in (0.01, -0.01)
      ]  # fmt: skip
      total += share * log_slope * -xi * (ends[0] - ends[1]) * norm / 0.02
  expected = {0.0: 0.025, 1.0: 0.0178440}[theta]  # of the reward, not the loss
  np.testing.assert_allclose(total, expected, rtol=2e-4)


class _Search:
  """A search of two nodes and two activations, and its windows."""

  def __init__(self, extra, step='fresh_grad', **training):
    config = ControllerConfig(_SPACE, 3, tanh_constant=None, temperature=0.3)
    training = dict({'schedule': schedules.Constant(_XI)}, **training)
    self.graph = graphs.build(
      _CONFIG, 7, graphs.ChildTraining(3, **training), config,
      rewards.ControllerTraining(
        3, reward=lambda ppl: 8 / ppl, bonus=True, entropy_weight=0.0,
        lookahead=lookahead.Setting(extra, step, 1, True),
      ),
    )  # fmt: skip
    self.choices = tf.placeholder(tf.int32, [1, 3])
    told = controller_lib.walk(config, choices=self.choices)
    self.log_prob = tf.reduce_sum(told.log_probs)
    self.scores = rewards._flat_gradient(self.log_prob)
    draw = np.random.RandomState(1)
    train, ahead, words = draw.randint(6, size=[3, 2, 3, 5])
    graph = self.graph
    self.train = {graph.train.inputs: train[0], graph.train.targets: train[1],
                  graph.train.draw: 3}  # fmt: skip
    self.reward = {graph.rewarded.inputs: words[0],
                   graph.rewarded.targets: words[1]}  # fmt: skip
    self.chunk = {graph.rewarded.inputs: train[0],
                  graph.rewarded.targets: train[1]}  # fmt: skip

  def shares(self, session):
    """floats [4], how likely each architecture is."""
    return np.exp([
      session.run(self.log_prob, {self.choices: [arc]}) for arc in _ARCS
    ])  # fmt: skip

  def fed(self, feeds, arc):
    return {**feeds, self.graph.arc: arc}

  def look(self, session):
    """Puts the exact expected step, and direction, into their tables."""
    ahead = self.graph.lookahead
    for add, feeds, settle, name in (
      (ahead.add_step, self.train, ahead.settle, 'LookaheadStep'),
      (self.graph.toward, self.reward, None, 'LookaheadDirection'),
    ):
      kept, total = _tables(session, 'LookaheadStep'), {}
      for share, arc in zip(self.shares(session), _ARCS):
        session.run(ahead.begin)
        sessions.load(session, kept if settle is None else {})
        session.run(add, self.fed(feeds, arc))
        for table, value in _tables(session, name).items():
          total[table] = total.get(table, 0.0) + share * value
      sessions.load(session, total)
      if settle is not None:
        session.run(settle)

  def reward_of(self, session, arc):
    rewarded = self.graph.rewarded
    return 8 / session.run(rewarded.perplexity, self.fed(self.reward, arc))

  def value(self, session):
    """float, the expected reward at the expected step: what is maximised."""
    self.look(session)
    return sum(
      share * self.reward_of(session, arc)
      for share, arc in zip(self.shares(session), _ARCS)
    )


def _tables(session, ending):
  values = graph_helpers.read_all(session)
  return {name: v for name, v in values.items() if name.endswith(ending)}


def test_the_two_terms_are_the_gradient():
  """All architectures enumerated: the slope of the value along a change."""
  search = _Search('full')
  graph = search.graph
  responder = extra_gradient.ExtraGradient(_Run(search))
  along = np.random.RandomState(3).standard_normal(1000)
  estimate, ends = 0.0, []
  with graph_helpers.loaded_session() as session:
    responder._run.session = session
    search.look(session)
    direct = 0.0
    for share, arc in zip(search.shares(session), _ARCS):
      scores = session.run(search.scores, {search.choices: [arc]})
      reward = search.reward_of(session, arc)
      direct += share * reward * scores
      response = responder.response(0, {graph.arc: arc})
      estimate += share * (reward + response) * scores
    values = graph_helpers.read_all(session)
    names = [v.op.name for v in tf.trainable_variables('controller')]
    places = np.cumsum([values[name].size for name in names])
    along = along[: places[-1]]
    for sign in (1, -1):
      parts = np.split(sign * 0.02 * along, places[:-1])
      sessions.load(session, {
        name: values[name] + part.reshape(values[name].shape)
        for name, part in zip(names, parts)
      })  # fmt: skip
      ends.append(search.value(session))
  slope = (ends[0] - ends[1]) / 0.04
  np.testing.assert_allclose(estimate @ along, slope, rtol=0.02)
  assert abs(direct @ along - slope) > 0.1 * abs(slope)


def test_decay_pulls_along_the_direction():
  search = _Search('response', l2_reg=0.1)
  with graph_helpers.loaded_session() as session:
    search.look(session)
    pull = session.run(
      search.graph.lookahead.pull, {search.graph.arc: _ARCS[1]}
    )
    values = graph_helpers.read_all(session)
  ending = '/LookaheadDirection'
  products = [
    np.sum(value * values[name[: -len(ending)]])  # all of it is in use
    for name, value in values.items()
    if name.endswith(ending)
  ]
  assert pull == pytest.approx(-_XI * 0.1 * sum(products), rel=1e-4)


class _Run:
  """What `ExtraGradient` asks of a run."""

  session = None

  def __init__(self, search):
    self.graph = search.graph
    self._search = search

  def words(self, step):
    del step
    return [np.asarray(v) for v in list(self._search.chunk.values())]


@pytest.mark.parametrize(
  ('step', 'optimizer'),
  [
    ('fresh_grad', optimizers.Sgd()),
    ('last_grad', optimizers.Sgd()),
    ('momentum', optimizers.Momentum(0.9, False)),
    ('momentum', optimizers.Adam(0.9, 0.999, 1e-8)),
  ],
)
def test_a_look_is_where_a_step_would_lead(step, optimizer):
  """And leaves every variable as it was, bit by bit."""
  search = _Search(
    'extrapolate', step, optimizer=optimizer, clip=GlobalNorm(0.2), l2_reg=0.1
  )
  graph, ahead = search.graph, search.graph.lookahead
  fed = search.fed(search.reward, _ARCS[1])
  train = search.fed(search.train, _ARCS[1])
  with graph_helpers.loaded_session() as session:
    if step != 'fresh_grad':
      session.run(graph.train.update, train)
      session.run(graph.train.reset_state)
    before = graph_helpers.read_all(session)
    session.run(ahead.begin)
    if ahead.add_step is not None:
      session.run(ahead.add_step, train)
      session.run(ahead.settle)
    found = session.run(graph.rewarded.perplexity, fed)
    none = session.run(
      graph.rewarded.perplexity, {**fed, ahead.along_step: 0.0}
    )
    infer = {graph.infer.inputs: search.reward[graph.rewarded.inputs],
             graph.infer.targets: search.reward[graph.rewarded.targets],
             graph.arc: _ARCS[1]}  # fmt: skip
    assert none == session.run(graph.infer.perplexity, infer)
    assert found != none
    after = graph_helpers.read_all(session)
    for name, value in before.items():
      if 'ookahead' not in name and not name.startswith('child/norm'):
        np.testing.assert_array_equal(value, after[name], name)
    if step == 'fresh_grad':
      session.run(graph.train.update, train)
    else:
      sessions.load(session, _stepped(before, step, optimizer))
    expected = session.run(graph.infer.perplexity, infer)
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def _stepped(values, step, optimizer):
  """dict of the weights after one more step of what is stored of the first."""
  stepped = {}
  for name, value in values.items():
    if not name.startswith('child/'):
      continue
    if step == 'last_grad' and name + '/LookaheadStep' in values:
      stepped[name] = value - _XI * values[name + '/LookaheadStep']
    elif name + '/Momentum' in values:
      stepped[name] = value - _XI * values[name + '/Momentum']
    elif name + '/Adam' in values:
      # After one step the moments, unbiased, are the gradient and its square.
      mean = values[name + '/Adam'] / (1 - optimizer.beta1)
      square = values[name + '/Adam_1'] / (1 - optimizer.beta2)
      stepped[name] = value - _XI * mean / (np.sqrt(square) + 3e-7)
  return stepped
