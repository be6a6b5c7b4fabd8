"""The controller of ENAS-pytorch against slow numpy, and its numbers."""

import numpy as np
import pytest

from src.arc.dag_space import DagSpace, tree
from src.arc.hadamard_space import HadamardSpace
from src.recurrent import controller
from src.recurrent.controller import ControllerConfig
from src.tf1 import tf
from tests import graph_helpers

_KEY = [3, 1]
SPACES = [
  DagSpace(5),
  DagSpace(5, 3),
  DagSpace(5, links=tree(5)),
  DagSpace(5, scope='cell', activations=('relu', 'tanh')),
  HadamardSpace(3),
  HadamardSpace(3, peephole=False),
]


def _sigmoid(x):
  return 1 / (1 + np.exp(-x))


def slow_walk(values, config, choices):
  """list of (probabilities, state) of each decision; values: of variables."""
  space, size = config.space, config.lstm_size
  first, sizes = {}, []
  for kind, most in space.kinds:
    first[kind] = sum(sizes)
    sizes.append(most)
  x = h = c = np.zeros(size)
  walked, start = [], 0
  for decision, choice in zip(space.decisions, choices):
    z = np.concatenate([x, h]) @ values['controller/lstm/w']
    i, f, o, g = np.split(z + values['controller/lstm/b'].sum(0), 4)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    h = _sigmoid(o) * np.tanh(c)
    column = first[decision.kind] if config.tied else start
    columns = slice(column, column + decision.options)
    logits = h @ values['controller/head/w'][:, columns]
    logits = (
      logits + values['controller/head/b'][columns]
    ) / config.temperature
    if config.tanh_constant is not None:
      logits = config.tanh_constant * np.tanh(logits)
    legal = decision.allowed(choices) or range(decision.options)
    probs = np.exp(logits - logits.max()) * np.isin(range(len(logits)), legal)
    walked.append((probs / probs.sum(), h))
    row = start if config.position_embeddings else first[decision.kind]
    x = values['controller/embedding/w'][row + choice]
    start += decision.options
  return walked


@pytest.mark.parametrize('space', SPACES)
@pytest.mark.parametrize(
  'changes',
  [{}, {'tied': True}, {'position_embeddings': True, 'tanh_constant': None}],
)
def test_samples_and_their_probabilities(space, changes):
  config = ControllerConfig(space, 6, temperature=0.2)._replace(**changes)
  key = tf.placeholder(tf.int32, [2])
  sample = config.build(key)
  told = controller.walk(config, choices=sample.arc[None], batch_size=None)
  drawn = []
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    for number in range(20):
      found, again = session.run([sample, told], {key: [7, number]})
      drawn.append(found.arc)
      walked = slow_walk(values, config, found.arc)
      used = np.array(space.used(found.arc), float)
      logs = [np.log(probs[n]) for (probs, _), n in zip(walked, found.arc)]
      there = [probs[probs > 0] for probs, _ in walked]
      entropies = [-(probs * np.log(probs)).sum() for probs in there]
      for value, expected in (
        (found.log_probs, logs * used),
        (found.entropies, entropies * used),
        (found.nll, -(logs * used).sum()),
        (found.entropy, (entropies * used).sum()),
        (found.states, [state for _, state in walked]),
        (again.log_probs[0], logs * used),
        (again.taken[0], used),
      ):
        np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)
      space.from_tokens(found.arc)
  assert len({tuple(tokens) for tokens in drawn}) > 10


