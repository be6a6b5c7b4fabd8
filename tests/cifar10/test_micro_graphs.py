"""Whole micro graphs: the reference's variables at full size, and steps."""

import functools

import numpy as np
import pytest

from src.arc import MICRO_OPERATIONS, CellsSpace, MicroArc
from src.cifar10 import graphs, micro_child, micro_controller
from src.nn import random_ops, schedules, variables
from src.run import session as sessions
from src.tf1 import tf
from tests.cifar10 import slow_child, slow_micro, tiny
from tests.cifar10 import whole_graphs as whole


@pytest.fixture(scope='module')
def micro_search():
  return whole.of_script('cifar10_micro_search.sh')


@pytest.fixture(scope='module')
def micro_final():
  return whole.variables_of_script('cifar10_micro_final.sh')


def _sizes(graph):
  """(parameters of the child, of its auxiliary head, trainable tensors)."""
  aux = whole.num_parameters(graph, 'child/aux_head')
  trainable = graph.get_collection('trainable_variables', 'child/')
  return whole.num_parameters(graph, 'child/') - aux, aux, len(trainable)


def test_variables_of_the_search_are_the_references(micro_search):
  expected = whole.reference('cifar10_micro_search.txt')
  assert len(expected) == 2812
  assert whole.described(micro_search.graph) == expected
  local = micro_search.graph.get_collection('local_variables')
  assert len(local) == 8
  assert all(v.op.name.endswith('/gradient_sum') for v in local)


def test_size_of_the_search(micro_search):
  assert _sizes(micro_search.graph) == (5373140, 412928, 1333 + 7)
  assert whole.num_parameters(micro_search.graph, 'controller/') == 41733
  assert micro_search.handles.arc.shape.as_list() == [40]
  # The reference has 173,787, of which a third is 57,929.
  assert micro_search.num_nodes <= 48000
  network = micro_search.handles.train.network
  shapes = [output.shape.as_list()[1:] for output in network.layers]
  assert shapes == ([[32, 32, 20]] * 2 + [[16, 16, 40]] * 3 + [[8, 8, 80]] * 3)
  assert network.aux_layer == 6


def test_shapes_the_reference_is_known_by(micro_search):
  shapes = {
    v.op.name: v.shape.as_list()
    for v in micro_search.graph.get_collection('trainable_variables')
  }
  assert shapes['child/stem_conv/w'] == [3, 3, 3, 60]
  scope = 'child/layer_0/cell_'
  assert shapes[scope + '0/x/conv_3x3/stack_0/w_depth'] == [2, 180]
  assert shapes[scope + '4/y/conv_5x5/stack_1/w_depth'] == [6, 500]
  assert shapes['child/layer_2/final_conv/w'] == [7, 1600]


def test_initial_values_of_rows_have_the_references_spread(micro_search):
  """Fan-in is the number of rows: sqrt(2 / P), cut at two deviations (D22)."""
  values = variables.initial_values(0, micro_search.graph)
  for name, rows in (
    ('layer_5/cell_0/x/conv_5x5/stack_0/w_point', 2),
    ('layer_5/cell_3/y/conv_3x3/stack_1/w_point', 5),
    ('layer_5/final_conv/w', 7),
  ):
    value = values['child/' + name]
    assert len(value) == rows
    assert value.std() == pytest.approx(np.sqrt(2.0 / rows), rel=0.03)


def test_variables_of_the_final_network_are_the_references(micro_final):
  expected = whole.reference('cifar10_micro_final.txt')
  assert len(expected) == 3536
  assert whole.described(micro_final.graph) == expected
  assert micro_final.graph.get_collection('local_variables') == []


def test_size_and_wiring_of_the_final_network(micro_final):
  assert _sizes(micro_final.graph) == (3894372, 494848, 983 + 7)
  network = micro_final.handles.train.network
  shapes = [output.shape.as_list()[1:] for output in network.layers]
  assert shapes == (
    [[32, 32, 180]] * 5
    + [[16, 16, 288]]
    + [[16, 16, 360]] * 5
    + [[8, 8, 576]]
    + [[8, 8, 720]] * 5
  )
  assert network.aux_layer == 12
  path = 'child/layer_6/calibrate/pool_x/path1_conv/w'
  (found,) = micro_final.graph.get_collection('trainable_variables', path)
  assert found.shape.as_list() == [1, 1, 180, 36]
  assert set(micro_final.handles[2:]) == {None}


