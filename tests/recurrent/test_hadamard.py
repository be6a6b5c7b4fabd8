"""The language model of lstm_style cells against slow numpy, and its runs."""

import json

import numpy as np
import pytest

from src.arc import HadamardArc, HadamardSpace, pasted, record
from src.nn import optimizers, random_ops, updates, variables
from src.recurrent import child, graphs, hadamard, train_regular
from src.recurrent.analysis import (
  capacity,
  validation_set_performance_correlation,
)
from src.recurrent.study import command
from src.recurrent.task import Recurrent
from src.tf1 import tf
from src.view import commands
from tests import graph_helpers
from tests.recurrent import slow_hadamard, tiny

LSTM, GRU = HadamardArc.parse('lstm'), HadamardArc.parse('gru')
MIXED = HadamardArc.parse(
  'mul h c sigmoid one_minus lin c 0 relu add x 1 tanh identity '
  'lin 2 h one_minus mul 0 3 relu sigmoid c 1 h 3'
)
_PREFIX = 'child/lstm_style/'


def config_of(arc, **changes):
  plain = child.ChildConfig(
    5, HadamardSpace(arc.num_nodes), 3, 3, batch_norm=False, state_bound=None
  )
  return plain._replace(**changes)


def values_of(seed=0):
  """Values of all variables of the child, by names without their scope."""
  draw = np.random.RandomState(seed)
  return {
    v.op.name: draw.uniform(-0.9, 0.9, v.shape.as_list())
    for v in tf.trainable_variables('child/')
  }


def short(values):
  """The same with the names that slow numpy knows."""
  return {
    name.replace(_PREFIX, '').replace('child/', ''): value
    for name, value in values.items()
  }


def window(config, arc, ids, state, weights=None):
  """child.Outputs in numbers, and the values of variables."""
  tokens = tf.constant(config.space.tokens(arc))
  built = hadamard.weights(config, tokens)
  outputs = child.run(
    config, built, tf.constant(ids), tf.constant(state, tf.float32)
  )
  values = values_of()
  values.update(weights or {})
  with graph_helpers.loaded_session(values) as session:
    return session.run(outputs), short(values)


@pytest.mark.parametrize('ends', [False, True])
@pytest.mark.parametrize('bound', [None, 0.7])
def test_windows_of_cells(ends, bound):
  draw = np.random.RandomState(3)
  ids, state = draw.randint(5, size=[2, 4]), draw.uniform(-1, 1, [2, 6])
  space = HadamardSpace(5)
  arcs = [MIXED] + [space.random(draw) for _ in range(5)]
  config = config_of(MIXED, mean_of_ends=ends, state_bound=bound)
  tokens = tf.placeholder(tf.int32, [space.num_tokens])
  outputs = child.run(
    config, hadamard.weights(config, tokens), tf.constant(ids),
    tf.constant(state, tf.float32),
  )  # fmt: skip
  values = values_of()
  with graph_helpers.loaded_session(values) as session:
    for arc in arcs:
      found = session.run(outputs, {tokens: space.tokens(arc)})
      values = short(values)
      xs = values['embedding/w'][ids.T]
      expected, states = slow_hadamard.window(
        values, arc, xs, *np.split(state, 2, axis=1), ends=ends, bound=bound
      )
      np.testing.assert_allclose(found.outputs, expected, 1e-4, 1e-5, arc)
      np.testing.assert_allclose(found.states, states, 1e-4, 1e-5, arc)


def _sigmoid(x):
  return 1 / (1 + np.exp(-x))


