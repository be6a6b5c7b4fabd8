"""Updates against numpy: optimisers, L2, clipping, aggregation."""

import numpy as np
import pytest

from src.nn import optimizers, updates, variables
from src.nn.clipping import EachNorm, FiniteGlobalNorm, GlobalNorm
from src.nn.optimizers import Adam, Momentum, Sgd
from src.tf1 import tf
from tests import graph_helpers

_A = np.array([1.0, -2.0, 3.0])
_B = np.array([[0.5, -1.0], [2.0, 0.0]])


def _pair():
  return [
    variables.create('a', [3], variables.constant(_A)),
    variables.create('b', [2, 2], variables.constant(_B)),
  ]


def _step():
  return variables.create(
    'step', [], variables.zeros, trainable=False, dtype='int32'
  )


class _Linear:
  """A loss whose gradients are what is fed: sum(v * gradient)."""

  def __init__(self, rate=0.1, optimizer=Momentum(), **options):
    trained = _pair()
    self._feeds = [tf.placeholder(tf.float32, v.shape) for v in trained]
    loss = tf.add_n(
      [tf.reduce_sum(v * g) for v, g in zip(trained, self._feeds)]
    )
    if not callable(rate):
      constant = rate
      rate = lambda step: tf.constant(constant)  # noqa: E731
    self.ops = updates.train_ops(
      loss, trained, _step(), rate, optimizer, **options
    )

  def run(self, session, fetches, gradients):
    return session.run(fetches, dict(zip(self._feeds, gradients)))

  def update(self, session, gradients):
    """One update; returns the values of all variables."""
    self.run(session, self.ops.update, gradients)
    return graph_helpers.read_all(session)


def _gradients(count, seed=0, scale=1.0):
  draw = np.random.RandomState(seed)
  return [
    [scale * draw.standard_normal(v.shape) for v in (_A, _B)]
    for _ in range(count)
  ]


def _norm(gradients):
  return np.sqrt(sum((g**2).sum() for g in gradients))


def _assert_close(found, expected):
  np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_nesterov_momentum_of_the_reference():
  value = variables.create('x', [], variables.zeros)
  rate = tf.placeholder(tf.float32, [])
  ops = updates.train_ops(
    1000 * value, [value], _step(), lambda step: rate, Momentum()
  )
  found = []
  with graph_helpers.loaded_session() as session:
    for lr in [0.1, 0.1, 0.01, 0.01, 0.001]:
      session.run(ops.update, {rate: lr})
      found.append(session.run(value))
    slot = graph_helpers.read_all(session)['x/Momentum']
  np.testing.assert_allclose(
    found, [-190, -461, -495.39, -536.341, -541.0266], rtol=1e-6
  )
  np.testing.assert_allclose(
    slot, 1000 * sum(0.9**k for k in range(5)), rtol=1e-6
  )


def test_momentum_with_changing_gradients():
  linear = _Linear(rate=0.05)
  x, velocity = [_A.copy(), _B.copy()], [0 * _A, 0 * _B]
  with graph_helpers.loaded_session() as session:
    for gradients in _gradients(4):
      values = linear.update(session, gradients)
      for k, g in enumerate(gradients):
        velocity[k] = 0.9 * velocity[k] + g
        x[k] = x[k] - 0.05 * (g + 0.9 * velocity[k])
      _assert_close(values['a'], x[0])
      _assert_close(values['b'], x[1])
      _assert_close(values['b/Momentum'], velocity[1])


def test_sgd():
  linear = _Linear(rate=0.3, optimizer=Sgd())
  (gradients,) = _gradients(1)
  with graph_helpers.loaded_session() as session:
    values = linear.update(session, gradients)
  _assert_close(values['a'], _A - 0.3 * gradients[0])
  _assert_close(values['b'], _B - 0.3 * gradients[1])
  assert set(values) == {'a', 'b', 'step'}


