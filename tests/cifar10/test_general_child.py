"""The macro child against the same network in slow NumPy."""

import collections
import functools

import numpy as np
import pytest

from src.arc import (
  MACRO_OPERATIONS,
  MacroArc,
  MacroSpace,
  count_parameters,
  count_search_parameters,
)
from src.cifar10 import general_child
from src.cifar10.operations import BUILDERS
from src.nn import context, variables
from src.nn.context import Use
from src.run import session as sessions
from src.tf1 import tf
from tests.cifar10 import slow_child, tiny, whole_graphs

FILTERS, SIZE, BATCH = 4, 8, 4

# Together they hold every operation at several depths, and skips of all kinds.
SEARCH_ARCS = [
  '5',
  '1 3 0',
  '1 3 1',
  '0 1 0 2 0 0',
  '3 4 1 5 1 1',
  '5 0 1 1 0 1',
  '0 1 0 2 0 0 3 0 0 0',
  '4 5 1 3 1 1 2 1 1 1',
  '2 4 0 1 1 0 0 0 1 0',
  '3 3 1 5 0 1 4 1 0 1',
]
SIX = '5 4 1 3 0 1 2 1 0 0 1 0 0 1 1 0 1 0 0 0 1'
FIXED_ARCS = [
  '2',
  '3 4 1',
  '5 0 0 1 1 0',
  '4 5 1 3 1 1 2 1 0 1',
  '0 1 0 2 0 1 3 1 1 0',
  SIX,
]

Child = collections.namedtuple(
  'Child', ['session', 'images', 'arc', 'key', 'logits', 'values']
)


@functools.lru_cache(maxsize=None)
def _child(num_layers, training, **changes):
  """A child on float images with random weights, on an open session.

  training: whether it is trained or evaluated, or a Use without a key.
  """
  num_filters = changes.pop('num_filters', None)
  space = MacroSpace(
    'macro',
    MACRO_OPERATIONS,
    num_layers,
    num_filters=num_filters,
    skip_from=changes.pop('skip_from', 'stem'),
  )
  if changes.pop('plain', False):
    changes['builders'] = dict(BUILDERS, separable=BUILDERS['conv'])
  changes.setdefault('out_filters', FILTERS)
  config = general_child.ChildConfig(space, **changes)
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3])
    arc = tf.placeholder(tf.int32, [space.num_tokens])
    key = tf.placeholder_with_default([1, 2], [2])
    if isinstance(training, Use):
      use = training._replace(key=lambda purpose: key)
    else:
      use = context.training if training else config.evaluation
      use = use(lambda purpose: key)
    logits = general_child.logits(images, arc, config, use)
    session = tiny.open_session(graph)
  values = tiny.randomize(session, np.random.RandomState(5))
  return Child(session, images, arc, key, logits, values)


def _images(seed=3):
  return np.random.RandomState(seed).normal(size=[BATCH, SIZE, SIZE, 3])


def _tokens(text):
  return [int(token) for token in text.split()]


def _num_layers(text):
  return MacroArc.parse(text).num_layers


def _run(child, tokens):
  """Logits of the graph; the variables keep their values."""
  sessions.load(child.session, child.values)
  feeds = {child.images: _images(), child.arc: tokens}
  return child.session.run(child.logits, feeds)


def _check_against_numpy(child, slow, tokens, layers, fixed=False):
  """Equal logits and moving statistics; all other variables untouched."""
  expected = slow.logits(_images(), layers, fixed)
  assert np.abs(expected).max() > 0.1
  np.testing.assert_allclose(
    _run(child, tokens), expected, rtol=2e-4, atol=2e-5
  )
  assert bool(slow.moved) == slow.training
  for name, value in tiny.values(child.session, 'child/').items():
    if name in slow.moved:
      np.testing.assert_allclose(
        value, slow.moved[name], rtol=2e-4, atol=2e-5, err_msg=name
      )
    else:
      np.testing.assert_array_equal(value, child.values[name], name)


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('text', SEARCH_ARCS)
def test_search_model_is_the_numpy_network(text, training):
  num_layers = _num_layers(text)
  child = _child(num_layers, training)
  slow = slow_child.SlowChild(child.values, training)
  layers = slow_child.split_arc(_tokens(text), num_layers)
  _check_against_numpy(child, slow, _tokens(text), layers)


