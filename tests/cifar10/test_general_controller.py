"""The macro controller against slow NumPy, its statistics, and learning."""

import collections
import itertools

import numpy as np
import pytest

from src.arc import ChannelMacroArc, MacroArc
from src.cifar10 import general_controller
from src.nn import reinforce
from src.tf1 import tf
from tests.cifar10 import controllers, slow_child, slow_controller, tiny


def _sampler(scale=8.0, **settings):
  config = general_controller.ControllerConfig(**settings)
  return controllers.sampler(config, scale)


def _draw(sampler, number):
  return sampler.session.run(sampler.sample, controllers.feeds(sampler, number))


def _check_against_numpy(sampler, settings, head=1, draws=5):
  values = tiny.values(sampler.session, 'controller/')
  arcs = set()
  for number in range(draws):
    drawn = _draw(sampler, number)
    arcs.add(tuple(drawn.arc.tolist()))
    slow = slow_controller.SlowController(
      values,
      settings.get('tanh_constant'),
      settings.get('temperature'),
      settings.get('keeps_skip_state', True),
    )
    layers = slow_child.split_arc(drawn.arc, settings['num_layers'], head)
    expected = slow.replay(
      layers,
      settings.get('skip_target', 0.8),
      settings.get('skip_penalty', 'sigmoid'),
    )
    entropy = expected.entropy
    if settings.get('full_entropy'):
      entropy = expected.full_entropy
    np.testing.assert_allclose(drawn.nll, expected.nll, rtol=1e-4)
    np.testing.assert_allclose(drawn.entropy, entropy, rtol=1e-4)
    np.testing.assert_allclose(
      drawn.metrics['skip_penalty'], expected.skip_penalty, rtol=1e-4, atol=1e-6
    )
    assert drawn.metrics['skip_count'] == expected.skip_count
    # What is told of each decision sums to what is told of the sample.
    np.testing.assert_allclose(-drawn.log_probs.sum(), drawn.nll, rtol=1e-5)
    np.testing.assert_allclose(drawn.entropies.sum(), drawn.entropy, rtol=1e-5)
    assert len(drawn.states) == len(drawn.log_probs) == len(drawn.entropies)
  assert len(arcs) > 1


SETTINGS = [
  {'num_layers': 1},
  {'num_layers': 3, 'tanh_constant': 1.5, 'skip_target': 0.4},
  {'num_layers': 3, 'temperature': 5.0, 'full_entropy': True},
  {
    'num_layers': 5,
    'tanh_constant': 2.5,
    'temperature': 0.7,
    'skip_target': 0.3,
  },
  {'num_layers': 5, 'full_entropy': True, 'tanh_constant': 1.5},
  {'num_layers': 3, 'lstm_num_layers': 2, 'lstm_size': 16},
  {'num_layers': 3, 'skip_target': 0.4, 'skip_penalty': 'softmax'},
  {'num_layers': 4, 'lstm_bias': True, 'keeps_skip_state': False},
]


@pytest.mark.parametrize('settings', SETTINGS)
def test_sample_is_scored_as_in_numpy(settings):
  settings = dict(settings, num_operations=6, out_filters=4)
  _check_against_numpy(_sampler(**settings), settings)


@pytest.mark.parametrize(
  'changes', [{}, {'full_entropy': True, 'tanh_constant': 2.5}]
)
def test_channel_ranges_are_scored_as_in_numpy(changes):
  settings = dict(
    changes,
    num_layers=2,
    num_operations=3,
    out_filters=4,
    whole_channels=False,
    lstm_size=16,
  )
  sampler = _sampler(**settings)
  _check_against_numpy(sampler, settings, head=6, draws=10)


def test_channel_ranges_are_valid_and_all_occur():
  sampler = _sampler(
    scale=1.0, num_layers=2, num_operations=2, out_filters=4,
    whole_channels=False,
  )  # fmt: skip
  ranges = collections.Counter()
  for number in range(300):
    arc = ChannelMacroArc.from_tokens(_draw(sampler, number).arc, 2, 4, 2)
    for layer in arc.ranges:
      ranges.update(layer)
  possible = {
    (start, count)
    for start in range(4)
    for count in range(1, 4)
    if start + count <= 4
  }
  assert set(ranges) == possible
  # Starts are uniform at such weights, and counts among those that fit.
  for start, count in possible:
    fitting = min(3, 4 - start)
    assert ranges[start, count] == pytest.approx(1200 / 4 / fitting, rel=0.3)


def test_tokens_are_architectures_of_the_search_space():
  sampler = _sampler(scale=1.0, num_layers=4, num_operations=5, out_filters=4)
  arcs = [
    MacroArc.from_tokens(_draw(sampler, number).arc, 4, 5)
    for number in range(100)
  ]
  assert {op for arc in arcs for op in arc.ops} == set(range(5))
  for layer, source in [(1, 0), (2, 0), (2, 1), (3, 0), (3, 1), (3, 2)]:
    ones = sum(arc.skips[layer][source] for arc in arcs)
    assert 30 < ones < 70