def test_adam():
  linear = _Linear(rate=0.01, optimizer=Adam())
  x, second = [_A.copy(), _B.copy()], [0 * _A, 0 * _B]
  with graph_helpers.loaded_session() as session:
    for count, gradients in enumerate(_gradients(6), start=1):
      values = linear.update(session, gradients)
      # beta1 = 0: the first moment is the gradient itself.
      rate = 0.01 * np.sqrt(1 - 0.999**count)
      for k, g in enumerate(gradients):
        second[k] = 0.999 * second[k] + 0.001 * g**2
        x[k] = x[k] - rate * g / (np.sqrt(second[k]) + 1e-3)
      _assert_close(values['a'], x[0])
      _assert_close(values['b'], x[1])
      _assert_close(values['a/Adam'], gradients[0])
      # In float32, 1 - 0.999 is off by 1.3e-5 of itself.
      np.testing.assert_allclose(values['a/Adam_1'], second[0], rtol=2e-5)
      assert values['beta1_power'] == 0
      np.testing.assert_allclose(
        values['beta2_power'], 0.999 ** (count + 1), rtol=1e-6
      )


@pytest.mark.parametrize(
  'optimizer, slots',
  [
    (Sgd(), {}),
    (Momentum(), {'child/x/Momentum': (3,)}),
    (
      Adam(),
      {
        'child/x/Adam': (3,),
        'child/x/Adam_1': (3,),
        'beta1_power': (),
        'beta2_power': (),
      },
    ),
  ],
)
def test_slots_are_named_as_tensorflow_names_them(optimizer, slots):
  with tf.variable_scope('child'):
    x = variables.create('x', [3], variables.ones)
  updates.train_ops(
    tf.reduce_sum(x), [x], _step(), lambda step: tf.constant(0.1), optimizer
  )
  slots.update({'child/x': (3,), 'step': ()})
  assert graph_helpers.variable_shapes() == slots
  assert tf.trainable_variables() == [x]


def test_l2_gradient_of_the_reference():
  value = variables.create('v', [], variables.constant(2.0))
  ops = updates.train_ops(
    0 * value,
    [value],
    _step(),
    lambda step: tf.constant(1.0),
    Sgd(),
    l2_reg=0.25,
  )
  with graph_helpers.loaded_session() as session:
    assert session.run(ops.grad_norm) == 1.0
    session.run(ops.update)
    assert session.run(value) == 1.0


def test_l2_is_that_of_the_sum_of_squares():
  linear = _Linear(rate=0.1, optimizer=Sgd(), l2_reg=0.05)
  (gradients,) = _gradients(1)
  full = [g + 2 * 0.05 * v for g, v in zip(gradients, (_A, _B))]
  with graph_helpers.loaded_session() as session:
    norm = linear.run(session, linear.ops.grad_norm, gradients)
    values = linear.update(session, gradients)
  _assert_close(norm, _norm(full))
  _assert_close(values['a'], _A - 0.1 * full[0])
  _assert_close(values['b'], _B - 0.1 * full[1])


@pytest.mark.parametrize('bound', [0.5, 1e3])
@pytest.mark.parametrize('clip', [GlobalNorm, FiniteGlobalNorm, EachNorm])
def test_clipping(clip, bound):
  linear = _Linear(rate=1.0, optimizer=Sgd(), l2_reg=0.1, clip=clip(bound))
  (gradients,) = _gradients(1, scale=3.0)
  full = [g + 2 * 0.1 * v for g, v in zip(gradients, (_A, _B))]
  if clip != EachNorm:
    norms = [_norm(full)] * 2
  else:
    norms = [_norm([g]) for g in full]
  clipped = [g * bound / max(n, bound) for g, n in zip(full, norms)]
  with graph_helpers.loaded_session() as session:
    norm = linear.run(session, linear.ops.grad_norm, gradients)
    values = linear.update(session, gradients)
  _assert_close(norm, _norm(full))  # before clipping, with L2
  _assert_close(values['a'], _A - clipped[0])
  _assert_close(values['b'], _B - clipped[1])


def test_a_gradient_that_overflows_may_change_nothing():
  linear = _Linear(rate=1.0, optimizer=Sgd(), clip=FiniteGlobalNorm(1.0))
  (gradients,) = _gradients(1, scale=3.0)
  for bad in (np.inf, -np.inf, np.nan):
    spoilt = [np.copy(gradient) for gradient in gradients]
    spoilt[0].flat[0] = bad
    with graph_helpers.loaded_session() as session:
      values = linear.update(session, spoilt)
    _assert_close(values['a'], _A)
    _assert_close(values['b'], _B)


