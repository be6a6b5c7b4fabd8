"""What the two implementations differ in, as graphs (A5, A6, A10, A19)."""

import numpy as np
import pytest

from src.arc import count_search_parameters
from src.nn import clipping, context, keyed, schedules, variables
from src.robustness import driver
from src.robustness.task import MEAN, Robustness
from src.run import session as session_lib
from src.run.errors import UsageError
from src.tf1 import tf
from tests import graph_helpers
from tests.cifar10 import tiny as sessions
from tests.cifar10 import whole_graphs
from tests.robustness import tiny

TASK = Robustness()


def _flags(*words):
  flags = driver.parse(driver.arguments(['driver'] + list(words)))
  TASK.check(flags)
  return flags


@pytest.mark.parametrize(
  ('name', 'expected'),
  [
    ('space_0', 664966),
    ('P1_006', 664966),
    ('P4_300', 1193734),
    ('P5_036', 1193734),
    ('P6_006_60', 822214),
    ('P6P3_004_100', 822214),
    ('P6P4_036', 1350982),
    ('P6P5_300', 1350982),
    ('T1_kd04', 2214982),
    ('T1_kd16', 276287878),
    ('T1_kp16', 51298822),
    ('T1_pd08', 22902598),
  ],
)
def test_parameters_of_the_child(name, expected):
  """A5, by counts that the graph below has too."""
  sets_of = {'s': 'baseline', 'P': 'poisoning', 'T': 'neuralarts'}
  flags = _flags(sets_of[name[0]], name)
  assert count_search_parameters(
    TASK.space(flags), 36, norm_first_layer=True, classifier_bias=True
  ) == expected  # fmt: skip
  config = TASK.child(flags)
  assert config.topology.norm_first_layer and config.topology.classifier_bias
  assert (config.eval_bn, config.num_layers) == (context.BATCH, 12)


def _controller(*words):
  """(parameters of the controller, draw) on an open session."""
  flags = _flags(*words)
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = TASK.controller(flags).build(key)
    session = sessions.open_session(graph)
    count = sum(v.shape.num_elements() for v in tf.trainable_variables())

  def _draw(number):
    return session.run(sample, {key: keyed.pair(1, 'test', number)})

  return count, _draw


@pytest.mark.parametrize(
  ('name', 'actions', 'entropy'),
  [
    ('space_0', 6, 67.25), ('P3_001_100', 7, 69.1), ('P6P3_002_100', 8, 70.7),
    ('P6P5_006', 12, 75.6), ('P5_036', 42, 90.6), ('P6P5_300', 306, 114.4),
  ],
)  # fmt: skip
def test_the_controller(name, actions, entropy):
  """A6, A9, A10."""
  of = 'baseline' if name == 'space_0' else 'poisoning'
  count, draw = _controller(of, name)
  assert count == 41600 + 128 * actions
  samples = [draw(number) for number in range(40)]
  for sample in samples:
    assert abs(sample.entropy - entropy) < 0.2
    assert len(sample.arc) == 78
  skips = np.mean([sample.metrics['skip_count'] for sample in samples])
  assert abs(skips - 33) < 3 * np.sqrt(66 / 4.0 / len(samples))
  # Operations are as likely as they have actions, within 3 sigma.
  space = TASK.space(_flags(of, name))
  arcs = [space.from_tokens(sample.arc) for sample in samples]
  found = np.sum([space.operation_counts(arc) for arc in arcs], 0)
  draws = 12 * len(samples)
  assert found.sum() == draws
  counts = np.bincount(space.action_to_instance or range(actions))
  share = counts / float(actions)
  sigma = np.sqrt(draws * share * (1 - share))
  assert (np.abs(found - draws * share) < 3 * sigma).all()


def test_the_first_penalty_of_skips():
  """A10: 0.1225 for logits of zero; first values spread around that.

  Their standard deviation is 0.013, so that it is the mean of many that comes
  within 0.005.
  """
  flags = _flags('poisoning', 'P6P3_002_100')
  penalties = []
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = TASK.controller(flags).build(key)
    session = sessions.open_session(graph)
    for seed in range(30):
      values = variables.initial_values(seed, graph)
      penalties.append(_penalty(session, sample, key, values))
    values['controller/attention/v'] = 0 * values['controller/attention/v']
    assert abs(_penalty(session, sample, key, values) - 0.122466) < 1e-5
  assert abs(np.mean(penalties) - 0.1225) < 0.005
  assert 0.005 < np.std(penalties) < 0.02


