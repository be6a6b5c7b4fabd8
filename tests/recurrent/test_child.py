"""The language model of ENAS-pytorch against slow numpy, and its counts."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.dag_space import DagSpace, chain
from src.nn import random_ops, updates, variables
from src.nn.optimizers import Sgd, Slice
from src.recurrent import child, norm
from src.tf1 import tf
from tests import graph_helpers
from tests.recurrent import slow_child

_TABLE = [
  ('0 0 1 1 3 0 2', '.316903 .320952 -.104960', '.295848 .311268 -.331477'),
  ('0 0 0 1 0 2 0', '.043177 .032077 -.054802', '.043177 .032077 -.054802'),
  ('2 0 2 0 2 0 2', '.189489 .297518 -.361354', '.355657 .407713 -.417512'),
  ('0 0 0 0 0 1 0', '.082270 .152065 -.181142', '.029308 .034606 -.078638'),
]


def reference_weights():
  """Those of the published numbers of the cell (rnn_variants, 18.2)."""

  def _matrix(k):
    r, c = np.indices([3, 3])
    return ((((7 * k + 3 * r + 5 * c) % 11) - 5) / 10).T

  def _pair(k):
    return np.concatenate([_matrix(k), _matrix(k + 1)], 1)

  pairs = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
  of = {pair: _pair(4 + 2 * place) for place, pair in enumerate(pairs)}
  cell = {
    # The gate's matrices come first here, W_xc and W_xh.
    'w_x': np.concatenate([_matrix(1), _matrix(0)], 1),
    'w_h': np.concatenate([_matrix(3), _matrix(2)], 1),
    'b': np.zeros(6),
  }
  for node in (1, 2, 3):
    cell['layer_%d/w' % node] = np.array([of[p, node] for p in range(node)])
  found = {'rnn_cell/' + name: value for name, value in cell.items()}
  found['embedding/w'] = np.array([[0.5, -1.0, 2.0]] * 2)
  found['decoder/b'] = np.zeros(2)
  return found


@pytest.mark.parametrize(('text', 'y', 'h'), _TABLE)
def test_numbers_of_the_reference(text, y, h):
  space = DagSpace(4)
  config = child.ChildConfig(2, space, 3, 3, batch_norm=False)
  tokens = tf.placeholder(tf.int32, [7])
  weights = child.weights(config, tokens)
  outputs = child.run(
    config, weights, tf.zeros([1, 1], tf.int32), tf.constant([[0.1, 0.2, -0.3]])
  )
  arc = RecurrentArc.parse(text)
  values = {'child/' + k: v for k, v in reference_weights().items()}
  with graph_helpers.loaded_session(values) as session:
    found = session.run(outputs, {tokens: space.tokens(arc)})
  for value, expected in ((found.outputs, y), (found.states, h)):
    expected = np.array(expected.split(), float)
    np.testing.assert_allclose(value[0, 0], expected, rtol=0, atol=1e-5)
  parents = {node: [p] for node, p in enumerate(arc.predecessors, 1)}
  slow, _ = slow_child.window(
    reference_weights(), [[[0.5, -1, 2]]], np.array([[0.1, 0.2, -0.3]]),
    parents, arc.activations,
  )  # fmt: skip
  np.testing.assert_allclose(found.outputs, slow, rtol=0, atol=1e-6)


def _values(config, seed=3):
  """Values for all of a graph's variables of the child."""
  draw = np.random.RandomState(seed)
  return {
    v.op.name: draw.uniform(-0.8, 0.8, v.shape.as_list())
    for v in tf.trainable_variables('child/')
  }