def lstm(kernel, bias, xs, h, c):
  """outputs and last (h, c) of an LSTM whose gates are i, g, f, o."""
  outputs = []
  for x in xs:
    i, g, f, o = np.split(np.concatenate([x, h], 1) @ kernel + bias, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    h = _sigmoid(o) * np.tanh(c)
    outputs.append(h)
  return np.array(outputs), h, c


def test_lstm_is_that_of_tensorflow():
  draw = np.random.RandomState(2)
  kernel, bias = draw.uniform(-1, 1, [6, 12]), draw.uniform(-1, 1, 12)
  ids, state = draw.randint(5, size=[2, 5]), draw.uniform(-1, 1, [2, 6])
  copied = {}
  for node, gate in enumerate([0, 2, 3, 1]):
    part = kernel[:, 3 * gate : 3 * gate + 3]
    w = draw.uniform(-1, 1, [2, 3 + node, 3, 3])
    w[0, 0], w[1, 1] = part[:3], part[3:]
    copied[_PREFIX + 'node_%d/w' % node] = w
    copied[_PREFIX + 'node_%d/b' % node] = bias[None, 3 * gate : 3 * gate + 3]
  found, values = window(config_of(LSTM), LSTM, ids, state, copied)
  xs = values['embedding/w'][ids.T]
  h, c = np.split(state, 2, axis=1)
  expected, last_h, last_c = lstm(kernel, bias, xs, h, c)
  np.testing.assert_allclose(found.outputs, expected, rtol=0, atol=1e-5)
  np.testing.assert_allclose(
    found.states[-1], np.concatenate([last_h, last_c], 1), rtol=0, atol=1e-5
  )
  try:
    cell = tf.nn.rnn_cell.BasicLSTMCell(3, forget_bias=0.0)
  except AttributeError:  # TensorFlow 2 with Keras 3 has none
    return
  before = tf.nn.rnn_cell.LSTMStateTuple(
    tf.constant(c, tf.float32), tf.constant(h, tf.float32)
  )
  theirs, after = tf.nn.dynamic_rnn(
    cell, tf.constant(xs, tf.float32), initial_state=before, time_major=True
  )
  with tf.Session() as session:
    for variable, value in zip(cell.variables, (kernel, bias)):
      variable.load(value, session)
    theirs, after = session.run([theirs, after])
  np.testing.assert_allclose(found.outputs, theirs, rtol=0, atol=1e-5)
  np.testing.assert_allclose(
    found.states[-1], np.concatenate([after.h, after.c], 1), rtol=0, atol=1e-5
  )


def test_gru_is_that_of_the_textbook_and_of_tensorflow():
  """h' = z h + (1 - z) tanh(W x + U (r h) + b)."""
  draw = np.random.RandomState(4)
  ids, state = draw.randint(5, size=[2, 5]), draw.uniform(-1, 1, [2, 6])
  found, values = window(config_of(GRU), GRU, ids, state)
  h, outputs = state[:, :3], []

  def _lin(node, place, x, other):
    w, b = values['node_%d/w' % node], values['node_%d/b' % node]
    return x @ w[0, 0] + other @ w[1, place] + b

  for x in values['embedding/w'][ids.T]:
    z, r = (_sigmoid(_lin(node, 1, x, h)) for node in (0, 1))
    n = np.tanh(_lin(3, 3 + 2, x, r * h))
    h = z * h + (1 - z) * n
    outputs.append(h)
  np.testing.assert_allclose(found.outputs, outputs, rtol=0, atol=1e-5)
  np.testing.assert_allclose(
    found.states, np.concatenate([outputs] * 2, 2), rtol=0, atol=1e-5
  )
  try:
    cell = tf.nn.rnn_cell.GRUCell(3)
  except AttributeError:  # TensorFlow 2 with Keras 3 has none
    return

  def _both(node, place):
    w = values['node_%d/w' % node]
    return np.concatenate([w[0, 0], w[1, place]]), values['node_%d/b' % node][0]

  gates = [np.concatenate(of, -1) for of in zip(_both(1, 1), _both(0, 1))]
  theirs, _ = tf.nn.dynamic_rnn(
    cell,
    tf.constant(values['embedding/w'][ids.T], tf.float32),
    initial_state=tf.constant(state[:, :3], tf.float32),
    time_major=True,
  )
  with tf.Session() as session:
    for variable, value in zip(cell.variables, gates + list(_both(3, 3 + 2))):
      variable.load(value, session)
    theirs = session.run(theirs)
  np.testing.assert_allclose(found.outputs, theirs, rtol=0, atol=1e-5)


def _trained(arc, drop=None):
  """(loss, child weights, keys by purpose, ids, targets, state)."""
  config = config_of(arc, drop=drop or child.Drop())
  draw, keys = np.random.RandomState(1), {}
  ids, targets = draw.randint(5, size=[2, 2, 3])
  state = draw.uniform(-1, 1, [2, 6])

  def _key(purpose):
    keys[purpose] = random_ops.key(7, purpose, tf.constant(2))
    return keys[purpose]

  weights = hadamard.weights(config, tf.constant(config.space.tokens(arc)))
  outputs = child.run(
    config, weights, tf.constant(ids), tf.constant(state, tf.float32), _key
  )
  loss = child.mean_loss(weights, outputs, tf.constant(targets))
  return loss, weights, keys, (ids, targets, state)


@pytest.mark.parametrize('arc', [MIXED, GRU], ids=['mixed', 'gru'])
def test_gradients(arc):
  """Of what is used, with dropped weights of h, by central differences."""
  loss, weights, keys, text = _trained(arc, child.Drop(weights=0.4))
  lin = [n for n, node in enumerate(arc.nodes) if node.op == 'lin']
  masks = {
    node: random_ops.dropout_mask(
      [2, 3, 3], 0.6, keys['dropout weights of node %d' % node]
    )
    for node in lin
  }
  gradients = updates.gradients_of(loss, weights.trained)
  slices = [
    (part.variable.op.name, part.index, gradient)
    for part, gradient in zip(weights.trained, gradients)
    if isinstance(part, optimizers.Slice)
  ]
  values = values_of()
  with graph_helpers.loaded_session(values) as session:
    found, slices, masks = session.run([loss, _tensors(slices), masks])
  names = [part.variable.op.name for part in weights.trained[2:]]
  values = short(values)
  slow = lambda: slow_hadamard.loss(values, arc, *text, masks=masks)  # noqa: E731
  np.testing.assert_allclose(found, slow(), rtol=1e-5)
  for name, (index, gradient) in zip(short(dict.fromkeys(names)), slices):
    node = int(name[len('node_') : -2])
    count = 0 if node not in lin else 2 if name.endswith('w') else 1
    assert len(index) == len(gradient) == count
    for place, slope in zip(index, gradient):
      value = values[name][tuple(place)]
      for at in np.ndindex(*value.shape):
        kept, sums = value[at], []
        for sign in (1, -1):
          value[at] = kept + sign * 1e-5
          sums.append(slow())
        value[at] = kept
        expected = (sums[0] - sums[1]) / 2e-5
        np.testing.assert_allclose(slope[at], expected, 1e-3, 1e-5, name)


def _tensors(slices):
  return [(index, gradient) for _, index, gradient in slices]


@pytest.mark.parametrize('optimizer', [optimizers.Sgd(), optimizers.Adam()])
def test_an_update_changes_what_the_cell_uses_only(optimizer):
  loss, weights, _, _ = _trained(MIXED)
  step = variables.create(
    'step', [], variables.zeros, trainable=False, dtype='int32'
  )
  ops = updates.train_ops(
    loss, weights.trained, step, lambda step: tf.constant(0.5), optimizer,
    decay=0.1,
  )  # fmt: skip
  with graph_helpers.loaded_session(values_of()) as session:
    before = graph_helpers.read_all(session)
    session.run(ops.update)
    after = graph_helpers.read_all(session)
  changed = {
    name[len(_PREFIX) :]: np.argwhere((after[name] != before[name]).any((-1,)))
    for name in before
    if name.startswith(_PREFIX + 'node') and name[-2:] in ('/w', '/b')
  }
  used = {
    name: {tuple(place[:2]) for place in places}
    for name, places in changed.items()
    if len(places)
  }
  assert used == {
    'node_1/w': {(0, 2), (1, 3)},  # c; node 0
    'node_1/b': {(0,)},
    'node_3/w': {(0, 3 + 2), (1, 1)},  # node 2; h
    'node_3/b': {(0,)},
  }


def test_weights_at_another_point():
  """`child.moved` reaches the matrices and biases of a cell."""
  loss, weights, _, text = _trained(LSTM)
  moved = child.moved(weights, lambda part: tf.ones_like(_value(part)) * 0.01)
  ids, targets, state = text
  config = config_of(LSTM)
  outputs = child.run(
    config, moved, tf.constant(ids), tf.constant(state, tf.float32)
  )
  there = child.mean_loss(moved, outputs, tf.constant(targets))
  values = values_of()
  with graph_helpers.loaded_session(values) as session:
    here, there = session.run([loss, there])
  values = short(values)
  np.testing.assert_allclose(
    here, slow_hadamard.loss(values, LSTM, *text), rtol=1e-5
  )
  values = {name: value + 0.01 for name, value in values.items()}
  np.testing.assert_allclose(
    there, slow_hadamard.loss(values, LSTM, *text), rtol=1e-5
  )


def _value(part):
  return optimizers.value_of(part)


def test_penalty_on_states_is_of_h_alone():
  """And a state of zeros has a gradient."""
  arc = HadamardArc.parse('mul x h identity relu add x h tanh tanh c 1 h 0')
  config = config_of(arc)
  training = graphs.ChildTraining(2, stabiliser=1.0, fixed_point=2.0)
  graph = graphs.build(config, 1, training=training, arc=arc)
  feeds = {graph.train.inputs: [[1, 2], [3, 4]],
           graph.train.targets: [[2, 3], [4, 0]]}  # fmt: skip
  fetched = [graph.train.loss, graph.train.minimised,
             graph.train.train_ops.grad_norm]  # fmt: skip
  with graph_helpers.loaded_session(values_of()) as session:
    loss, minimised, norm = session.run(fetched, feeds)
  # From a state of zeros h stays zero, and its norm 2 away from 2.
  np.testing.assert_allclose(minimised - loss, 4.0, rtol=1e-5)
  assert np.isfinite(norm)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny.write_texts(tmp_path_factory.mktemp('texts'))


@pytest.fixture(scope='module')
def searched(data, tmp_path_factory):
  """(run directory, command line) of a search."""
  out = tmp_path_factory.mktemp('search')
  argv = tiny.arguments(
    data, out, '--cell_space=lstm_style', '--no_peephole', '--max_epoch=1'
  )
  assert tiny.run(argv)[0] == 0
  return out, argv


def test_a_search_goes_on_exactly(data, searched, tmp_path):
  out, _ = searched
  argv = tiny.arguments(
    data, tmp_path, '--cell_space=lstm_style', '--no_peephole', '--max_epoch=1'
  )
  tiny.train(argv, lambda position: position == (0, 1, 3))
  tiny.train(argv)
  for name, value in tiny.variables(out).items():
    np.testing.assert_array_equal(value, tiny.variables(tmp_path)[name], name)
  for name in ('sampled.csv', 'architectures.csv', 'derived_architecture.json'):
    assert tiny.text(out, name) == tiny.text(tmp_path, name)


def test_what_a_search_leaves_and_later_modes(data, searched):
  out, _ = searched
  space = HadamardSpace(4, peephole=False)
  rows = tiny.rows(out, 'sampled.csv')
  assert len(rows) == 5 and all(space.parse(row['arc']) for row in rows)
  best = tiny.rows(out, 'architectures.csv')[0]['arc']
  text = (out / 'derived_architecture.json').read_text()
  assert pasted.one(text) == best and HadamardArc.from_json(text) == (
    space.parse(best)
  )
  assert len(list((out / 'networks').glob('*-best.png'))) == 1
  known = record.read(str(out))
  assert known.space._replace(flags=()) == space
  _, line = commands.retraining(space.parse(best), {}, known)
  assert "--child_fixed_arc='%s'" % best in line
  assert line.endswith('--cell_space=lstm_style --num_blocks=4 --no_peephole')
  load = ['train_regular.py', '--data_dir', data, '--load_path', str(out)]
  code, printed, _ = tiny.run(load + ['--mode=test'])
  assert code == 0 and 'test eval' in printed
  ranked = tiny.rows(out, 'derive.csv')
  assert 'best: %s\n' % ranked[0]['arc'] in printed
  code, printed, _ = tiny.run(
    load + ['--mode=train_scratch', '--use_preset_arc', '--max_epoch=1']
  )
  assert code == 0 and 'scratch test eval' in printed
  stored = json.loads((out / 'scratch' / 'flags.json').read_text())
  assert stored['child_fixed_arc'] == best


def test_studies_of_trees_say_so(data, searched, tmp_path, capsys):
  out, _ = searched
  argv = ['x', '--load_path', str(out), '--data_dir', data, '--num_archs=3']
  argv += ['--results_dir', str(tmp_path)]
  assert command.main(capacity.STUDY, argv) == 2
  assert 'this study is of trees' in capsys.readouterr().err
  found = validation_set_performance_correlation.STUDY
  assert command.main(found, argv) == 0
  assert list(tmp_path.glob('**/perplexities.csv'))


def test_a_named_cell_is_trained(data, tmp_path):
  argv = tiny.arguments(
    data, tmp_path, '--cell_space=lstm_style', '--mode=single',
    '--dag_path=lstm', '--max_epoch=1',
  )  # fmt: skip
  code, printed, _ = tiny.run(argv)
  assert code == 0 and 'test eval' in printed
  assert HadamardArc.from_json((tmp_path / 'dag.json').read_text()) == LSTM
  assert (tmp_path / 'dag.png').exists()


@pytest.mark.parametrize(
  ('words', 'part'),
  [
    ('--child_fixed_arc=gru', '; give --num_blocks=7'),
    ('--child_fixed_arc=gru --cell_space=enas', 'of --cell_space=lstm_style'),
    ('--child_fixed_arc=grue', 'is no lstm_style cell: expected lstm or gru'),
    ('--train_type=flexible', 'is of --cell_space=enas'),
    ('--train_type=hardcoded', 'is of --cell_space=enas'),
    ('--output=all_nodes', 'it is state or loose_ends'),
    ('--output=state --cell_space=enas', 'it is loose_ends or all_nodes'),
    ('--shared_embed=3 --notie_weights', 'so they are equal'),
  ],
)
def test_one_line_for_what_makes_no_sense(words, part):
  argv = tiny.arguments('data', 'out', '--cell_space=lstm_style')
  code, _, told = tiny.run(argv + words.split())
  assert code == 2 and part in told and told.count('\n') <= 2


def test_flags_without_effect():
  argv = tiny.arguments('data', 'out', '--cell_space=lstm_style')
  given = ['--activation_scope=cell', '--edge_weights=per_edge']
  for more, expected in ((given, 2), ([], 0)):
    flags, _ = train_regular.parse(argv + more)
    task = Recurrent()
    task.check(flags)
    lines = train_regular.flags_lib.notices(task.flag_table.GROUPS, flags)
    assert sum('lstm_style: ignored' in line for line in lines) == expected