def test_what_is_not_allowed_has_no_probability():
  """And gradients are numbers."""
  space = HadamardSpace(2, peephole=False)
  config = ControllerConfig(space, 4, tanh_constant=None, temperature=0.01)
  trace = controller.walk(
    config, controller.noise(space, tf.constant(_KEY), 300), batch_size=300
  )
  gradients = tf.gradients(
    [trace.log_probs, trace.entropies], tf.trainable_variables('controller/')
  )
  with graph_helpers.loaded_session() as session:
    found, slopes = session.run([trace, gradients])
  assert all(np.isfinite(getattr(s, 'values', s)).all() for s in slopes)
  seen = set()
  for row, tokens in enumerate(found.choices):
    for place, decision in enumerate(space.decisions):
      allowed = decision.allowed(tokens)
      assert found.taken[row, place] == bool(allowed)
      if allowed:
        rest = np.delete(found.probs[place][row], allowed)
        assert (rest == 0).all()
        assert tokens[place] in allowed
        seen.add((place, len(rest)))
  # What is left out is c of `lin`, at either input of either node.
  assert {place for place, left_out in seen if left_out} == {1, 2, 6, 7}


def test_numbers_of_the_reference():
  config = ControllerConfig(DagSpace(12))
  sample = config.build(tf.constant(_KEY))
  shapes = [v.shape for v in tf.trainable_variables('controller/')]
  assert sum(shape.num_elements() for shape in shapes) == 106930
  trace = controller.walk(
    config, controller.noise(config.space, tf.constant(_KEY), 200),
    batch_size=200,
  )  # fmt: skip
  with graph_helpers.loaded_session() as session:
    found, trace = session.run([sample, trace])
  assert len(found.log_probs) == 23
  options = [d.options for d in config.space.decisions]
  np.testing.assert_allclose(np.log(options).sum(), 34.1378, atol=1e-4)
  assert abs(trace.entropies.sum(1).mean() / 23 - 1.48425) < 1e-3
  # Choices of predecessors are below their node, and all of them occur.
  assert (trace.choices.max(0) == np.array(options) - 1).all()


@pytest.mark.parametrize(
  ('options', 'largest'), [(2, 0.99331), (4, 0.98019), (11, 0.93687)]
)
def test_no_choice_is_ever_certain(options, largest):
  """By the bound on logits, whatever the heads."""
  config = ControllerConfig(DagSpace(12))
  trace = controller.walk(config, choices=tf.zeros([1, 23], tf.int32))
  place = [d.options for d in config.space.decisions].index(options)
  with graph_helpers.loaded_session() as session:
    head = np.full([100, 130], -1e3)
    start = sum(d.options for d in config.space.decisions[:place])
    head[:, start] = 1e3
    variable = 'controller/head/w'
    states = session.run(trace.states[place])
    signs = np.sign(states.sum())
    value = session.graph.get_tensor_by_name(variable + ':0')
    found = session.run(
      trace.probs[place], {value: head * signs}
    )  # fmt: skip
  np.testing.assert_allclose(found.max(), largest, atol=1e-5)


def test_a_long_memory_begins_with_open_gates():
  config = ControllerConfig(DagSpace(4), forget_bias=5.0)
  config.build(tf.constant(_KEY))
  with graph_helpers.loaded_session() as session:
    bias = graph_helpers.read_all(session)['controller/lstm/b']
  assert (bias[:, 100:200] == 5).all()
  rest = np.concatenate([bias[:, :100], bias[:, 200:]], 1)
  assert 0.09 < np.abs(rest).max() <= 0.1


def test_every_size_of_a_flexible_cell_is_chosen_and_learnt():
  config = ControllerConfig(DagSpace(6, 3))
  trace = controller.walk(
    config, controller.noise(config.space, tf.constant(_KEY), 300),
    batch_size=300,
  )  # fmt: skip
  sample = controller.sample_of(trace)
  (head,) = [v for v in tf.trainable_variables() if 'head/w' in v.op.name]
  gradient = tf.gradients(sample.nll, [head])[0]
  with graph_helpers.loaded_session() as session:
    trace, gradient = session.run([trace, gradient])
  assert set(trace.choices[:, 0] + 3) == {3, 4, 5, 6}
  assert np.abs(gradient[:, :4]).min() > 0
  sizes = trace.choices[:, 0] + 3
  np.testing.assert_array_equal(trace.taken.sum(1), 1 + 2 * sizes - 1)
