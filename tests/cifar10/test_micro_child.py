"""The micro child against the same network in slow NumPy."""

import collections
import functools

import numpy as np
import pytest

from src.arc import MICRO_OPERATIONS, CellsSpace, MicroArc
from src.cifar10 import micro_child, micro_layers
from src.nn import context, random_ops
from src.run import session as sessions
from src.tf1 import tf
from tests import graph_helpers
from tests.cifar10 import slow_child, slow_micro, tiny

FILTERS, SIZE, BATCH = 4, 8, 8

Child = collections.namedtuple(
  'Child', ['session', 'images', 'arc', 'network', 'values', 'config', 'keys']
)


@functools.lru_cache(maxsize=None)
def _child(num_layers, num_cells, training, size=SIZE, **changes):
  """A child on float images with random weights, on an open session.

  training: whether it is trained or evaluated, or a Use without a key.
  """
  space = CellsSpace('micro', MICRO_OPERATIONS, num_cells)
  changes.setdefault('out_filters', FILTERS)
  config = micro_child.ChildConfig(num_layers, space, **changes)
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, size, size, 3])
    arc = tf.placeholder(tf.int32, [8 * num_cells])
    keys = tf.placeholder_with_default(3, [])
    progress = tf.constant(0.5)

    def _key(purpose):
      return random_ops.key(1, purpose, keys)

    if isinstance(training, context.Use):
      use = training._replace(key=_key)
    elif training:
      use = context.training(_key, progress)
    else:
      use = config.evaluation(_key)
    network = micro_child.network(images, arc, config, use)
    session = tiny.open_session(graph)
  values = _randomize(session)
  return Child(session, images, arc, network, values, config, keys)


def _randomize(session):
  """Random values, rows of the search model's kernels with unit gain."""
  values = tiny.randomize(session, np.random.RandomState(5))
  generator = np.random.RandomState(6)
  rows = {}
  for name, value in sorted(values.items()):
    kind = name.rsplit('/', 1)[1]
    if '/stack_' in name and kind in ('w_depth', 'w_point'):
      # A kernel [k, k, C, 1] or [C, C] per row.
      inputs = value.shape[1] // FILTERS if kind == 'w_depth' else FILTERS
      rows[name] = generator.normal(0, np.sqrt(2.0 / inputs), value.shape)
  sessions.load(session, rows)
  values.update({k: np.asarray(v, np.float32) for k, v in rows.items()})
  return values


def _images(seed=3, size=SIZE):
  return np.random.RandomState(seed).normal(size=[BATCH, size, size, 3])


def _tokens(text):
  return [int(token) for token in text.split()]


def _run(child, tokens, fetches=None, size=SIZE):
  """Fetches, logits by default; the variables are as at the start."""
  sessions.load(child.session, child.values)
  feeds = {child.images: _images(size=size), child.arc: tokens}
  return child.session.run(
    child.network.logits if fetches is None else fetches, feeds
  )


def _close(found, expected, name=''):
  np.testing.assert_allclose(
    found, expected, rtol=5e-4, atol=5e-5, err_msg=name
  )


def _check_against_numpy(child, slow, tokens, updates, **options):
  """Equal outputs of all layers, logits and moving statistics."""
  config = child.config
  size = options.pop('size', SIZE)
  expected = slow.logits(
    _images(size=size), slow_micro.split_arc(tokens), config.num_layers,
    config.out_filters, **options
  )  # fmt: skip
  assert np.abs(expected).max() > 0.1
  network = child.network
  fetches = [network.layers, network.logits]
  if network.aux_logits is not None:
    fetches.append(network.aux_logits)
  found = _run(child, tokens, fetches, size)
  assert len(found[0]) == len(slow.outputs) == config.num_layers + 2
  for layer, output in enumerate(slow.outputs):
    _close(found[0][layer], output, 'layer %d' % layer)
  _close(found[1], expected)
  if network.aux_logits is not None:
    _close(found[2], slow.aux_logits)
  moved = slow.moved if updates else {}
  for name, value in tiny.values(child.session, 'child/').items():
    if name in moved:
      _close(value, moved[name], name)
    else:
      np.testing.assert_array_equal(value, child.values[name], name)
  return expected


