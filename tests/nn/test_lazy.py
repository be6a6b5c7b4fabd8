"""Only what is selected runs, and the gradients are those of that alone."""

import itertools

import numpy as np
import pytest

from src.nn import batch_norm, blocks, lazy, variables
from src.nn.context import Context, training
from src.nn.image_format import ImageFormat
from src.tf1 import tf
from tests import graph_helpers

_SIZE = 4


def _normal(shape, seed=0):
  draw = np.random.RandomState(seed)
  return draw.standard_normal(shape).astype(np.float32)


def _weight(name):
  return variables.create(name, [_SIZE, _SIZE], variables.he_normal)


def _counter(name):
  return variables.create(
    name, [], variables.zeros, trainable=False, dtype='int32'
  )


def _counting(name, function):
  """The same function, counting how often it runs."""

  def _branch(value):
    # A control input from the switch itself would not tell its two sides apart.
    value = tf.identity(value)
    with tf.control_dependencies([value]):
      count = tf.assign_add(_counter(name), 1)
    with tf.control_dependencies([count]):
      value = tf.identity(value)
    return function(value)

  return _branch


# What the branches of the toys below compute: (in the graph, in numpy).
_FUNCTIONS = [
  (lambda x, w: tf.tanh(tf.matmul(x, w)), lambda x, w: np.tanh(x.dot(w))),
  (lambda x, w: tf.nn.relu(tf.matmul(x, w)), lambda x, w: np.maximum(x @ w, 0)),
  (lambda x, w: x * x + tf.matmul(x, w), lambda x, w: x * x + x.dot(w)),
  (lambda x, w: tf.sin(x) + tf.matmul(x, w), lambda x, w: np.sin(x) + x.dot(w)),
  (lambda x, w: tf.matmul(x * 2, w) - x, lambda x, w: 2 * x.dot(w) - x),
  (lambda x, w: tf.exp(-tf.matmul(x, w)), lambda x, w: np.exp(-x.dot(w))),
]


def _branch(number):
  def _apply(value):
    weight = lazy.read(_weight('w_%d' % number))
    return _FUNCTIONS[number][0](value, weight)

  return _apply


def _weights():
  return tf.trainable_variables()


@pytest.mark.parametrize('with_gradients', [False, True])
@pytest.mark.parametrize('count', [1, 2, 6])
def test_case_computes_the_selected_branch_alone(count, with_gradients):
  x = _normal([3, _SIZE])
  fed, index = tf.placeholder(tf.float32, x.shape), tf.placeholder(tf.int32, [])
  branches = [_counting('ran_%d' % k, _branch(k)) for k in range(count)]
  result = lazy.case(index, branches, fed, with_gradients)
  assert result.shape.as_list() == [3, _SIZE]
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    ran = np.zeros(count, int)
    for selected in list(range(count)) + [count - 1, 0]:
      found = session.run(result, {fed: x, index: selected})
      expected = _FUNCTIONS[selected][1](x, values['w_%d' % selected])
      np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
      ran[selected] += 1
      counts = session.run(['ran_%d:0' % k for k in range(count)])
      assert counts == ran.tolist()