@pytest.mark.parametrize('optimizer', [Sgd(), Momentum(), Adam()])
def test_aggregation_applies_the_mean_gradient(optimizer):
  runs = _gradients(8)
  options = {'rate': 0.1, 'optimizer': optimizer, 'l2_reg': 0.01}
  means = [[np.mean(g, axis=0) for g in zip(*runs[k : k + 4])] for k in (0, 4)]
  plain = _Linear(**options)
  with graph_helpers.loaded_session() as session:
    expected = [plain.update(session, mean) for mean in means]
  with tf.Graph().as_default():
    linear = _Linear(num_aggregate=4, **options)
    assert {v.op.name for v in tf.local_variables()} == {
      'a/gradient_sum',
      'b/gradient_sum',
    }
    with graph_helpers.loaded_session() as session:
      for number, target in enumerate(expected):
        before = graph_helpers.read_all(session)
        total = 0
        for gradients in runs[4 * number : 4 * number + 4]:
          linear.run(session, linear.ops.accumulate, gradients)
          total += gradients[0] + 2 * 0.01 * before['a']
        found = graph_helpers.read_all(session)
        _assert_close(found.pop('a/gradient_sum'), total)
        found.pop('b/gradient_sum')
        for name, value in found.items():  # nothing else has moved
          np.testing.assert_array_equal(value, before[name])
        assert session.run(linear.ops.update) == number + 1
        found = graph_helpers.read_all(session)
        assert not found.pop('a/gradient_sum').any()
        assert not found.pop('b/gradient_sum').any()
        assert set(found) == set(target)
        for name, value in target.items():
          _assert_close(found[name], value)


def test_aggregation_clips_each_gradient_on_its_own():
  linear = _Linear(
    rate=1.0,
    optimizer=Sgd(),
    clip=GlobalNorm(1.0),
    num_aggregate=2,
  )
  runs = _gradients(2, scale=5.0)
  clipped = [gradients[0] / _norm(gradients) for gradients in runs]
  with graph_helpers.loaded_session() as session:
    for gradients in runs:
      norm, _ = linear.run(
        session, [linear.ops.grad_norm, linear.ops.accumulate], gradients
      )
      _assert_close(norm, _norm(gradients))
    session.run(linear.ops.update)
    _assert_close(session.run('a:0'), _A - np.mean(clipped, axis=0))


def test_the_schedule_moves_once_an_update():
  reads = variables.create(
    'reads', [], variables.zeros, trainable=False, dtype='int32'
  )

  def _rate(step):
    with tf.control_dependencies([tf.assign_add(reads, 1)]):
      return tf.constant(0.1) + 0

  linear = _Linear(rate=_rate, num_aggregate=2)
  with graph_helpers.loaded_session() as session:
    for update in range(1, 4):
      for gradients in _gradients(2):
        linear.run(
          session, [linear.ops.accumulate, linear.ops.grad_norm], gradients
        )
      session.run([linear.ops.update, linear.ops.learning_rate])
      assert session.run(reads) == update


def test_steps_count_updates():
  linear = _Linear()
  assert linear.ops.accumulate is None
  with graph_helpers.loaded_session() as session:
    for number, gradients in enumerate(_gradients(3)):
      assert session.run(linear.ops.step) == number
      assert linear.run(session, linear.ops.update, gradients) == number + 1


def test_the_rate_may_depend_on_the_step_before_the_update():
  step = _step()
  value = variables.create('x', [], variables.zeros)
  ops = updates.train_ops(
    -value,
    [value],
    step,
    lambda step: tf.cast(step + 1, tf.float32),
    Sgd(),
  )
  found = []
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      rate, _ = session.run([ops.learning_rate, ops.update])
      found.append((rate, session.run(value)))
  assert found == [(1, 1), (2, 3), (3, 6)]


def _ancestors(op):
  found, left = set(), [op]
  while left:
    op = left.pop()
    if op not in found:
      found.add(op)
      left += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
  return found