# Together they hold each operation on every node there may be; loose ends of
# all kinds, none but the last included; one node picked by both halves.
SEARCH_ARCS = {
  1: ['0 0 1 4 1 2 1 3', '0 1 0 3 1 4 0 0', '1 1 1 2 0 2 1 1'],
  2: [
    '0 0 1 1 2 2 2 3 1 4 0 2 0 1 1 0',
    '1 3 0 2 0 4 1 0 0 0 0 1 2 1 2 4',
    '1 2 1 4 1 1 0 3 1 3 1 1 1 2 2 0',
  ],
  3: [
    '0 1 1 0 2 0 0 2 3 1 2 3 1 4 1 2 2 1 1 3 3 4 3 0',
    '1 0 0 4 2 1 1 4 2 3 3 2 0 3 0 1 1 2 2 2 0 0 2 4',
  ],
}


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize(('num_cells', 'num_layers'), [(1, 1), (2, 3), (3, 1)])
def test_search_model_is_the_numpy_network(num_cells, num_layers, training):
  """Batch statistics normalise at all times; training alone notes them."""
  child = _child(num_layers, num_cells, training)
  for text in SEARCH_ARCS[num_cells]:
    slow = slow_micro.SlowMicroChild(
      child.values, training, of_batch=not training
    )
    _check_against_numpy(child, slow, _tokens(text), training)
    assert bool(slow.moved) == training


@pytest.mark.parametrize('half', [0, 1])
@pytest.mark.parametrize('index', [0, 1, 2])
def test_operations_on_each_node_are_those_of_numpy(index, half):
  """Five operations give five outputs, with weights of their own per node."""
  child = _child(1, 2, False)
  outputs = []
  for op in range(5):
    tokens = _tokens('0 4 1 4 0 4 1 4 0 4 1 4 0 4 1 4')
    tokens[4 + 2 * half : 6 + 2 * half] = index, op
    tokens[12 + 2 * half : 14 + 2 * half] = index, op
    slow = slow_micro.SlowMicroChild(child.values, False, of_batch=True)
    outputs.append(_check_against_numpy(child, slow, tokens, False))
    rows = {row for name, row in slow.rows if '/cell_1/' in name}
    assert rows == ({index} if op < 2 else set())
  for first in range(5):
    for second in range(first):
      assert np.abs(outputs[first] - outputs[second]).max() > 1e-2


def test_reduction_layers_of_the_scripts():
  assert micro_child.reduction_layers(6) == (2, 5)
  assert micro_child.reduction_layers(15) == (5, 11)


Gradients = collections.namedtuple('Gradients', ['labels', 'names', 'tensors'])


@functools.lru_cache(maxsize=None)
def _gradients(num_layers, num_cells):
  """The search model's cross-entropy differentiated by its variables."""
  child = _child(num_layers, num_cells, True)
  with child.session.graph.as_default():
    labels = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_mean(
      tf.nn.sparse_softmax_cross_entropy_with_logits(
        logits=child.network.logits, labels=labels
      )
    )
    trained = tf.trainable_variables('child')
    tensors = tf.gradients(loss, trained)
    assert None not in tensors
  return Gradients(labels, [v.op.name for v in trained], tensors)


LABELS = np.array([3, 1, 4, 9, 0, 2, 6, 5])


def _run_gradients(child, built, tokens):
  sessions.load(child.session, child.values)
  gradients = child.session.run(
    built.tensors,
    {child.images: _images(), child.arc: tokens, built.labels: LABELS},
  )
  return dict(zip(built.names, gradients))