def test_what_the_child_is_evaluated_with():
  config = general_child.ChildConfig(
    MacroSpace('macro', MACRO_OPERATIONS, 1), FILTERS, eval_bn='batch'
  )
  assert config.evaluation(7) == Use(statistics='batch', key=7)
  fixed = config._replace(fixed_arc=MacroArc.parse('2'))
  assert fixed.evaluation(7) == Use(statistics='moving', key=7)


@pytest.mark.parametrize('noise', [False, True])
@pytest.mark.parametrize('statistics', ['batch', 'fold'])
def test_noise_and_statistics_without_gradients(statistics, noise):
  """Each is as in training or not, on its own."""
  tokens = _tokens(SEARCH_ARCS[-1])
  child = _child(4, Use(noise=noise, statistics=statistics), keep_prob=0.5)
  trained = _child(4, True, keep_prob=0.5 if noise else 1.0)
  values = {name: trained.values[name] for name in child.values}
  expected = _run(trained, tokens)
  found = _run(child._replace(values=values), tokens)
  np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
  folded = tiny.values(trained.session, 'child/')
  for name, value in tiny.values(child.session, 'child/').items():
    after = folded[name] if statistics == 'fold' else values[name]
    np.testing.assert_allclose(value, after, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize('training', [False, True])
def test_another_topology_is_the_numpy_network(training):
  """Skips from layers alone, all layers normalised, a bias."""
  topology = general_child.Topology(True, True, variables.uniform(0.01))
  child = _child(4, training, skip_from='layer', topology=topology)
  for text in SEARCH_ARCS[-4:]:
    slow = slow_child.SlowChild(child.values, training, skip_from=1)
    layers = slow_child.split_arc(_tokens(text), 4)
    _check_against_numpy(child, slow, _tokens(text), layers)
  assert {'child/fc/b', 'child/layer_0/skip/bn/scale'} <= slow.used
  space = MacroSpace('macro', MACRO_OPERATIONS, 4, skip_from='layer')
  graph = child.session.graph
  assert whole_graphs.num_parameters(graph, 'child/') == (
    count_search_parameters(space, FILTERS) + 2 * FILTERS + 10
  )
  for name, value in variables.initial_values(1, graph).items():
    if name.rsplit('/', 1)[1] in ('w', 'w_depth', 'w_point'):
      assert 0 < np.abs(value).max() <= 0.01, name


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('text', FIXED_ARCS)
@pytest.mark.parametrize('separable', [False, True])
def test_fixed_network_is_the_numpy_network(separable, text, training):
  num_layers = _num_layers(text)
  child = _child(
    num_layers,
    training,
    plain=not separable,
    fixed_arc=MacroArc.parse(text),
  )
  slow = slow_child.SlowChild(child.values, training, not separable)
  layers = slow_child.split_arc(_tokens(text), num_layers)
  tokens = [0] * len(_tokens(text))
  _check_against_numpy(child, slow, tokens, layers, fixed=True)
  # Nothing is built that the architecture does not use, but for reductions
  # of tensors that no later layer reads.
  trainable = child.session.graph.get_collection('trainable_variables')
  names = {v.op.name for v in trainable}
  assert names >= slow.used
  assert all('/pool_at_' in name for name in names - slow.used)


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('text', ['2', '4 5 1 3 1 1 2 1 0 1', SIX])
def test_a_fixed_network_of_the_search_model_is_its_part(text, training):
  """Its variables, its output, and nothing that is not read but reductions."""
  num_layers, arc = _num_layers(text), MacroArc.parse(text)
  child = _child(num_layers, training, fixed_arc=arc, fixed_as_searched=True)
  assert set(child.values) < set(_child(num_layers, training).values)
  slow = slow_child.SlowChild(child.values, training)
  expected = slow.logits(
    _images(), slow_child.split_arc(_tokens(text), num_layers)
  )
  found = _run(child, [0] * len(_tokens(text)))
  np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-5)
  for name, value in tiny.values(child.session, 'child/').items():
    wanted = child.values[name]
    unread = '/pool_at_' in name and np.array_equal(value, wanted)
    if name in slow.moved and not unread:
      wanted = slow.moved[name]
    np.testing.assert_allclose(
      value, wanted, rtol=2e-4, atol=2e-5, err_msg=name
    )
  graph = child.session.graph
  assert whole_graphs.num_parameters(graph, 'child/') == (
    count_parameters(arc, FILTERS, 'search')
  )