@pytest.mark.parametrize('count', [1, 2, 6])
def test_gradients_of_case_are_those_of_the_plain_branch(count):
  x = _normal([3, _SIZE])
  fed, index = tf.placeholder(tf.float32, x.shape), tf.placeholder(tf.int32, [])
  branches = [_counting('ran_%d' % k, _branch(k)) for k in range(count)]
  before = fed * 1.5  # the input has a history, and is used elsewhere too
  result = lazy.case(index, branches, before, True)
  loss = tf.reduce_sum(result**2) + tf.reduce_sum(before)
  gradients = tf.gradients(loss, [fed] + _weights())
  plain = []
  for k, weight in enumerate(_weights()):
    value = _FUNCTIONS[k][0](before, weight)
    plain_loss = tf.reduce_sum(value**2) + tf.reduce_sum(before)
    plain.append([plain_loss] + tf.gradients(plain_loss, [fed, weight]))
  with graph_helpers.loaded_session() as session:
    for selected in range(count):
      feeds = {fed: x, index: selected}
      expected = session.run(plain[selected], feeds)
      found = session.run([loss] + gradients, feeds)
      np.testing.assert_allclose(found[0], expected[0], rtol=1e-5)
      np.testing.assert_allclose(found[1], expected[1], rtol=1e-5, atol=1e-6)
      assert np.abs(expected[2]).max() > 0.1
      for k in range(count):
        if k == selected:
          np.testing.assert_allclose(
            found[2 + k], expected[2], rtol=1e-5, atol=1e-6
          )
        else:
          np.testing.assert_array_equal(found[2 + k], np.zeros([_SIZE, _SIZE]))
    counts = session.run(['ran_%d:0' % k for k in range(count)])
    assert counts == [1] * count


def test_backward_pass_runs_the_selected_branch_alone(graph):
  x = _normal([3, _SIZE])
  fed, index = tf.placeholder(tf.float32, x.shape), tf.placeholder(tf.int32, [])
  result = lazy.case(index, [_branch(0), _branch(1), _branch(2)], fed, True)
  gradients = tf.gradients(tf.reduce_sum(result**2), [fed] + _weights())
  products = [op.name for op in graph.get_operations() if op.type == 'MatMul']
  assert len(products) == 9  # one forward and two backward per branch
  with graph_helpers.loaded_session() as session:
    ran = [
      graph_helpers.executed(session, gradients, {fed: x, index: selected})
      for selected in range(3)
    ]
  used = [names & set(products) for names in ran]
  assert [len(names) for names in used] == [3, 3, 3]
  assert set.union(*used) == set(products)


def test_unselected_batch_norm_keeps_its_statistics():
  around = Context(ImageFormat('NHWC'), training(None), 2)

  def _convolution(number):
    def _apply(value):
      with tf.variable_scope('branch_%d' % number):
        value = blocks.conv(around, value, 3)
        value = tf.nn.relu(batch_norm.plain(around, value))
        with tf.variable_scope('out'):
          value = blocks.separable_conv(around, value, 3, rows=True)
          return batch_norm.masked(around, value)

    return _apply

  images = tf.constant(_normal([2, 4, 4, 2]))
  index = tf.placeholder(tf.int32, [])
  branches = [_convolution(k) for k in range(3)]
  result = lazy.case(index, branches, images, True)
  trained = _weights()
  gradients = tf.gradients(tf.reduce_sum(result**3), trained)
  with graph_helpers.loaded_session() as session:
    before = graph_helpers.read_all(session)
    found = session.run(gradients, {index: 1})
    after = graph_helpers.read_all(session)
  changed = {n for n in before if not np.array_equal(before[n], after[n])}
  scope = 'branch_1/bn/'
  expected = {'branch_1/out/bn/moving_mean', 'branch_1/out/bn/moving_variance'}
  for moving in ('moving_mean', 'moving_variance'):
    expected.add(scope + moving)
    expected.add(scope + scope + moving + '/biased')
    expected.add(scope + scope + moving + '/local_step')
  assert changed == expected
  reached = {v.op.name for v, g in zip(trained, found) if np.any(g)}
  assert reached == {
    'branch_1/w',
    'branch_1/bn/offset',
    'branch_1/bn/scale',
    'branch_1/out/w_depth',
    'branch_1/out/w_point',
    'branch_1/out/bn/offset',
    'branch_1/out/bn/scale',
  }


def test_read_outside_of_branches_is_the_plain_value(graph):
  weight = _weight('w')
  value = lazy.read(weight)
  assert 'Switch' not in {op.type for op in graph.get_operations()}
  (gradient,) = tf.gradients(tf.reduce_sum(3 * value), [weight])
  with graph_helpers.loaded_session() as session:
    found, expected = session.run([value, weight])
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(
      session.run(gradient), np.full([_SIZE, _SIZE], 3.0)
    )