@pytest.mark.parametrize('text', SEARCH_ARCS[3])
def test_gradients_are_those_of_the_numpy_network(text):
  """Each cell's half, along one random direction, by central differences."""
  child, built = _child(1, 3, True), _gradients(1, 3)
  tokens = _tokens(text)
  gradients = _run_gradients(child, built, tokens)
  values = {k: np.asarray(v, np.float64) for k, v in child.values.items()}

  def _loss(changed):
    slow = slow_micro.SlowMicroChild(changed, True)
    logits = slow.logits(_images(), slow_micro.split_arc(tokens), 1, FILTERS)
    return slow, slow_child.cross_entropy(logits, LABELS)

  used = _loss(values)[0].used
  generator = np.random.RandomState(8)
  groups = collections.defaultdict(list)
  for name, gradient in sorted(gradients.items()):
    if name in used:
      direction = generator.normal(size=gradient.shape)
      direction /= np.linalg.norm(direction)
      groups['/'.join(name.split('/')[:4])].append((name, gradient, direction))
  assert len(groups) > 15
  for group, parts in groups.items():
    high, low = (
      _loss(
        dict(values, **{n: values[n] + step * d for n, _, d in parts}),
      )[1]
      for step in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(
      sum(np.sum(gradient * direction) for _, gradient, direction in parts),
      (high - low) / 2e-6,
      rtol=2e-3,
      atol=5e-5,
      err_msg=group,
    )


def test_exactly_the_sampled_rows_get_a_gradient():
  child, built = _child(1, 3, True), _gradients(1, 3)
  generator = np.random.RandomState(1)
  reached = set()
  for _ in range(40):
    arc = MicroArc.random(3, 5, generator)
    gradients = _run_gradients(child, built, arc.tokens)
    slow = slow_micro.SlowMicroChild(child.values, True)
    cells = slow_micro.split_arc(arc.tokens)
    slow.logits(_images(), cells, 1, FILTERS)
    for name, gradient in gradients.items():
      if '/stack_' not in name and '/final_conv/w' not in name:
        continue
      rows = {row for read, row in slow.rows if read == name}
      nonzero = set(np.nonzero(np.abs(gradient).max(1) > 0)[0])
      # A kernel whose output is constant over the batch may have none.
      assert nonzero <= rows, name
      assert rows <= nonzero or name.endswith(('w_depth', 'w_point')), name
      if nonzero:
        reached.add(name)
  operations = {name for name in built.names if '/stack_' in name}
  assert len(reached & operations) > 0.9 * len(operations)


@pytest.mark.parametrize('ops', [(0, 1), (2, 3), (4, 4), (1, 1), (0, 2)])
def test_only_what_was_sampled_runs(ops):
  """Counted in a trace of a forward and backward pass of a real step."""
  child, built = _child(1, 2, True), _gradients(1, 2)
  tokens = [0, ops[0], 1, ops[1]] * 4
  sessions.load(child.session, child.values)
  ran = graph_helpers.executed(
    child.session,
    built.tensors,
    {child.images: _images(), child.arc: tokens, built.labels: LABELS},
  )
  graph = child.session.graph
  kinds = collections.Counter(
    graph.get_operation_by_name(name).type
    for name in ran
    if name in graph._nodes_by_name  # executors add nodes of their own
  )
  slots = 2 * 3  # blocks in three layers
  separable = sum(op < 2 for op in ops)
  for kind in (
    'DepthwiseConv2dNative',
    'DepthwiseConv2dNativeBackpropInput',
    'DepthwiseConv2dNativeBackpropFilter',
  ):
    assert kinds[kind] == 2 * slots * separable
  assert kinds['AvgPool'] == kinds['AvgPoolGrad'] == slots * ops.count(2)
  assert kinds['MaxPool'] == kinds['MaxPoolGrad'] == slots * ops.count(3)


FIXED_ARCS = [
  '0 0 1 4 1 2 1 3 1 4 0 0 0 1 1 2',
  '1 1 0 2 2 4 2 0 1 0 1 4 2 3 2 4',
  '0 4 0 4 0 3 2 1 1 3 1 0 1 2 1 4',
]


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('text', FIXED_ARCS)
def test_fixed_network_is_the_numpy_network(text, training):
  child = _child(1, 2, training, fixed_arc=MicroArc.parse(text))
  slow = slow_micro.SlowMicroChild(child.values, training)
  _check_against_numpy(child, slow, _tokens(text), training, fixed=True)
  assert bool(slow.moved) == training
  # Nothing is built that the architecture does not use.
  trainable = child.session.graph.get_collection('trainable_variables')
  assert {v.op.name for v in trainable} == slow.used


def test_fixed_network_with_normal_layers_between():
  text = FIXED_ARCS[0]
  child = _child(3, 2, False, size=16, fixed_arc=MicroArc.parse(text))
  slow = slow_micro.SlowMicroChild(child.values, False)
  _check_against_numpy(child, slow, _tokens(text), False, fixed=True, size=16)
  shapes = [output.shape[1:] for output in slow.outputs]
  assert shapes == [
    (16, 16, 8), (8, 8, 16), (8, 8, 16), (4, 4, 32), (4, 4, 32),
  ]  # fmt: skip


@pytest.mark.parametrize('fixed', [False, True])
def test_aux_head_is_that_of_numpy_and_of_training_only(fixed):
  text = FIXED_ARCS[0]
  settings = {'use_aux_heads': True}
  if fixed:
    settings['fixed_arc'] = MicroArc.parse(text)
  child = _child(1, 2, True, size=32, **settings)
  assert child.network.aux_layer == 2
  slow = slow_micro.SlowMicroChild(child.values, True)
  _check_against_numpy(
    child, slow, _tokens(text), True, fixed=fixed, aux=True, size=32
  )
  infer = _child(1, 2, False, size=32, **settings)
  assert infer.network.aux_logits is None
  assert not any('aux_head' in name for name in infer.values)


def test_drop_path_of_the_final_script():
  """Keep probabilities of scripts/cifar10_micro_final.sh."""
  for layer, half, full in [
    (0, 0.988235, 0.976471),
    (5, 0.929412, 0.858824),
    (11, 0.858824, 0.717647),
    (16, 0.8, 0.6),
  ]:
    for progress, expected in ((0.5, half), (1.0, full)):
      found = micro_layers.path_keep_prob(progress, layer, 17, 0.6)
      assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
  ('use', 'progress'),
  [(True, 0.5), (context.Use(noise=True, statistics='fold'), 1.0)],
)
def test_drop_path_drops_all_but_identities_where_there_is_noise(use, progress):
  text = FIXED_ARCS[0]
  child = _child(
    1, 2, use, fixed_arc=MicroArc.parse(text), drop_path_keep_prob=0.2
  )
  # The very noise of the graph, and of nothing else.
  with child.session.graph.as_default():
    noise = [
      random_ops.uniform(
        [4, BATCH], random_ops.key(1, 'drop path of layer %d' % layer, 3)
      )
      for layer in range(3)
    ]
  noise = child.session.run(noise)
  dropped = []

  def _drop(x, layer, half):
    keep = 1 - progress * (layer + 1) / 3.0 * (1 - 0.2)
    kept = np.floor(keep + noise[layer][half])
    assert set(kept) <= {0.0, 1.0}
    dropped.append((layer, half, int(BATCH - kept.sum())))
    return x / keep * kept[:, None, None, None]

  slow = slow_micro.SlowMicroChild(child.values, True, _drop)
  _check_against_numpy(child, slow, _tokens(text), True, fixed=True)
  # Half 1 of the normal cell and half 0 of the reduction cell are identities.
  halves = {(layer, half) for layer, half, _ in dropped}
  assert halves == {
    (0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3), (2, 0), (2, 2), (2, 3),
  }  # fmt: skip
  assert sum(count for _, _, count in dropped) > 10