def test_filters_double_at_both_reductions_of_a_fixed_network():
  values = _child(6, False, fixed_arc=MacroArc.parse(SIX)).values
  # Layers 1 and 3 are followed by a reduction; layer 2 is a separable 5x5.
  assert values['child/layer_1/pool_at_1/from_0/path1_conv/w'].shape == (
    (1, 1, 4, 4)
  )
  assert values['child/layer_3/pool_at_3/from_4/path2_conv/w'].shape == (
    (1, 1, 8, 8)
  )
  assert values['child/layer_2/skip/w'].shape == (1, 1, 16, 8)
  assert values['child/layer_5/skip/w'].shape == (1, 1, 48, 16)
  assert values['child/fc/w'].shape == (16, 10)


@pytest.mark.parametrize('training', [False, True])
def test_six_operations_give_six_outputs(training):
  child = _child(2, training)
  for arcs in (
    [[op, 2, 1] for op in range(6)],
    [[4, op, 0] for op in range(6)],
  ):
    outputs = [_run(child, arc) for arc in arcs]
    for first in range(6):
      for second in range(first):
        difference = np.abs(outputs[first] - outputs[second]).max()
        assert difference > 1e-2, (arcs[first], arcs[second])


@pytest.mark.parametrize('training', [False, True])
def test_binding_to_the_last_branch_leaves_the_operation_without_effect(
  training,
):
  child = _child(2, training, branch_binding='last')
  slow = slow_child.SlowChild(child.values, training)
  layers = slow_child.split_arc([5, 5, 1], 2)
  expected = slow.logits(_images(), layers)
  outputs = [_run(child, [op, (op + 2) % 6, 1]) for op in range(6)]
  for output in outputs:
    np.testing.assert_array_equal(output, outputs[0])
  np.testing.assert_allclose(outputs[0], expected, rtol=2e-4, atol=2e-5)
  assert np.abs(_run(child, [0, 0, 0]) - outputs[0]).max() > 1e-2


def test_each_skip_bit_wires_the_tensor_it_means():
  child = _child(3, False)
  outputs = []
  for number in range(8):
    bits = [number >> 2 & 1, number >> 1 & 1, number & 1]
    tokens = [0, 5, bits[0], 3] + bits[1:]
    slow = slow_child.SlowChild(child.values, False)
    layers = slow_child.split_arc(tokens, 3)
    expected = slow.logits(_images(), layers)
    np.testing.assert_allclose(
      _run(child, tokens), expected, rtol=2e-4, atol=2e-5
    )
    outputs.append(expected)
  for first in range(8):
    for second in range(first):
      assert np.abs(outputs[first] - outputs[second]).max() > 1e-2