# Steps, on small networks.

TOKENS = [int(t) for t in '0 0 1 4 2 1 1 2 1 3 0 1 0 0 2 4'.split()]


TRAINING = graphs.ChildTraining(8, schedules.Constant(0.05), l2_reg=0.1)
CONTROLLER = micro_controller.ControllerConfig(2, 5)


def _build(size=16, parts=(), num_cells=2, **settings):
  space = CellsSpace('micro', MICRO_OPERATIONS, num_cells)
  child = micro_child.ChildConfig(1, space, 4, **settings)
  built = whole.build(child, size=size, **dict(parts))
  return built, tiny.open_session(built.graph)


@functools.lru_cache(maxsize=None)
def _open_search():
  """All parts of a search, on 32x32 images as the auxiliary head needs."""
  parts = {
    'training': TRAINING,
    'controller': CONTROLLER,
    'reinforcement': graphs.ControllerTraining(
      schedules.Constant(0.1), skip_weight=0.8, entropy_weight=0.01
    ),
  }
  return _build(32, parts, use_aux_heads=True)


@functools.lru_cache(maxsize=None)
def _open_fixed():
  training = TRAINING._replace(
    schedule=schedules.CosineRestarts(0.05, 0.0001, 10, 2, 2)
  )
  return _build(
    parts={'training': training},
    fixed_arc=MicroArc.from_tokens(TOKENS),
    drop_path_keep_prob=0.3,
  )


def _started(built, session):
  """(built, session, values) at the start, weights random."""
  sessions.load(session, variables.initial_values(1, built.graph))
  return built, session, tiny.randomize(session, np.random.RandomState(5))


def _augmented(batch, step=0):
  return whole.augmented(batch[0], step)


def _slow(values, images, training=True, **options):
  """(network, logits) of NumPy."""
  slow = slow_micro.SlowMicroChild(
    values, training, of_batch=options.pop('of_batch', False)
  )
  cells = slow_micro.split_arc(TOKENS)
  return slow, slow.logits(images, cells, 1, 4, **options)


def _fed(handles, images_and_labels, arc):
  tokens = None if arc is None else {arc: TOKENS}
  return whole.feeds(handles, images_and_labels, tokens)


def test_loss_of_training_leaves_the_aux_head_out_and_the_gradient_has_it():
  """Classifiers' gradients in closed form: features^T (p - y) / N."""
  built, session, values = _started(*_open_search())
  train, batch = built.handles.train, whole.batch(count=3, size=32)
  slow, logits = _slow(values, _augmented(batch), aux=True)
  network = train.network
  loss, found, aux = session.run(
    [train.loss, network.logits, network.aux_logits],
    _fed(train, batch, built.handles.arc),
  )
  np.testing.assert_allclose(
    loss, slow_child.cross_entropy(logits, batch[1]), rtol=1e-4
  )
  np.testing.assert_allclose(found, logits, rtol=5e-4, atol=5e-5)
  np.testing.assert_allclose(aux, slow.aux_logits, rtol=5e-4, atol=5e-5)


def _numeric(values, images, labels, name, direction, fixed):
  """Slope of cross-entropy + 0.4 * auxiliary one along a direction."""
  losses = []
  for step in (1e-5, -1e-5):
    changed = {k: np.asarray(v, np.float64) for k, v in values.items()}
    changed[name] = changed[name] + step * direction
    slow, logits = _slow(changed, images, aux=True, fixed=fixed)
    losses.append(
      slow_child.cross_entropy(logits, labels)
      + 0.4 * slow_child.cross_entropy(slow.aux_logits, labels)
    )
  return (losses[0] - losses[1]) / 2e-5