@pytest.mark.parametrize(
  'optimizer, kind',
  [
    (Sgd(), 'ApplyGradientDescent'),
    (Momentum(), 'ApplyMomentum'),
    (Adam(), 'ApplyAdam'),
  ],
)
def test_every_change_waits_for_every_gradient(graph, optimizer, kind):
  # Values alone cannot prove it: the wrong order is rarely met.
  first, second = _pair()
  loss = tf.reduce_sum(tf.tensordot(second, first[:2], 1) ** 2)
  updates.train_ops(
    loss, [first, second], _step(), lambda step: tf.constant(0.1), optimizer
  )
  changes = [op for op in graph.get_operations() if op.type == kind]
  gradients = {
    tensor.op
    for op in changes
    for tensor in op.inputs
    if tensor.op.name.startswith('gradients')
  }
  assert len(changes) == 2 and len(gradients) == 2
  for op in changes:
    assert gradients <= _ancestors(op)


def test_gradients_are_taken_before_anything_changes():
  size = 200
  first = variables.create('first', [size, size], variables.he_normal)
  second = variables.create('second', [size, size], variables.he_normal)
  loss = tf.reduce_sum(tf.matmul(first, second))
  ops = updates.train_ops(
    loss, [first, second], _step(), lambda step: tf.constant(0.1), Sgd()
  )
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      before = graph_helpers.read_all(session)
      session.run(ops.update)
      after = graph_helpers.read_all(session)
      to_first = np.tile(before['second'].sum(axis=1), [size, 1])
      to_second = np.tile(before['first'].sum(axis=0)[:, None], [1, size])
      np.testing.assert_allclose(
        after['first'], before['first'] - 0.1 * to_first, atol=1e-4
      )
      np.testing.assert_allclose(
        after['second'], before['second'] - 0.1 * to_second, atol=1e-4
      )


def test_a_variable_out_of_reach_only_decays():
  used, unused = _pair()
  ops = updates.train_ops(
    tf.reduce_sum(used),
    [used, unused],
    _step(),
    lambda step: tf.constant(0.1),
    Sgd(),
    l2_reg=0.5,
  )
  with graph_helpers.loaded_session() as session:
    norm = session.run(ops.grad_norm)
    session.run(ops.update)
    found = graph_helpers.read_all(session)
  _assert_close(norm, _norm([1 + _A, _B]))
  _assert_close(found['a'], _A - 0.1 * (1 + _A))
  _assert_close(found['b'], _B - 0.1 * _B)


def test_sparse_gradients_are_summed_by_row():
  table = variables.create('table', [4, 2], variables.zeros)
  rows = tf.gather(table, [2, 0, 2])
  ops = updates.train_ops(
    tf.reduce_sum(rows), [table], _step(), lambda step: tf.constant(1.0), Sgd()
  )
  with graph_helpers.loaded_session() as session:
    # As upstream, the norm is that of the three rows before they are summed.
    np.testing.assert_allclose(session.run(ops.grad_norm), 6**0.5, rtol=1e-6)
    session.run(ops.update)
    np.testing.assert_array_equal(
      session.run(table), [[-1, -1], [0, 0], [-2, -2], [0, 0]]
    )


@pytest.mark.parametrize('bound', [100.0, 0.5])
def test_slices_step_as_the_whole_variable_does(bound):
  shape = [3, 2, 4, 5]
  draw = np.random.RandomState(0)
  initial, target = draw.standard_normal(shape), draw.standard_normal([4, 5])
  whole = variables.create('whole', shape, variables.constant(initial))
  sliced = variables.create('sliced', shape, variables.constant(initial))
  index = tf.placeholder(tf.int32, [2])
  value = tf.gather_nd(sliced.value(), index)
  trained = [whole, optimizers.Slice(sliced, index, value)]
  parts = [whole.value()[index[0], index[1]], value]
  steps, norms = [], []
  for number, (one, part) in enumerate(zip(trained, parts)):
    with tf.variable_scope('count_%d' % number):
      ops = updates.train_ops(
        tf.reduce_sum((part - target) ** 2),
        [one],
        _step(),
        lambda step: tf.constant(0.1),
        Sgd(),
        clip=GlobalNorm(bound),
      )
    steps.append(ops.update)
    norms.append(ops.grad_norm)
  with graph_helpers.loaded_session() as session:
    norms = session.run([norms, steps], {index: [2, 1]})[0]
    found = graph_helpers.read_all(session)
  gradient = 2 * (initial[2, 1] - target)
  norm = np.sqrt((gradient**2).sum())
  expected = initial.copy()
  expected[2, 1] -= 0.1 * gradient * min(1.0, bound / norm)
  np.testing.assert_allclose(norms, [norm, norm], rtol=1e-5)
  np.testing.assert_allclose(found['whole'], expected, rtol=1e-4, atol=1e-5)
  np.testing.assert_allclose(found['sliced'], expected, rtol=1e-4, atol=1e-5)