def test_bit_0_is_the_stem_and_not_the_first_layer():
  """Layer 1's bit adds the stem: its own main input cannot be added again."""
  child = _child(2, False)
  # With its last scale and offset zero, branch 0 of layer 1 gives zero; what
  # is left before the last batch norm is the skipped-in tensor alone.
  silent = {
    'child/layer_1/branch_0/out_conv_3/bn/scale': np.zeros(FILTERS),
    'child/layer_1/branch_0/out_conv_3/bn/offset': np.zeros(FILTERS),
  }
  sessions.load(child.session, dict(child.values, **silent))
  outputs = [
    child.session.run(
      child.logits, {child.images: _images(), child.arc: [op, 0, 1]}
    )
    for op in (0, 4)
  ]
  # The stem does not depend on layer 0, so neither does the result.
  np.testing.assert_array_equal(outputs[0], outputs[1])
  changed = {'child/stem_conv/bn/moving_mean': np.ones(FILTERS)}
  sessions.load(child.session, changed)
  moved = child.session.run(
    child.logits, {child.images: _images(), child.arc: [0, 0, 1]}
  )
  assert np.abs(moved - outputs[0]).max() > 1e-2


RANGES = {
  1: '0 1 0 1 0 1 0 1 0 1 0 1',
  3: (
    '3 1 2 2 1 3 0 3 0 1 1 1 0 3 0 3 0 3 0 3 0 3 0 3 1 '
    '1 2 3 1 0 2 2 1 1 3 0 1 0 1'
  ),
}


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('num_layers', [1, 3])
def test_partial_channels_are_the_numpy_network(num_layers, training):
  tokens = _tokens(RANGES[num_layers])
  child = _child(num_layers, training, num_filters=FILTERS)
  slow = slow_child.SlowChild(child.values, training)
  layers = slow_child.split_arc(tokens, num_layers, head=12)
  _check_against_numpy(child, slow, tokens, layers)


def test_every_number_of_a_channel_range_counts():
  child = _child(1, False, num_filters=FILTERS)
  tokens = [0, 2, 1, 1, 1, 2, 2, 1, 0, 1, 1, 2]
  reference = _run(child, tokens)
  for place in range(12):
    changed = list(tokens)
    changed[place] += 1
    assert np.abs(_run(child, changed) - reference).max() > 1e-3, place


Gradients = collections.namedtuple('Gradients', ['labels', 'names', 'tensors'])


@functools.lru_cache(maxsize=None)
def _gradients(num_layers):
  """The training child's cross-entropy differentiated by its variables."""
  child = _child(num_layers, True)
  with child.session.graph.as_default():
    labels = tf.placeholder(tf.int32, [None])
    loss = tf.reduce_mean(
      tf.nn.sparse_softmax_cross_entropy_with_logits(
        logits=child.logits, labels=labels
      )
    )
    trained = tf.trainable_variables('child')
    tensors = tf.gradients(loss, trained)
    # A gradient path leads to every variable of every branch.
    assert None not in tensors
    tensors = [tf.convert_to_tensor(tensor) for tensor in tensors]
  return Gradients(labels, [v.op.name for v in trained], tensors)


def _slow_loss(values, layers, labels):
  slow = slow_child.SlowChild(values, True)
  return slow_child.cross_entropy(slow.logits(_images(), layers), labels)


def test_gradients_are_those_of_the_numpy_network():
  """Each block's, along one random direction, by central differences."""
  labels = np.array([3, 1, 4, 9])
  child, built = _child(6, True), _gradients(6)
  tokens = _tokens(SIX)
  layers = slow_child.split_arc(tokens, 6)
  sessions.load(child.session, child.values)
  gradients = child.session.run(
    built.tensors,
    {child.images: _images(), child.arc: tokens, built.labels: labels},
  )
  generator = np.random.RandomState(8)
  values = {k: np.asarray(v, np.float64) for k, v in child.values.items()}
  checked = slow_child.SlowChild(values, True)
  checked.logits(_images(), layers)
  assert {'child/layer_%d/branch_%d' % (5 - op, op) for op in range(6)} == {
    '/'.join(name.split('/')[:3]) for name in checked.used if 'branch' in name
  }
  blocks = collections.defaultdict(list)
  for name, gradient in zip(built.names, gradients):
    if name in checked.used:
      # A kernel goes with the batch normalisation behind it.
      scope = name.rsplit('/bn/', 1)[0] if '/bn/' in name else name[:-2]
      direction = generator.normal(size=gradient.shape)
      direction /= np.linalg.norm(direction)
      blocks[scope].append((name, gradient, direction))
  assert len(blocks) > 30
  for scope, parts in blocks.items():
    high, low = (
      _slow_loss(
        dict(values, **{n: values[n] + step * d for n, _, d in parts}),
        layers,
        labels,
      )
      for step in (1e-6, -1e-6)
    )
    np.testing.assert_allclose(
      sum(np.sum(gradient * direction) for _, gradient, direction in parts),
      (high - low) / 2e-6,
      rtol=2e-3,
      atol=2e-5,
      err_msg=scope,
    )


