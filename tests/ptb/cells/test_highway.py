"""The cell of enas_lm, both ways to run it, against slow numpy."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.recurrent_space import RecurrentSpace
from src.ptb.cells import activations, highway_fast, wiring
from src.ptb.cells.highway import Highway
from src.ptb.cells.unroll import scan, unroll
from src.tf1 import tf
from tests.ptb import slow_cell

_STEPS, _BATCH, _SIZE, _NODES = 4, 2, 3, 5
_SPACE = RecurrentSpace(_NODES + 1)
_ARCS = ['0 2 1 0 0 1 3 3 2 2', '0 0 0 1 1 2 2 3 3 1', '0 3 0 2 0 1 0 0 0 3']


class _Case:
  """Values, and a scalar of the states whose gradients are compared."""

  def __init__(self, masked):
    draw = np.random.RandomState(1)
    self.xs = draw.standard_normal([_STEPS, _BATCH, _SIZE])
    self.state = draw.standard_normal([_BATCH, _SIZE])
    self.w_prev = draw.standard_normal([2 * _SIZE, 2 * _SIZE])
    self.layers = draw.standard_normal([_NODES, _SIZE, 2 * _SIZE])
    self.mask = draw.uniform(0.5, 2, [_BATCH, _SIZE]) if masked else None
    self.upstream = draw.standard_normal([_STEPS, _BATCH, _SIZE])

  def slow(self, tokens, loose, **changes):
    """States [T, B, H]."""
    values = dict(vars(self), **changes)
    return slow_cell.window(
      values['xs'],
      self.state,
      values['w_prev'],
      values['layers'],
      tokens,
      mask=1 if self.mask is None else self.mask,
      loose=loose,
    )

  def slow_gradient(self, name, tokens, loose):
    """By central differences, float64."""
    value, size = getattr(self, name), 1e-5
    gradient = np.zeros(value.shape)
    for place in np.ndindex(*value.shape):
      sums = []
      for sign in (1, -1):
        moved = value.copy()
        moved[place] += sign * size
        states = self.slow(tokens, loose, **{name: moved})
        sums.append((states * self.upstream).sum())
      gradient[place] = (sums[0] - sums[1]) / (2 * size)
    return gradient

  def graph(self, wiring, run=unroll):
    """(states, gradients of xs, w_prev, layers)."""
    xs, w_prev, layers = (
      tf.constant(value, tf.float32)
      for value in (self.xs, self.w_prev, self.layers)
    )
    of_input, of_state = tf.split(w_prev, 2)
    mask = None if self.mask is None else tf.constant(self.mask, tf.float32)
    states, (carried,) = run(
      Highway([of_state] + tf.unstack(layers), wiring, mask),
      tf.tensordot(xs, of_input, 1),
      (tf.constant(self.state, tf.float32),),
    )
    assert carried.shape.as_list() == states.shape.as_list()
    weighted = tf.reduce_sum(states * tf.constant(self.upstream, tf.float32))
    return states, tf.gradients(weighted, [xs, w_prev, layers])


@pytest.mark.parametrize(('masked', 'loose'), [(False, True), (True, False)])
@pytest.mark.parametrize('text', _ARCS)
def test_states_and_gradients(text, masked, loose):
  case, arc = _Case(masked), RecurrentArc.parse(text)
  tokens = tf.placeholder(tf.int32, [2 * _NODES])
  fetches = [
    case.graph(made, run)
    for made in (
      wiring.fixed(arc, loose),
      wiring.sampled(_SPACE, tokens, loose),
    )
    for run in (unroll, scan)
  ]
  with tf.Session() as session:
    found = session.run(fetches, {tokens: arc.tokens})
  expected = case.slow(arc.tokens, loose)
  gradients = [
    case.slow_gradient(name, arc.tokens, loose)
    for name in ('xs', 'w_prev', 'layers')
  ]
  for states, found_gradients in found:
    np.testing.assert_allclose(states, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(found_gradients, gradients):
      np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
  # The written and the derived gradient are the same to float32.
  for fast, general in (found[:2], found[2:]):
    for one, other in zip([fast[0]] + fast[1], [general[0]] + general[1]):
      np.testing.assert_allclose(
        one, other, rtol=0, atol=2e-6 * np.abs(other).max()
      )


@pytest.mark.parametrize('node', [_NODES, 3, 'fed'])
@pytest.mark.parametrize('bound', [None, 0.7])
def test_the_next_state_may_be_one_node(node, bound):
  """Its gradient flows on to the steps before; a longer row is scaled."""
  case, arc = _Case(False), RecurrentArc.parse(_ARCS[0])
  which = 4 if node == 'fed' else node
  place = tf.constant(which) if node == 'fed' else node
  wired = wiring.fixed(arc, True)._replace(state=place)
  xs, w_prev, layers = (
    tf.constant(value, tf.float32)
    for value in (case.xs, case.w_prev, case.layers)
  )
  of_input, of_state = tf.split(w_prev, 2)
  found = []
  for run in (unroll, scan):
    outputs, (states,) = run(
      Highway([of_state] + tf.unstack(layers), wired, None, bound),
      tf.tensordot(xs, of_input, 1),
      (tf.constant(case.state, tf.float32),),
    )
    weighted = tf.reduce_sum((outputs + tf.square(states)) * case.upstream)
    gradients = tf.gradients(weighted, [xs, w_prev, layers])
    found.append([outputs, states] + gradients)
  with tf.Session() as session:
    fast, general = session.run(found)

  def _slow(w_prev):
    outputs, states, state = [], [], case.state
    for x in case.xs:
      nodes = slow_cell.nodes_of(x, state, w_prev, case.layers, arc.tokens)
      state = nodes[which]
      if bound is not None:
        norm = np.linalg.norm(state, axis=1, keepdims=True)
        state = np.where(norm > bound, state * bound / norm, state)
      outputs.append(np.mean([nodes[end] for end in arc.loose_ends], 0))
      states.append(state)
    return np.array(outputs), np.array(states)

  outputs, states = _slow(case.w_prev)
  np.testing.assert_allclose(fast[0], outputs, rtol=1e-4, atol=1e-5)
  np.testing.assert_allclose(fast[1], states, rtol=1e-4, atol=1e-5)
  for one, other in zip(fast, general):
    np.testing.assert_allclose(one, other, 0, 2e-6 * np.abs(other).max())
  if bound is None:  # where it binds, its factor is constant for gradients
    for index in np.ndindex(2 * _SIZE, 2 * _SIZE):
      sums = []
      for sign in (1, -1):
        moved = case.w_prev.copy()
        moved[index] += sign * 1e-5
        outputs, states = _slow(moved)
        sums.append(((outputs + states**2) * case.upstream).sum())
      expected = (sums[0] - sums[1]) / 2e-5
      np.testing.assert_allclose(fast[3][index], expected, 1e-3, 1e-3)
  else:
    assert (np.linalg.norm(fast[1], axis=2) > bound - 1e-5).any()


def test_node_0_may_have_another_activation():
  state, w = np.array([[0.5, -1.0]]), np.array([[0.2, 0.3, 0.1, -0.4]] * 2)
  projected = np.array([[[0.5, -2.0, 0.3, 0.4]]])
  states, _ = unroll(
    Highway(
      [tf.constant(w, tf.float32)] * 2,
      wiring.fixed(RecurrentArc.parse('1 0 3'), False),
    ),
    tf.constant(projected, tf.float32),
    (tf.constant(state, tf.float32),),
  )
  with tf.Session() as session:
    found = session.run(states)
  h, c = np.split(projected[0] + state.dot(w), 2, axis=1)
  node = state + slow_cell.sigmoid(c) * (np.maximum(h, 0) - state)
  h, c = np.split(node.dot(w), 2, axis=1)
  expected = node + slow_cell.sigmoid(c) * (slow_cell.sigmoid(h) - node)
  np.testing.assert_allclose(found[0], expected, rtol=1e-5)


@pytest.mark.parametrize('run', [unroll, scan])
def test_gradient_stops_at_the_state_before_the_window(run):
  state = tf.ones([_BATCH, _SIZE])
  states, _ = run(
    Highway(
      [tf.ones([_SIZE, 2 * _SIZE])] * 2,
      wiring.fixed(RecurrentArc.parse('0 1'), False),
    ),
    tf.zeros([1, _BATCH, 2 * _SIZE]),
    (state,),
  )
  assert tf.gradients(states, [state]) == [None]


def test_the_fast_way_is_for_this_very_cell(monkeypatch):
  arc = wiring.fixed(RecurrentArc.parse('0 1'), False)
  assert highway_fast.serves(Highway([], arc))

  class _Other(Highway):
    pass

  assert not highway_fast.serves(_Other([], arc))
  one = activations.Activation(tf.sin)
  monkeypatch.setitem(activations.ACTIVATIONS, 'relu', one)
  arc = wiring.fixed(RecurrentArc.parse('0 1'), False)
  assert not highway_fast.serves(Highway([], arc))


def test_only_the_sampled_activation_runs():
  case = _Case(False)
  tokens = tf.constant([0, 2, 1, 2, 2, 2, 3, 2, 4, 2])
  states, _ = case.graph(wiring.sampled(_SPACE, tokens, False))
  trace = tf.RunMetadata()
  with tf.Session() as session:
    session.run(
      states,
      options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE),
      run_metadata=trace,
    )
  kinds = [
    node.timeline_label.split('=')[-1].split('(')[0].strip()
    for device in trace.step_stats.dev_stats
    for node in device.node_stats
  ]
  assert kinds.count('Tanh') == _STEPS  # node 0
  assert kinds.count('Sigmoid') == _STEPS * (1 + 2 * _NODES)
  assert 'Relu' not in kinds