@pytest.mark.parametrize(
  ('settings', 'training', 'drops'),
  [
    ({}, True, True),
    ({}, False, True),
    ({'eval_dropout': False}, True, True),
    ({'eval_dropout': False}, False, False),
    ({'fixed_arc': MicroArc.parse(FIXED_ARCS[0])}, True, True),
    ({'fixed_arc': MicroArc.parse(FIXED_ARCS[0])}, False, False),
  ],
)
def test_where_dropout_is_in_force(settings, training, drops):
  """The search model drops in evaluation too unless told not to (D13)."""
  tokens = _tokens(FIXED_ARCS[0])
  child = _child(1, 2, training, keep_prob=0.5, **settings)
  fixed = 'fixed_arc' in settings
  slow = slow_micro.SlowMicroChild(
    child.values, training, of_batch=not fixed and not training
  )
  whole = slow.logits(
    _images(), slow_micro.split_arc(tokens), 1, FILTERS, fixed
  )
  first, again = _run(child, tokens), _run(child, tokens)
  np.testing.assert_array_equal(first, again)
  if drops:
    assert np.abs(first - whole).max() > 1e-2
    feeds = {child.images: _images(), child.arc: tokens, child.keys: 4}
    other = child.session.run(child.network.logits, feeds)
    assert np.abs(first - other).max() > 1e-2
  else:
    _close(first, whole)


@pytest.mark.parametrize('fixed_arc', [None, MicroArc.parse(FIXED_ARCS[0])])
def test_channels_first_has_the_same_variables_and_output(fixed_arc):
  settings = {'use_aux_heads': True, 'fixed_arc': fixed_arc, 'size': 32}
  child = _child(1, 2, True, **settings)
  with tf.Graph().as_default():
    network = micro_child.network(
      tf.placeholder(tf.float32, [None, 32, 32, 3]),
      tf.placeholder(tf.int32, [16]),
      child.config._replace(data_format='NCHW'),
      context.training(lambda purpose: tf.constant([1, 2])),
    )
    assert network.logits.shape.as_list() == [None, 10]
    shapes = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
  # Without a GPU this layout can be built, but not run.
  assert shapes.keys() >= child.values.keys()
  for name, value in child.values.items():
    assert shapes[name] == list(value.shape)