def test_exactly_the_sampled_branches_get_a_gradient():
  child, built = _child(6, True), _gradients(6)
  skips = [[], [1], [0, 1], [1, 0, 0], [1, 0, 0, 1], [0, 1, 0, 0, 0]]
  reached = set()
  for first in range(6):
    tokens = []
    for layer, bits in enumerate(skips):
      tokens += [(first + layer) % 6] + bits
    sessions.load(child.session, child.values)
    gradients = child.session.run(
      built.tensors,
      {
        child.images: _images(),
        child.arc: tokens,
        built.labels: [3, 1, 4, 9],
      },
    )
    slow = slow_child.SlowChild(child.values, True)
    slow.logits(_images(), slow_child.split_arc(tokens, 6))
    alive = set()
    for name, gradient in zip(built.names, gradients):
      if np.abs(gradient).max() > 0:
        alive.add(name)
    # A tensor that no later layer skips in is reduced for nothing.
    unread = {name for name in slow.used - alive if 'pool_at' not in name}
    assert alive <= slow.used
    assert unread == set()
    reached |= alive
  missed = set(built.names) - reached
  assert all('pool_at' in name for name in missed)


def test_dropout_is_in_force_in_training_only():
  """With an identity as classifier the logits show what dropout left."""
  identity = {'child/fc/w': np.eye(10)}
  settings = {'out_filters': 10, 'fixed_arc': MacroArc.parse('0')}
  infer = _child(1, False, keep_prob=0.5, **settings)
  sessions.load(infer.session, dict(infer.values, **identity))
  slow = slow_child.SlowChild(dict(infer.values, **identity), False)
  expected = slow.logits(_images(), [([0], [])], fixed=True)
  outputs = infer.session.run(
    infer.logits, {infer.images: _images(), infer.arc: [0]}
  )
  np.testing.assert_allclose(outputs, expected, rtol=2e-4, atol=2e-5)

  train = _child(1, True, keep_prob=0.5, **settings)
  sessions.load(train.session, dict(train.values, **identity))
  slow = slow_child.SlowChild(dict(train.values, **identity), True)
  expected = slow.logits(_images(), [([0], [])], fixed=True)

  def _train(key):
    feeds = {train.images: _images(), train.arc: [0], train.key: key}
    return train.session.run(train.logits, feeds)

  kept = _train([1, 2]) != 0
  assert 10 <= kept.sum() <= 30
  np.testing.assert_allclose(
    _train([1, 2]), np.where(kept, 2 * expected, 0), rtol=2e-4, atol=2e-5
  )
  assert ((_train([1, 3]) != 0) != kept).any()


def test_channels_first_has_the_same_variables_and_output():
  child = _child(4, False)
  with tf.Graph().as_default():
    logits = general_child.logits(
      tf.placeholder(tf.float32, [None, SIZE, SIZE, 3]),
      tf.placeholder(tf.int32, [10]),
      general_child.ChildConfig(
        MacroSpace('macro', MACRO_OPERATIONS, 4), FILTERS, data_format='NCHW'
      ),
      context.training(lambda purpose: tf.constant([1, 2])),
    )
    assert logits.shape.as_list() == [None, 10]
    shapes = {v.op.name: v.shape.as_list() for v in tf.global_variables()}
  # Without a GPU this layout can be built, but not run.
  assert shapes.keys() >= child.values.keys()
  for name, value in child.values.items():
    assert shapes[name] == list(value.shape)