@pytest.mark.parametrize(
  ('space', 'text', 'changes'),
  [
    (DagSpace(5), '1 0 3 0 0 1 2 1 1', {}),
    (DagSpace(4), '0 0 1 1 3 0 2', {'edge_weights': 'per_function'}),
    (DagSpace(4), '0 0 1 1 3 0 2', {'tied': False, 'embed_size': 2}),
    (DagSpace(4), '0 0 1 1 3 0 2', {'last_node': False, 'batch_norm': False}),
    (DagSpace(5, 3), '1 0 3 1 2', {}),
    (DagSpace(4, links=chain(4)), '3 0 1 1 0 2 2', {}),
    (DagSpace(4, scope='cell', activations=('relu', 'tanh')),
     '0 0 0 0 0 1 0', {}),
  ],
)  # fmt: skip
def test_loss_and_gradients(space, text, changes):
  """Of a window with all that is dropped, by central differences."""
  drop = child.Drop(0.3, 0.4, 0.5, 0.25)
  options = {'embed_size': 3, 'hidden_size': 3, 'drop': drop}
  config = child.ChildConfig(6, space, **dict(options, **changes))
  arc, draw = RecurrentArc.parse(text), np.random.RandomState(1)
  ids, targets = draw.randint(6, size=[2, 3, 4])
  state = draw.uniform(-1, 1, [3, 3])
  tokens = tf.constant(space.tokens(arc))
  weights = child.weights(config, tokens)
  keys, masks = {}, {}

  def _key(purpose):
    keys[purpose] = random_ops.key(7, purpose, tf.constant(2))
    return keys[purpose]

  outputs = child.run(
    config, weights, tf.constant(ids), tf.constant(state, tf.float32), _key
  )
  loss = child.mean_loss(weights, outputs, tf.constant(targets))
  shapes = {'words': [6], 'inputs': [3, config.embed_size], 'outputs': [3, 3],
            'weights': [3, 6]}  # fmt: skip
  for name, shape in shapes.items():
    masks[name] = random_ops.dropout_mask(
      shape, 1 - getattr(drop, name), keys['dropout ' + name]
    )
  parts = [
    part
    if isinstance(part, Slice)
    else Slice(part, tf.zeros([0], tf.int32), part)
    for part in weights.trained
  ]
  gradients = [
    tf.zeros_like(part.value) if gradient is None else gradient
    for part, gradient in zip(
      parts, tf.gradients(loss, [part.value for part in parts])
    )
  ]
  indices = [part.index for part in parts]
  values = _values(config)
  with graph_helpers.loaded_session(values) as session:
    found, gradients, masks, indices = session.run(
      [loss, gradients, masks, indices]
    )
  values = {name[len('child/') :]: v for name, v in values.items()}
  functions = None
  if config.edge_weights == 'per_function':
    functions = list(space.activations)

  def _slow():
    return slow_child.loss(
      values, ids, targets, state, arc, masks, config.batch_norm,
      last=config.last_node, functions=functions,
    )  # fmt: skip

  np.testing.assert_allclose(found, _slow(), rtol=1e-5)
  for part, place, gradient in zip(parts, indices, gradients):
    value = values[part.variable.op.name[len('child/') :]][tuple(place)]
    for index in np.ndindex(*value.shape):
      kept, sums = value[index], []
      for sign in (1, -1):
        value[index] = kept + sign * 1e-5
        sums.append(_slow())
      value[index] = kept
      expected = (sums[0] - sums[1]) / 2e-5
      np.testing.assert_allclose(gradient[index], expected, 1e-3, 1e-5)


def test_weights_at_another_point():
  """The loss there is that of a child with those values."""
  space, draw = DagSpace(4), np.random.RandomState(2)
  config = child.ChildConfig(6, space, 3, 3)
  arc = RecurrentArc.parse('0 0 1 1 3 0 2')
  weights = child.weights(config, tf.constant(space.tokens(arc)))
  changes = {}

  def _change(part):
    whole = part.variable if isinstance(part, Slice) else part
    shape = whole.shape.as_list()
    added = changes.setdefault(whole.op.name, draw.uniform(-0.5, 0.5, shape))
    added = tf.constant(added, tf.float32)
    return tf.gather_nd(added, part.index) if whole is not part else added

  ids = draw.randint(6, size=[2, 3, 4])
  moved = child.moved(weights, _change)
  assert moved.trained is weights.trained
  outputs = child.run(config, moved, tf.constant(ids[0]), tf.zeros([3, 3]))
  loss = child.mean_loss(moved, outputs, tf.constant(ids[1]))
  values = _values(config)
  with graph_helpers.loaded_session(values) as session:
    found = session.run(loss)
  there = {
    name[len('child/') :]: value + changes.get(name, 0.0)
    for name, value in values.items()
  }
  expected = slow_child.loss(there, ids[0], ids[1], np.zeros([3, 3]), arc)
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_update_changes_the_matrices_in_use_only():
  space = DagSpace(4)
  config = child.ChildConfig(6, space, 3, 3)
  tokens = tf.constant(space.tokens(RecurrentArc.parse('0 0 1 1 3 0 2')))
  weights = child.weights(config, tokens)
  ids = tf.constant([[1, 2], [3, 4]])
  outputs = child.run(config, weights, ids, tf.ones([2, 3]), lambda _: None)
  step = variables.create(
    'step', [], variables.zeros, trainable=False, dtype='int32'
  )
  ops = updates.train_ops(
    child.mean_loss(weights, outputs, ids), weights.trained, step,
    lambda step: tf.constant(1.0), Sgd(), decay=0.1,
  )  # fmt: skip
  with graph_helpers.loaded_session() as session:
    before = graph_helpers.read_all(session)
    session.run(ops.update)
    after = graph_helpers.read_all(session)
  for node, used in ((1, 0), (2, 1), (3, 0)):
    name = 'child/rnn_cell/layer_%d/w' % node
    same = (before[name] == after[name]).all(axis=(1, 2))
    np.testing.assert_array_equal(same, np.arange(node) != used)