def test_read_is_plain_again_after_a_branch_that_failed():
  def _broken(value):
    raise ZeroDivisionError

  with pytest.raises(ZeroDivisionError):
    lazy.case(tf.constant(0), [_broken], tf.zeros([1]), True)
  assert lazy.read(_weight('w')).op.type != 'Switch'


def test_switch_and_its_gradient():
  fed, condition = (
    tf.placeholder(tf.float32, [2]),
    tf.placeholder(tf.bool, []),
  )
  off, on = lazy.switch(fed, condition)
  merged = tf.raw_ops.Merge(inputs=[off * 3, on * 5])[0]
  (gradient,) = tf.gradients(merged, [fed])
  with graph_helpers.loaded_session({}) as session:
    for value, factor in [(False, 3), (True, 5)]:
      found = session.run([merged, gradient], {fed: [1, 2], condition: value})
      np.testing.assert_array_equal(
        found, [[factor, 2 * factor], [factor, factor]]
      )


_BITS = list(itertools.product([False, True], repeat=3))


class _Chain:
  """total = x^2 + the selected of three terms; each term has a later use."""

  def __init__(self):
    self.fed = [tf.placeholder(tf.float32, [2, 3]) for _ in range(4)]
    self.bits = tf.placeholder(tf.bool, [3])
    bits = tf.unstack(self.bits)
    total, terms = self.fed[0] ** 2, [tf.sin(x) for x in self.fed[1:]]
    for k in range(3):
      total, terms[k] = lazy.add_if(bits[k], total, terms[k])
    self.total, self.terms = total, terms
    later = sum(tf.reduce_sum((k + 2) * term) for k, term in enumerate(terms))
    self.loss = tf.reduce_sum(tf.exp(total)) + later
    self.gradients = tf.gradients(self.loss, self.fed)

  def feeds(self, xs, bits):
    feeds = dict(zip(self.fed, xs))
    feeds[self.bits] = bits
    return feeds


def test_add_if_and_its_gradients():
  xs = [0.5 * _normal([2, 3], seed) for seed in range(4)]
  chain = _Chain()
  assert chain.total.shape.as_list() == [2, 3]
  with graph_helpers.loaded_session({}) as session:
    for bits in _BITS:
      total, terms, gradients = session.run(
        [chain.total, chain.terms, chain.gradients], chain.feeds(xs, bits)
      )
      expected = xs[0].astype(np.float64) ** 2
      for bit, x in zip(bits, xs[1:]):
        expected = expected + np.sin(x) * bit
      np.testing.assert_allclose(total, expected, rtol=1e-5)
      np.testing.assert_allclose(terms, np.sin(xs[1:]), rtol=1e-5)
      outer = np.exp(expected)
      np.testing.assert_allclose(gradients[0], outer * 2 * xs[0], rtol=1e-5)
      for k, x in enumerate(xs[1:]):
        inner = (outer * bits[k] + k + 2) * np.cos(x)
        np.testing.assert_allclose(gradients[k + 1], inner, rtol=1e-5)


def test_a_term_without_a_later_use_has_gradient_zero_when_skipped():
  total, term = tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])
  condition = tf.placeholder(tf.bool, [])
  result, _ = lazy.add_if(condition, total, term)
  gradients = tf.gradients(result**2, [total, term])
  with graph_helpers.loaded_session({}) as session:
    found = session.run(gradients, {condition: False})
    np.testing.assert_array_equal(found, [[2, 4], [0, 0]])
    found = session.run(gradients, {condition: True})
    np.testing.assert_array_equal(found, [[8, 12], [8, 12]])


def _additions(graph):
  return {op.name for op in graph.get_operations() if op.type.startswith('Add')}