def test_decay_is_not_clipped():
  linear = _Linear(optimizer=Sgd(), clip=GlobalNorm(0.5), decay=0.2)
  gradients = _gradients(1)[0]
  norm = np.sqrt(sum((g**2).sum() for g in gradients))
  with graph_helpers.loaded_session() as session:
    found = linear.update(session, gradients)
  for name, value, gradient in zip('ab', (_A, _B), gradients):
    step = gradient * min(1.0, 0.5 / norm) + 0.2 * value
    np.testing.assert_allclose(found[name], value - 0.1 * step, rtol=1e-5)


@pytest.mark.parametrize(
  'optimizer', [Sgd(), Momentum(), Momentum(0.8, False), Adam(0.9, 0.99, 1e-4)]
)
def test_slices_step_as_variables_of_their_own(optimizer):
  """With L2; what was not used keeps its value and its slots."""
  draw = np.random.RandomState(0)
  initial, target = draw.standard_normal([2, 3, 4]), draw.standard_normal([4])
  whole = variables.create('whole', [2, 3, 4], variables.constant(initial))
  own = variables.create('own', [4], variables.constant(initial[1, 2]))
  index = tf.placeholder(tf.int32, [2])
  part = optimizers.Slice(whole, index, tf.gather_nd(whole.value(), index))
  steps = []
  for name, one, value in (('a', part, part.value), ('b', own, own.value())):
    with tf.variable_scope(name):
      loss = tf.reduce_sum((value - target) ** 2)
      rate = lambda step: tf.constant(0.1)  # noqa: E731
      ops = updates.train_ops(loss, [one], _step(), rate, optimizer, l2_reg=0.2)
    steps.append(ops.update)
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      session.run(steps, {index: [1, 2]})
      session.run(steps[0], {index: [1, 0]})  # another part in between
    found = graph_helpers.read_all(session)
  for name, value in found.items():
    if name.startswith('whole') and not name.endswith('uses'):
      expected = found['own' + name[len('whole') :]]
      np.testing.assert_allclose(value[1, 2], expected, rtol=1e-5)
      rest = initial if name == 'whole' else np.zeros_like(initial)
      np.testing.assert_array_equal(value[0], rest[0].astype(np.float32))


@pytest.mark.parametrize(
  'optimizer', [Sgd(), Momentum(0.8, False), Adam(0.9, 0.99, 1e-4)]
)
def test_a_slice_of_several_parts_is_as_several_slices(optimizer):
  """However many there are, none too."""
  draw = np.random.RandomState(0)
  initial, target = draw.standard_normal([2, 3, 4]), draw.standard_normal([4])
  rate = lambda step: tf.constant(0.1)  # noqa: E731
  many = tf.placeholder(tf.int32, [None, 2])
  one = tf.placeholder(tf.int32, [2])
  steps, stored = [], []
  for name, index in (('together', many), ('apart', one)):
    whole = variables.create(name, [2, 3, 4], variables.constant(initial))
    part = optimizers.Slice(whole, index, tf.gather_nd(whole.value(), index))
    with tf.variable_scope(name):
      loss = tf.reduce_sum((part.value - target) ** 2)
      ops = updates.train_ops(loss, [part], _step(), rate, optimizer, decay=0.2)
    with tf.variable_scope(name, reuse=True):
      stored.append(optimizer.stored(part, 0.1))
    steps.append(ops.update)
  uses = [[1, 2], [0, 1]], [], [[1, 2]], [[0, 1], [1, 0]]
  with graph_helpers.loaded_session() as session:
    for parts in uses:
      session.run(steps[0], {many: np.reshape(parts, [-1, 2])})
      for part in parts:
        session.run(steps[1], {one: part})
    found = graph_helpers.read_all(session)
    if stored[0] is not None:
      held = session.run(stored[0], {many: [[1, 0], [1, 2]]})
      for row, part in zip(held, ([1, 0], [1, 2])):
        expected = session.run(stored[1], {one: part})
        np.testing.assert_allclose(row, expected, rtol=1e-6)
  assert (found['together'] != initial.astype(np.float32)).any(2).sum() == 3
  for name, value in found.items():
    if name.startswith('apart') and value.ndim:  # none counts all updates
      other = found[name.replace('apart', 'together')]
      np.testing.assert_allclose(value, other, rtol=1e-6)