@pytest.mark.parametrize('train_aux_head', [False, True])
def test_what_the_aux_head_trains(train_aux_head):
  """The layers below it by 0.4 of its loss; itself only if asked to (D15)."""
  opened = _open_search()
  if train_aux_head:
    training = TRAINING._replace(train_aux_head=True)
    opened = _build(
      32,
      {'training': training},
      use_aux_heads=True,
      fixed_arc=MicroArc.from_tokens(TOKENS),
    )
  built, session, values = _started(*opened)
  train, batch = built.handles.train, whole.batch(count=3, size=32)
  session.run(train.train_ops.update, _fed(train, batch, built.handles.arc))
  after = tiny.values(session, 'child/')
  images = _augmented(batch)
  generator = np.random.RandomState(8)
  own = 'aux_head/proj/w' if train_aux_head else 'layer_2/final_conv/w'
  for name in ('child/stem_conv/w', 'child/' + own):
    direction = generator.normal(size=values[name].shape)
    direction /= np.linalg.norm(direction)
    expected = _numeric(
      values, images, batch[1], name, direction, train_aux_head
    )
    gradient = (values[name] - after[name]) / (0.05 * 1.9)
    gradient = gradient - 2 * 0.1 * values[name]
    np.testing.assert_allclose(
      np.sum(gradient * direction), expected, rtol=2e-2, atol=1e-3
    )
  aux = [v.op.name for v in built.graph.get_collection(
    'trainable_variables', 'child/aux_head')]  # fmt: skip
  assert len(aux) == 7
  for name in aux:
    changed = bool((after[name] != values[name]).any())
    assert changed == train_aux_head
    assert (name + '/Momentum' in after) == train_aux_head


def test_rows_that_were_not_sampled_change_by_weight_decay_only():
  built, session, values = _started(*_open_search())
  train, batch = built.handles.train, whole.batch(count=3, size=32)
  slow, _ = _slow(values, _augmented(batch))
  session.run(train.train_ops.update, _fed(train, batch, built.handles.arc))
  after = tiny.values(session, 'child/')
  decayed = 0
  weights = built.graph.get_collection('trainable_variables', 'child/')
  # Evaluation adds none to those of training; nodes are few.
  assert len(weights) == 228 and built.num_nodes < 9800
  for variable in weights:
    name = variable.op.name
    if '/stack_' not in name:
      continue
    before = values[name].astype(np.float64)
    expected = before - 0.05 * 1.9 * 2 * 0.1 * before
    for row in range(len(before)):
      if (name, row) in slow.rows:
        assert np.abs(after[name][row] - expected[row]).max() > 1e-7, name
      else:
        decayed += 1
        np.testing.assert_allclose(
          after[name][row], expected[row], rtol=1e-5, atol=1e-7
        )
  # 3 layers with 2 halves a block, 2 operations of 8 variables each, with 2 or
  # 3 rows; layers 0 and 1 are reduction cells, and each cell samples two
  # separable convolutions.
  assert decayed == 3 * 2 * 16 * (2 + 3) - 3 * 2 * 8


def test_evaluation_normalises_by_the_batch_and_notes_nothing():
  built, session, values = _started(*_open_search())
  infer, batch = built.handles.infer, whole.batch(count=3, size=32)
  images = (batch[0] / 255.0 - whole.MEAN) / whole.STD
  _, expected = _slow(values, images, False, of_batch=True)
  found = session.run(infer.logits, _fed(infer, batch, built.handles.arc))
  np.testing.assert_allclose(found, expected, rtol=5e-4, atol=5e-5)
  for name, value in tiny.values(session, 'child/').items():
    if name in values:
      np.testing.assert_array_equal(value, values[name], name)


def test_dropout_of_evaluation_is_keyed_by_what_keys_the_architecture():
  parts = {'controller': CONTROLLER._replace(num_cells=1)}
  built, session, _ = _started(*_build(8, parts, 1, keep_prob=0.5))
  infer, key = built.handles.infer, built.handles.sample_key
  tokens = {built.handles.arc: TOKENS[:4] * 2}
  feeds = whole.feeds(infer, whole.batch(), tokens)
  logits = [
    session.run(infer.logits, {**feeds, key: pair})
    for pair in ([5, 9], [5, 9], [5, 10], [6, 9])
  ]
  np.testing.assert_array_equal(logits[0], logits[1])
  assert np.abs(logits[0] - logits[2]).max() > 1e-2
  assert np.abs(logits[0] - logits[3]).max() > 1e-2