def test_skipped_additions_run_neither_forward_nor_backward(graph):
  xs = [0.5 * _normal([2, 3], seed) for seed in range(4)]
  chain = _Chain()
  conditional = {
    name
    for name in _additions(graph)
    if any(
      i.op.type == 'Switch' for i in graph.get_operation_by_name(name).inputs
    )
  }
  assert len(conditional) == 6  # three forward, three backward
  with graph_helpers.loaded_session({}) as session:
    for bits in _BITS:
      names = graph_helpers.executed(
        session, [chain.total, chain.gradients], chain.feeds(xs, bits)
      )
      assert len(names & conditional) == 2 * sum(bits)


# A toy of two layers with three operations each. Layer 1 may add the input,
# layer 2 may add the input and layer 1.
_ARCS = [
  (op1, op2) + bits
  for number, (op1, op2, bits) in enumerate(
    itertools.product(range(3), range(3), _BITS)
  )
  if number % 5 == 0
]


def _layer_weights(layer):
  return [_weight('layer_%d/w_%d' % (layer, k)) for k in range(3)]


def _lazy_net(x, arc):
  """arc: [op1, op2, bit, bit, bit] as tensors; returns the loss."""
  tensors, start = [tf.matmul(x, _weight('stem'))], 0
  for layer in range(2):
    branches = [
      lambda value, k=k: _FUNCTIONS[k][0](
        value,
        lazy.read(_layer_weights(layer)[k]),  # noqa: B023
      )
      for k in range(3)
    ]
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
      value = lazy.case(arc[layer], branches, tensors[-1], True)
    for source in range(layer + 1):
      bit = tf.equal(arc[2 + start + source], 1)
      value, tensors[source] = lazy.add_if(bit, value, tensors[source])
    start += layer + 1
    tensors.append(value)
  return tf.reduce_mean(tensors[-1] ** 2)


def _plain_net(x, arc):
  """The same for one architecture, with nothing conditional in it."""
  tensors, start = [tf.matmul(x, _weight('stem'))], 0
  for layer in range(2):
    weights = _layer_weights(layer)
    value = _FUNCTIONS[arc[layer]][0](tensors[-1], weights[arc[layer]])
    for source in range(layer + 1):
      if arc[2 + start + source]:
        value += tensors[source]
    start += layer + 1
    tensors.append(value)
  return tf.reduce_mean(tensors[-1] ** 2)


def _loss_and_gradients(loss):
  trained = sorted(tf.trainable_variables(), key=lambda v: v.op.name)
  assert len(trained) == 7
  return [loss] + [
    tf.zeros_like(variable) if gradient is None else gradient
    for gradient, variable in zip(tf.gradients(loss, trained), trained)
  ]


def test_nested_choices_equal_one_plain_graph_per_architecture():
  assert len(_ARCS) == 15
  x = 0.5 * _normal([5, _SIZE], 3)
  arc = tf.placeholder(tf.int32, [5])
  fetches = _loss_and_gradients(_lazy_net(tf.constant(x), tf.unstack(arc)))
  losses = set()
  with graph_helpers.loaded_session() as session:
    for numbers in _ARCS:
      found = session.run(fetches, {arc: numbers})
      with tf.Graph().as_default():
        plain = _loss_and_gradients(_plain_net(tf.constant(x), numbers))
        with graph_helpers.loaded_session() as plain_session:
          expected = plain_session.run(plain)
      losses.add(round(float(found[0]), 4))
      # Stem and one operation a layer, two of them zero in each.
      assert sum(np.any(g) for g in found[1:]) == 3
      for one, other in zip(found, expected):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
  assert len(losses) > 12  # the architectures really differ