def _penalty(session, sample, key, values):
  session_lib.load(session, values)
  feeds = {key: keyed.pair(1, 'test', 0)}
  return session.run(sample.metrics['skip_penalty'], feeds)


def test_the_controller_of_the_other_implementation():
  count, draw = _controller('poisoning', 'P6P3_002_100', '--compat=tf')
  assert count == 41088 + 128 * 8
  assert draw(0).entropy < 40
  count, _ = _controller('poisoning', 'P6P5_300', '--dedup_actions')
  assert count == 41600 + 128 * 12


def test_graphs_have_the_parameters_that_are_counted():
  """A5: the whole child of the reference, built."""
  flags = _flags('poisoning', 'P6P5_006')
  with tf.Graph().as_default():
    images = tf.placeholder(tf.float32, [None, 32, 32, 3])
    arc = tf.placeholder(tf.int32, [78])
    child = TASK.child(flags)
    child.build(images, arc, child.evaluation(lambda purpose: None))
    found = sum(v.shape.num_elements() for v in tf.trainable_variables())
    shapes = graph_helpers.variable_shapes()
  assert found == 1350982
  assert not [name for name in shapes if 'moving' in name]
  assert shapes['child/fc/b'] == (10,)
  assert 'child/layer_0/skip/bn/scale' in shapes
  assert 'child/pool_at_3/from_0/path1_conv/w' not in shapes


def test_how_they_are_trained():
  flags = _flags()
  training = TASK.child_training(flags, 352)
  assert training.schedule == schedules.Cosine(0.05, 0.0005, 10, 352)
  assert training.clip == clipping.FiniteGlobalNorm(5.0)
  assert training.l2_reg == 0.000125
  controller = TASK.controller_training(flags, 40)
  assert controller.clip == clipping.GlobalNorm(5.0)
  assert (controller.baseline, controller.entropy_gradient) == (
    'from_first', True
  )  # fmt: skip
  assert TASK.run_config(flags, _NoData).controller_runs == 1000


class _NoData:
  labels = ()


def test_the_other_implementation_is_the_macro_search_of_this_project():
  """But for clean operations, nothing is left of the reference's."""
  flags = _flags('--compat=tf')
  expected = whole_graphs.SCRIPTS['cifar10_macro_search.sh']
  child = TASK.child(flags)
  space = expected['child'].space
  assert child.space.operations == space.operations
  assert child._replace(space=space, num_classes=10) == expected['child']
  assert TASK.controller(flags) == expected['controller']
  assert TASK.child_training(flags, 352) == expected['training']
  assert TASK.controller_training(flags, 1) == expected['reinforcement']
  assert flags.num_epochs == 310
  other = _flags('--compat=tf', '--num_epochs=3', '--controller_lstm_bias')
  assert (other.num_epochs, other.child_lr_restarts) == (3, True)
  assert TASK.controller(other).lstm_bias


def test_100_classes(tmp_path):
  """A19: of the experiment, or of any by the flag; names tell of the latter."""
  for words in (
    ['baseline', 'space_0_cifar100'],
    ['poisoning', 'P6P3_002_100_cifar100'],
    ['poisoning', 'P1_006', '--dataset=cifar100'],
  ):
    flags = _flags(*words)
    assert TASK.child(flags).num_classes == 100
    assert flags.data_path == 'data/cifar100'
    assert flags.output_dir.endswith('_cifar100')
  for split, count in (('train', 300), ('test', 100)):
    labels = np.arange(count) % 100
    rows = np.zeros([count, 3074], np.uint8)
    rows[:, 0], rows[:, 1] = labels // 5, labels
    rows.tofile(str(tmp_path / (split + '.bin')))
  flags.data_path, flags.num_valids = str(tmp_path), 100
  data = TASK.read_data(flags, lambda line: None)
  assert sorted(set(data.labels['train'])) == list(range(100))
  np.testing.assert_array_equal(data.mean, MEAN)
  assert len(data.labels['valid']) == 100


def test_what_makes_no_sense(tmp_path):
  with pytest.raises(UsageError, match='per_batch needs the same reward'):
    _flags('--controller_baseline=per_batch')
  flags = tiny.parsed(tmp_path, '--child_fixed_arc=0 1 0 2 0 1')
  assert not flags.controller_training
  assert TASK.controller(flags) is None