def test_paths_drop_more_often_as_the_run_goes_on():
  """Loss of a step as NumPy has it, with the graph's own noise."""
  built, session, values = _started(*_open_fixed())
  train, batch = built.handles.train, whole.batch(size=16)
  with built.graph.as_default():
    draw = tf.placeholder(tf.int32, [])
    noise = [
      random_ops.uniform(
        [4, 8], random_ops.key(1, 'drop path of layer %d' % layer, draw)
      )
      for layer in range(3)
    ]
  for step in range(10):
    progress = min(1.0, (step + 1) / 8.0)
    of_step = session.run(noise, {draw: step})

    def _drop(x, layer, half, progress=progress, of_step=of_step):
      keep = 1 - progress * (layer + 1) / 3.0 * 0.7
      kept = np.floor(keep + of_step[layer][half])
      return x / keep * kept[:, None, None, None]

    slow = slow_micro.SlowMicroChild(values, True, _drop)
    cells = slow_micro.split_arc(TOKENS)
    logits = slow.logits(_augmented(batch, step), cells, 1, 4, fixed=True)
    sessions.load(session, {'global_step': step})
    loss = session.run(train.loss, _fed(train, batch, None))
    expected = slow_child.cross_entropy(logits, batch[1])
    np.testing.assert_allclose(loss, expected, rtol=1e-3)


def test_learning_rates_of_the_final_script():
  rates = {0: 0.05, 1: 0.04877886, 9: 0.00132114, 11: 0.04969292,
           149: 0.00011924, 309: 0.00010481, 629: 0.0001012}  # fmt: skip
  resets = {0: (0, 10), 1: (0, 10), 9: (0, 10), 11: (10, 20), 149: (70, 80),
            309: (150, 160), 629: (310, 320)}  # fmt: skip
  built, session, _ = _started(*_open_fixed())
  for epoch, rate in rates.items():
    reset, period = resets[epoch]
    state = {'global_step': 2 * epoch, 'last_reset': reset, 'T_i': period}
    sessions.load(session, state)
    train = built.handles.train
    found = session.run(train.train_ops.learning_rate, _fed(
      train, whole.batch(size=16), None))  # fmt: skip
    # The table has eight decimals.
    np.testing.assert_allclose(found, rate, rtol=5e-6, atol=6e-9)


def test_reward_of_a_search_has_no_skips_in_it():
  built, session, values = _started(*_open_search())
  handles = built.handles
  images, labels = whole.batch(count=3, size=32)
  feeds = whole.feeds(
    handles.infer, (images, labels), {handles.sample_key: [5, 9]}
  )
  logits, nll, entropy = session.run(
    [handles.infer.logits, handles.sample.nll, handles.sample.entropy], feeds
  )
  feeds[handles.infer.labels] = logits.argmax(1)
  before = tiny.values(session, 'controller/')
  trainer = handles.controller
  accuracy, baseline, loss, _ = session.run(
    [
      trainer.score,
      trainer.baseline,
      trainer.loss,
      trainer.train_ops.update,
    ],
    feeds,
  )
  reward = 1.0 + 0.01 * entropy
  assert accuracy == 1.0 and handles.sample.metrics == {}
  assert baseline == pytest.approx(0.01 * reward, rel=1e-5)
  assert loss == pytest.approx(nll * (reward - baseline), rel=1e-5)
  after = tiny.values(session, 'controller/')
  changed = {name for name in after if (after[name] != before[name]).any()}
  weights = built.graph.get_collection('trainable_variables', 'controller/')
  assert changed >= {v.op.name for v in weights}
  for name, value in tiny.values(session, 'child/').items():
    if name in values:
      np.testing.assert_array_equal(value, values[name], name)