def test_connection_search_has_operation_0_everywhere():
  sampler = _sampler(
    scale=2.0, num_layers=4, num_operations=6, out_filters=4,
    search_for='connection',
  )  # fmt: skip
  settings = {'num_layers': 4}
  arcs = set()
  for number in range(30):
    arc = MacroArc.from_tokens(_draw(sampler, number).arc)
    assert arc.ops == (0, 0, 0, 0)
    arcs.add(arc)
  assert len(arcs) > 5
  _check_against_numpy(sampler, settings)


def test_architectures_occur_as_often_as_their_probability_says():
  """1,500 keys over the 8 architectures of two layers and two operations."""
  settings = {'num_layers': 2, 'num_operations': 2, 'out_filters': 4}
  sampler = _sampler(scale=8.0, lstm_size=16, **settings)
  values = tiny.values(sampler.session, 'controller/')
  found = [tuple(_draw(sampler, number).arc) for number in range(1500)]
  probabilities = {}
  for arc in itertools.product(range(2), repeat=3):
    layers = slow_child.split_arc(arc, 2)
    nll = slow_controller.SlowController(values).replay(layers).nll
    probabilities[arc] = np.exp(-nll)
  controllers.assert_as_often(found, probabilities)


def test_a_key_has_one_architecture():
  sampler = _sampler(scale=1.0, num_layers=5, num_operations=6, out_filters=4)
  first = [_draw(sampler, number).arc.tolist() for number in range(20)]
  again = [_draw(sampler, number).arc.tolist() for number in range(20)]
  assert first == again
  assert len({tuple(arc) for arc in first}) == 20


def test_at_the_start_all_architectures_are_about_equally_likely():
  """The numbers of the reference's search script: 12 layers, 6 operations."""
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = general_controller.sample(
      general_controller.ControllerConfig(
        12, 6, 36, tanh_constant=1.5, skip_target=0.4
      ),
      key,
    )
    trainer = reinforce.trainer(
      sample,
      tf.constant(0.0),
      lambda step: tf.constant(1e-3),
      entropy_weight=1e-4,
      penalties=[(0.8, sample.metrics['skip_penalty'])],
    )
    assert sum(v.shape.num_elements() for v in tf.trainable_variables()) == (
      41856
    )
    session = tiny.open_session(graph)
  feeds = {key: [1, 2]}
  drawn = session.run(sample, feeds)
  assert drawn.arc.shape == (78,)
  assert drawn.nll == pytest.approx(67.249, abs=0.05)
  assert drawn.entropy == pytest.approx(26.457, abs=0.02)
  assert drawn.metrics['skip_penalty'] == pytest.approx(0.12247, abs=2e-3)
  loss, baseline = session.run([trainer.loss, trainer.baseline], feeds)
  assert loss == pytest.approx(0.2741, abs=1.5e-3)
  assert baseline == pytest.approx(2.646e-5, abs=3e-8)


@pytest.mark.parametrize(
  'settings',
  [
    {'num_layers': 3, 'tanh_constant': 1.5, 'skip_target': 0.4},
    {'num_layers': 3, 'temperature': 2.0, 'lstm_num_layers': 2},
  ],
)
@pytest.mark.parametrize(
  'field, full', [
    ('nll', False), ('skip_penalty', False), ('entropy', False),
    ('entropy', True),
  ],
)  # fmt: skip
def test_gradients_are_those_of_numpy(field, full, settings):
  """Each weight's, along one random direction, by central differences."""
  settings = dict(settings, num_operations=6, out_filters=4, lstm_size=8)
  settings['full_entropy'] = full
  sampler = _sampler(scale=4.0, **settings)
  with sampler.session.graph.as_default():
    weights = tf.trainable_variables('controller')
    sample = sampler.sample
    told = sample.metrics if field == 'skip_penalty' else sample._asdict()
    gradients = tf.gradients(told[field], weights)
  # The logits of operations have no say in a penalty on skips.
  assert [g is None for g in gradients].count(True) == (
    1 if field == 'skip_penalty' else 0
  )
  gradients = [
    tf.zeros_like(w) if g is None else g for w, g in zip(weights, gradients)
  ]
  arc, gradients = sampler.session.run(
    [sampler.sample.arc, gradients], controllers.feeds(sampler, 0)
  )
  layers = slow_child.split_arc(arc, 3)

  def _replay(changed):
    slow = slow_controller.SlowController(
      changed, settings.get('tanh_constant'), settings.get('temperature')
    )
    replay = slow.replay(layers, settings.get('skip_target', 0.8))
    return getattr(replay, 'full_entropy' if full else field)

  controllers.assert_slopes(sampler, gradients, _replay)


@pytest.mark.parametrize('text', ['4 1 1 5 1 1', '4 1 0 5 0 0'])
def test_a_planted_architecture_is_found(text):
  """Reward: the fraction of tokens that are as in one architecture."""
  planted = MacroArc.parse(text)
  config = general_controller.ControllerConfig(3, 6, 4, tanh_constant=2.5)
  rewards, arcs = controllers.learn(config, planted, rate=0.003, steps=900)
  # By chance: one in six operations and one in two bits are right.
  assert np.mean(rewards[:50]) < 0.5
  assert np.mean(rewards[-100:]) > 0.9
  assert arcs[-100:].count(planted.tokens) > 70