def test_a_case_in_a_case_has_zero_gradients_where_nothing_ran(graph):
  del graph
  weights = [
    variables.create(name, [], variables.constant(value))
    for name, value in [('p', 2.0), ('q', 3.0), ('r', 5.0)]
  ]
  outer = tf.placeholder(tf.int32, [])
  inner = tf.placeholder(tf.int32, [])

  def _times(weight):
    def _branch(value):
      # A control input of the branch must not reach the variable's gradient.
      with tf.control_dependencies([tf.identity(value)]):
        return value * lazy.read(weight)

    return _branch

  p, q, r = map(_times, weights)

  def _both(value):
    return lazy.case(inner, [q, r], value, gradients=True)

  result = lazy.case(outer, [p, _both], tf.constant(7.0), gradients=True)
  gradients = tf.gradients(result, weights)
  with graph_helpers.loaded_session() as session:
    for feeds, value, expected in [
      ((0, 0), 14.0, [7.0, 0.0, 0.0]),
      ((0, 1), 14.0, [7.0, 0.0, 0.0]),
      ((1, 0), 21.0, [0.0, 7.0, 0.0]),
      ((1, 1), 35.0, [0.0, 0.0, 7.0]),
    ]:
      found = session.run([result, gradients], dict(zip((outer, inner), feeds)))
      assert found == [value, expected]


def test_choice_is_one_of_several(graph):
  index = tf.placeholder(tf.int32, [])
  choice = lazy.choice(index, 3)
  assert choice.last is None
  with graph_helpers.loaded_session() as session:
    for number in range(3):
      found = session.run(choice[:3], {index: number})
      one_hot = np.eye(3)[number]
      assert found[0] == number
      assert found[1] == list(one_hot.astype(bool))
      np.testing.assert_array_equal(found[2], one_hot[:, None])


def test_row_and_its_gradient():
  index, flag = tf.placeholder(tf.int32, []), tf.placeholder(tf.int32, [])
  choice = lazy.choice(index, 3)
  table = variables.create('table', [3, _SIZE], variables.he_normal)
  value = tf.constant(_normal([_SIZE]))
  branches = [lambda x: x * lazy.row(table, choice) ** 2, lambda x: 2 * x]
  result = lazy.case(flag, branches, value, True)
  (gradient,) = tf.gradients(tf.reduce_sum(result), [table])
  with graph_helpers.loaded_session() as session:
    rows = graph_helpers.read_all(session)['table']
    for number in range(3):
      found = session.run([result, gradient], {index: number, flag: 0})
      x, row = _normal([_SIZE]), rows[number]
      np.testing.assert_allclose(found[0], x * row**2, rtol=1e-5)
      expected = np.zeros_like(rows)
      expected[number] = 2 * x * row
      np.testing.assert_allclose(found[1], expected, rtol=1e-5)
    found = session.run([result, gradient], {index: 1, flag: 1})
    np.testing.assert_allclose(found[0], 2 * x, rtol=1e-6)
    np.testing.assert_array_equal(found[1], np.zeros_like(rows))


def test_rows_of_a_branch_share_all_but_their_own_nodes(graph):
  """One more costs a gather, and two nodes in its gradient."""
  choice = lazy.choice(tf.placeholder(tf.int32, []), 3)
  flag = tf.placeholder(tf.int32, [])
  counts = []
  for number in range(4):
    tables = [
      variables.create(
        'table_%d_%d' % (number, table), [3, _SIZE], variables.he_normal
      )
      for table in range(number + 1)
    ]

    def _branch(value, tables=tables):
      return tf.add_n([value] + [lazy.row(table, choice) for table in tables])

    before = len(graph.get_operations())
    which = lazy.choice(flag, 2)
    branches = [_branch, lambda value: value]
    result = lazy.choose(which, branches, tf.zeros([_SIZE]), True)
    gradients = tf.gradients(result, tables)
    assert None not in gradients
    counts.append(len(graph.get_operations()) - before)
  # The first also makes the constants that all share.
  assert counts[3] - counts[2] == counts[2] - counts[1] == 1 + 2


