"""The micro controller against slow NumPy, its statistics, and learning."""

import collections
import itertools

import numpy as np
import pytest

from src.arc import MicroArc
from src.cifar10 import micro_controller
from src.run import session as sessions
from src.tf1 import tf
from tests.cifar10 import controllers, slow_micro, tiny

SCRIPT = {
  'num_cells': 5, 'num_operations': 5, 'tanh_constant': 1.10,
  'op_tanh_reduce': 2.5,
}  # fmt: skip


def _sampler(scale=8.0, **settings):
  settings = dict({'num_operations': 5}, **settings)
  config = micro_controller.ControllerConfig(**settings)
  return controllers.sampler(config, scale)


def _draw(sampler, number):
  sample = sampler.sample
  return sampler.session.run(
    [sample.arc, sample.nll, sample.entropy],
    controllers.feeds(sampler, number),
  )


def _slow(sampler, settings, arc):
  """The replay of an architecture, and its (nll, entropy)."""
  slow = slow_micro.SlowMicroController(
    tiny.values(sampler.session, 'controller/'),
    settings.get('tanh_constant'),
    settings.get('temperature'),
  )
  cells = slow_micro.split_arc(arc)
  return slow, slow.replay(cells, settings.get('op_tanh_reduce', 1.0))


@pytest.mark.parametrize(
  'settings',
  [
    {'num_cells': 1},
    {'num_cells': 3, 'tanh_constant': 1.5},
    {'num_cells': 3, 'temperature': 5.0, 'lstm_size': 16},
    {'num_cells': 5, 'tanh_constant': 2.5, 'op_tanh_reduce': 2.5},
    {
      'num_cells': 5, 'tanh_constant': 2.5, 'op_tanh_reduce': 0.5,
      'temperature': 0.7,
    },
    {'num_cells': 2, 'lstm_num_layers': 2, 'lstm_size': 16},
  ],
)  # fmt: skip
def test_sample_is_scored_as_in_numpy(settings):
  sampler = _sampler(**settings)
  arcs = set()
  for number in range(6):
    arc, nll, entropy = _draw(sampler, number)
    arcs.add(tuple(arc.tolist()))
    _, expected = _slow(sampler, settings, arc)
    np.testing.assert_allclose([nll, entropy], expected, rtol=1e-4)
  assert len(arcs) > 1


def test_tokens_are_architectures_of_the_search_space():
  sampler = _sampler(scale=1.0, **SCRIPT)
  arcs = [
    MicroArc.from_tokens(_draw(sampler, number)[0], 5) for number in range(60)
  ]
  assert len(set(arcs)) == 60
  for cell in ('normal', 'reduce'):
    for block in range(5):
      for half in (0, 2):
        indices = {getattr(arc, cell)[block][half] for arc in arcs}
        operations = {getattr(arc, cell)[block][half + 1] for arc in arcs}
        assert indices == set(range(block + 2))
        assert operations == set(range(5))


def test_a_key_has_one_architecture():
  sampler = _sampler(scale=1.0, num_cells=4)
  first = [_draw(sampler, number)[0].tolist() for number in range(9)]
  assert first == [_draw(sampler, number)[0].tolist() for number in range(9)]
  assert len({tuple(arc) for arc in first}) == 9


def test_architectures_occur_as_often_as_their_probability_says():
  """1,500 keys; the operations of cells of one block, inputs summed over."""
  settings = {'num_cells': 1, 'num_operations': 5, 'tanh_constant': 0.9}
  sampler = _sampler(lstm_size=16, **settings)
  found = [tuple(_draw(sampler, number)[0][1:4:2]) for number in range(1500)]
  probabilities = collections.Counter()
  for normal in itertools.product(range(2), range(5), range(2), range(5)):
    # Whatever the reduction cell is, its own probabilities sum to one.
    slow, _ = _slow(sampler, settings, normal + (0, 0, 0, 0))
    probabilities[normal[1::2]] += np.exp(-sum(slow.nlls[:4]))
  controllers.assert_as_often(found, probabilities)


def test_numbers_of_the_reference_at_the_start():
  """Those of its search script, with the weights uniform in +-0.1."""
  sampler = _sampler(scale=1.0, **SCRIPT)
  trained = sampler.session.graph.get_collection('trainable_variables')
  assert sum(v.shape.num_elements() for v in trained) == 41733
  assert len(trained) == 8
  arc, nll, entropy = _draw(sampler, 0)
  assert arc.shape == (40,)
  assert entropy == pytest.approx(57.187, abs=0.01)
  slow, expected = _slow(sampler, SCRIPT, arc)
  np.testing.assert_allclose([nll, entropy], expected, rtol=1e-5)
  normal, reduction = slow.op_probabilities
  assert (len(normal), len(reduction)) == (10, 10)
  np.testing.assert_allclose(
    normal, [[0.3153, 0.3153, 0.1232, 0.1232, 0.1232]] * 10, atol=3e-3
  )
  np.testing.assert_allclose(
    reduction, [[0.2543, 0.2543, 0.1638, 0.1638, 0.1638]] * 10, atol=3e-3
  )


def test_initial_bias_of_the_operations():
  session = _sampler(num_cells=1).session
  values = tiny.values(session, 'controller/softmax/b')
  assert values['controller/softmax/b'].tolist() == [[10, 10, 0, 0, 0]]


@pytest.mark.parametrize(
  'settings',
  [
    {'num_cells': 2, 'tanh_constant': 1.5, 'op_tanh_reduce': 2.0},
    {'num_cells': 3, 'temperature': 2.0, 'lstm_num_layers': 2},
  ],
)
def test_gradients_are_those_of_numpy(settings):
  """Each weight's, along one random direction, by central differences."""
  settings = dict(settings, lstm_size=8)
  sampler = _sampler(scale=4.0, **settings)
  # Away from where tanh is flat.
  sessions.load(
    sampler.session, {'controller/softmax/b': [[0.3, -0.2, 0.1, 0.0, 0.5]]}
  )
  with sampler.session.graph.as_default():
    weights = tf.trainable_variables('controller')
    gradients = tf.gradients(sampler.sample.nll, weights)
  arc, gradients = sampler.session.run(
    [sampler.sample.arc, gradients], controllers.feeds(sampler, 0)
  )

  def _replay(changed):
    slow = slow_micro.SlowMicroController(
      changed, settings.get('tanh_constant'), settings.get('temperature')
    )
    cells = slow_micro.split_arc(arc)
    return slow.replay(cells, settings.get('op_tanh_reduce', 1.0))[0]

  controllers.assert_slopes(sampler, gradients, _replay)


def test_a_planted_architecture_is_found():
  """Reward: the fraction of tokens that are as in one architecture.

  Its operations are separable convolutions: a tanh constant would pin these
  at the bias of 10 they begin with, and no others are sampled without one.
  """
  planted = MicroArc.parse('1 1 0 1 2 1 1 1 1 1 0 1 2 1 1 1')
  # Weights so large that states tell the places apart save much of the time.
  config = micro_controller.ControllerConfig(2, 5)
  rewards, _ = controllers.learn(config, planted, 0.01, 600, scale=5)
  # By chance: half of the operations, a half or third of the inputs.
  assert np.mean(rewards[:50]) < 0.65
  assert np.mean(rewards[-100:]) > 0.85