def test_statistics_of_steps_are_folded_in_one_after_another():
  draw = np.random.RandomState(0)
  config = child.ChildConfig(6, DagSpace(3), 3, 3)
  weights = child.weights(config, tf.constant([0, 0, 1, 1, 0]))
  values = draw.uniform(-1, 1, [4, 5, 3])
  fed = tf.constant(values, tf.float32)
  folding, by_batch, moving = (
    weights.norm.of(fed, how) for how in (norm.FOLD, norm.BATCH, norm.MOVING)
  )
  with graph_helpers.loaded_session() as session:
    same = session.run(by_batch)
    before = graph_helpers.read_all(session)
    found = session.run(folding)
    used = session.run(moving)
    kept = graph_helpers.read_all(session)
  np.testing.assert_allclose(
    found, slow_child.normed(values, 1, 0), rtol=1e-4, atol=1e-5
  )
  np.testing.assert_array_equal(same, found)
  assert (before['child/norm/mean'] == 0).all()
  mean, variance = np.zeros(3), np.ones(3)
  for step in values:
    mean = 0.9 * mean + 0.1 * step.mean(0)
    variance = 0.9 * variance + 0.1 * step.var(0, ddof=1)
  np.testing.assert_allclose(kept['child/norm/mean'], mean, 1e-4, 1e-6)
  np.testing.assert_allclose(kept['child/norm/variance'], variance, 1e-4)
  expected = (values - mean) / np.sqrt(variance + 1e-5)
  np.testing.assert_allclose(used, expected, rtol=1e-3, atol=1e-5)


def test_counts_of_the_reference():
  default = child.ChildConfig(10000, DagSpace(12))
  assert child.parameter_count(default) == 146014000
  small = child.ChildConfig(5, DagSpace(4), 3, 3)
  assert child.parameter_count(small) == 176
  for number, changes in enumerate(
    ({}, {'edge_weights': 'per_function'}, {'tied': False, 'embed_size': 2},
     {'batch_norm': False})
  ):  # fmt: skip
    config = small._replace(**changes)
    with tf.Graph().as_default():
      child.weights(config, tf.zeros([7], tf.int32))
      built = sum(v.shape.num_elements() for v in tf.trainable_variables())
    assert built == child.parameter_count(config), number


def test_first_values_lie_within_the_range():
  for uniform in (False, True):
    with tf.Graph().as_default():
      config = child.ChildConfig(
        9, DagSpace(4), 3, 3, norm_uniform=uniform, init_range=0.2
      )
      child.weights(config, tf.zeros([7], tf.int32))
      values = variables.initial_values(1)
    for name, value in values.items():
      limit = 0.0 if name.endswith('decoder/b') else 0.2
      if not uniform and name.startswith('child/norm'):
        continue
      if '/norm/mean' in name or '/norm/variance' in name:
        continue
      assert np.abs(value).max() <= limit, name
    scale = values['child/norm/scale']
    assert (scale == 1).all() is not uniform or (np.abs(scale) < 0.2).all()