def test_row_outside_of_branches():
  index = tf.placeholder(tf.int32, [])
  table = variables.create('table', [3, _SIZE], variables.he_normal)
  result = lazy.row(table, lazy.choice(index, 3))
  (gradient,) = tf.gradients(result, [table])
  with graph_helpers.loaded_session() as session:
    rows = graph_helpers.read_all(session)['table']
    found = session.run([result, gradient], {index: 2})
  np.testing.assert_array_equal(found[0], rows[2])
  np.testing.assert_array_equal(found[1], np.eye(3)[:, 2:] * np.ones(_SIZE))


def _picked(num_tensors, uses, with_gradients):
  """A chain of choices as in a cell: (inputs, indices, result, gradients).

  Each of `uses` steps multiplies a choice among all tensors by 1, 2, ...; then
  the squares of the tensors that nobody chose are added.
  """
  inputs = [tf.placeholder(tf.float32, [None, 2]) for _ in range(num_tensors)]
  indices = tf.placeholder(tf.int32, [uses])
  picks = tf.equal(indices[:, None], tf.range(num_tensors))
  later = tf.cumsum(tf.cast(picks, tf.int32), exclusive=True, reverse=True)
  last = tf.logical_and(picks, tf.equal(later, 0))
  loose = tf.unstack(tf.logical_not(tf.reduce_any(picks, 0)), num_tensors)
  tensors = [1.0 * value for value in inputs]
  total = tf.zeros_like(tensors[0])
  for use in range(uses):
    choice = lazy.Choice(
      indices[use],
      tf.unstack(picks[use], num_tensors),
      None,
      tf.unstack(last[use], num_tensors),
    )
    value, tensors = lazy.select(choice, tensors, with_gradients)
    total = tf.add_n([total, (use + 1.0) * value])
  for tensor, is_loose in zip(tensors, loose):
    term = tf.square(lazy.gate(tensor, is_loose))
    total = lazy.add_gated(total, is_loose, term)
  gradients = tf.gradients(total, inputs) if with_gradients else None
  return inputs, indices, total, gradients


@pytest.mark.parametrize('with_gradients', [False, True])
def test_select_and_its_gradients(with_gradients):
  """Every way to choose three times among three tensors."""
  inputs, indices, total, gradients = _picked(3, 3, with_gradients)
  values = [_normal([4, 2], seed) for seed in range(3)]
  feeds = dict(zip(inputs, values))
  with graph_helpers.loaded_session() as session:
    for picks in itertools.product(range(3), repeat=3):
      feeds[indices] = picks
      expected = np.zeros([4, 2])
      slopes = [np.zeros([4, 2]) for _ in range(3)]
      for use, pick in enumerate(picks):
        expected += (use + 1) * values[pick]
        slopes[pick] += use + 1
      for number in set(range(3)) - set(picks):
        expected += values[number] ** 2
        slopes[number] += 2 * values[number]
      found = session.run(total, feeds)
      np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
      if with_gradients:
        found = session.run(gradients, feeds)
        np.testing.assert_allclose(found, slopes, rtol=1e-5, atol=1e-6)


def test_gate_is_dead_unless_open_and_so_is_its_gradient(graph):
  value, condition = tf.placeholder(tf.float32, [2]), tf.placeholder(tf.bool)
  opened = tf.identity(lazy.gate(value, condition), name='opened')
  (gradient,) = tf.gradients(opened, value, grad_ys=[3.0 * opened])
  gradient = tf.identity(gradient, name='back')
  joined = tf.raw_ops.Merge(inputs=[lazy.switch(value, condition)[0], gradient])
  with graph_helpers.loaded_session() as session:
    feeds = {value: [1.0, 2.0], condition: True}
    np.testing.assert_array_equal(session.run(joined[0], feeds), [3.0, 6.0])
    assert 'opened' in graph_helpers.executed(session, joined[0], feeds)
    feeds[condition] = False
    np.testing.assert_array_equal(session.run(joined[0], feeds), [1.0, 2.0])
    ran = graph_helpers.executed(session, joined[0], feeds)
    assert not ran & {'opened', 'back'}