@pytest.mark.parametrize(
  ('optimizer', 'earlier'),
  [
    (Momentum(0.8, False), lambda g: -0.1 * (0.8 * g[0] + g[1])),
    (
      Adam(0.9, 0.99, 1e-4),
      lambda g: (
        -0.1
        * (0.9 * 0.1 * g[0] + 0.1 * g[1])
        / (1 - 0.9**2)
        / (
          np.sqrt((0.99 * 0.01 * g[0] ** 2 + 0.01 * g[1] ** 2) / (1 - 0.99**2))
          + 1e-4 / np.sqrt(1 - 0.99**2)
        )
      ),
    ),
  ],
)
def test_the_step_that_slots_hold(optimizer, earlier):
  """Of variables and of parts that were used; zero before any step."""
  linear = _Linear(optimizer=optimizer)
  whole = variables.create('whole', [2, 3], variables.zeros)
  index, fed = tf.placeholder(tf.int32, [1]), tf.placeholder(tf.float32, [3])
  part = optimizers.Slice(whole, index, tf.gather_nd(whole.value(), index))
  with tf.variable_scope('part'):
    loss = tf.reduce_sum(part.value * fed)
    rate = lambda step: tf.constant(0.1)  # noqa: E731
    ops = updates.train_ops(loss, [part], _step(), rate, optimizer)
  with tf.variable_scope('part', reuse=True):
    of_part = optimizer.stored(part, 0.1)
  with tf.variable_scope('', reuse=True):
    of_a = optimizer.stored(_pair()[0], 0.1)
  gradients = _gradients(2)
  with graph_helpers.loaded_session() as session:
    for found in session.run([of_a, of_part], {index: [1]}):
      np.testing.assert_array_equal(found, np.zeros(3))
    for both in gradients:
      linear.run(session, linear.ops.update, both)
      session.run(ops.update, {index: [1], fed: both[0]})
    expected = earlier([both[0] for both in gradients])
    for found in session.run([of_a, of_part], {index: [1]}):
      np.testing.assert_allclose(found, expected, rtol=1e-4)
    other = session.run(of_part, {index: [0]})
  np.testing.assert_array_equal(other, np.zeros(3))
  assert Sgd().stored(part, 0.1) is None
  with pytest.raises(ValueError, match='no variable whole/Ada'):
    variables.found_slot(whole, 'Ada')


def test_adam_with_other_constants():
  rate, (beta1, beta2, epsilon) = 0.1, (0.9, 0.99, 1e-2)
  linear = _Linear(rate, optimizer=Adam(beta1, beta2, epsilon))
  expected, m, v = [_A, _B], [0.0, 0.0], [0.0, 0.0]
  with graph_helpers.loaded_session() as session:
    for count, gradients in enumerate(_gradients(3), 1):
      found = linear.update(session, gradients)
      m = [beta1 * a + (1 - beta1) * g for a, g in zip(m, gradients)]
      v = [beta2 * a + (1 - beta2) * g**2 for a, g in zip(v, gradients)]
      scale = rate * np.sqrt(1 - beta2**count) / (1 - beta1**count)
      expected = [
        value - scale * a / (np.sqrt(b) + epsilon)
        for value, a, b in zip(expected, m, v)
      ]
      for name, value in zip('ab', expected):
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-5)
