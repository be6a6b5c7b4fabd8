"""A step of the search child with all six dropouts, against float64 NumPy."""

import collections

import numpy as np
import pytest

from src.nn import random_ops, schedules
from src.ptb import ptb_ops
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import golden, slow_cell

_KEEP = ptb_ops.Keep(e=0.7, i=0.8, x=0.5, h=0.75, o=0.5, w=0.7)
_DRAW = 5
_TOKENS = [0, 2, 1, 0, 0, 1]
_STATE = 0.5 * np.random.RandomState(0).standard_normal([2, 4])
_L2, _ACTIVATION, _SLOWNESS = 0.01, 0.5, 1.0
_VALUES = golden.search_values()
_STATE_NAME = 'child/init_states/batch/s'
_CLOSE = {'rtol': 2e-5, 'atol': 2e-6}

_Step = collections.namedtuple(
  '_Step', ['masks', 'fetched', 'state', 'change', 'used']
)


@pytest.fixture(scope='module')
def step():
  """One update at rate 1, unclipped, and the child in use before it."""
  with tf.Graph().as_default():
    graph = golden.search(
      config=golden.child(keep=_KEEP),
      schedule=schedules.Constant(1.0),
      clip=None,
      l2_reg=_L2,
      rnn_l2_reg=_ACTIVATION,
      rnn_slowness_reg=_SLOWNESS,
    )
    train, infer = graph.train, graph.infer
    masks = ptb_ops.masks(
      _KEEP,
      lambda purpose: random_ops.key(0, purpose, tf.constant(_DRAW)),
      golden.VOCAB,
      golden.BATCH,
      golden.SIZE,
      3,
    )
    values = dict(_VALUES, **{_STATE_NAME: _STATE})
    with graph_helpers.loaded_session(values) as session:
      masks = session.run(masks)
      used = session.run(
        [infer.loss, infer.final, graph.controller.score],
        golden.feeds(infer, {graph.arc: _TOKENS, infer.state: _STATE}),
      )
      before = graph_helpers.read_all(session)
      fetched = session.run(
        [
          train.loss,
          train.minimised,
          train.decay,
          train.train_ops.grad_norm,
          train.update,
        ],
        golden.feeds(train, {graph.arc: _TOKENS, train.draw: _DRAW}),
      )
      after = graph_helpers.read_all(session)
  change = {
    name: before[name].astype(float) - after[name]
    for name in _VALUES
    if name.startswith('child/')
  }
  return _Step(masks, fetched, after[_STATE_NAME], change, used)


def _matrices(values):
  """W_prev, and the matrix of each node that the cell takes."""
  return values['child/rnn_cell/w_prev'], [
    values['child/rnn_cell/layer_%d/w' % (node + 1)][activation, place]
    for node, (place, activation) in enumerate(zip(_TOKENS[::2], _TOKENS[1::2]))
  ]


def _states(values, masks=None):
  """float64 [T, B, H]."""
  w_prev, layers = _matrices(values)
  ids = golden.WINDOW[0].T
  xs, entering = values['child/embedding/w'][ids], 1
  if masks is not None:
    xs = xs * masks.words[ids][..., None] * masks.inputs
    entering = masks.state
    # Only the rows that the state enters by are dropped.
    rows = [np.ones_like(masks.weights[0]), masks.weights[0]]
    w_prev = w_prev * np.concatenate(rows)
    layers = [w * mask for w, mask in zip(layers, masks.weights[1:])]
  return slow_cell.window(xs, _STATE, w_prev, layers, _TOKENS, mask=entering)


def _loss(values, tops):
  """Mean cross entropy of the window."""
  return slow_cell.cross_entropies(
    tops.reshape(-1, golden.SIZE),
    values['child/embedding/w'],
    golden.WINDOW[1].T.reshape(-1),
  ).mean()


def _decay(values):
  w_prev, layers = _matrices(values)
  return sum((w**4).sum() / 2 for w in [w_prev] + layers[1:])


def _objective(values, masks):
  states = _states(values, masks)
  return (
    _loss(values, states * masks.outputs)
    + _L2 * _decay(values)
    + _ACTIVATION * (states**2).mean()
    + _SLOWNESS * ((states[1:] - states[:-1]) ** 2).mean()
  )


def test_every_mask_drops_something(step):
  flat = [step.masks.words, step.masks.inputs, step.masks.state]
  for mask in flat + [step.masks.outputs] + list(step.masks.weights):
    assert 0 < np.mean(mask == 0) < 1


def test_loss_objective_and_carried_state(step):
  states = _states(_VALUES, step.masks)
  expected = [
    _loss(_VALUES, states * step.masks.outputs),
    _objective(_VALUES, step.masks),
    _decay(_VALUES),
  ]
  np.testing.assert_allclose(step.fetched[:3], expected, **_CLOSE)
  np.testing.assert_allclose(step.state, states[-1], **_CLOSE)


def test_gradient(step):
  """Along some directions, the objective changes as the step says."""
  squares = sum((value**2).sum() for value in step.change.values())
  np.testing.assert_allclose(step.fetched[3], np.sqrt(squares), rtol=1e-4)
  draw = np.random.RandomState(1)
  for _ in range(4):
    ways = {
      name: draw.standard_normal(value.shape)
      for name, value in step.change.items()
    }
    ends = [
      _objective(
        {name: _VALUES[name] + size * way for name, way in ways.items()},
        step.masks,
      )
      for size in (1e-5, -1e-5)
    ]
    slope = sum((ways[name] * step.change[name]).sum() for name in ways)
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-5, atol=1e-5)


def test_nothing_is_dropped_in_use(step):
  states = _states(_VALUES)
  loss = _loss(_VALUES, states)
  expected = [10 * loss, 80 / np.exp(loss)]
  np.testing.assert_allclose(step.used[::2], expected, **_CLOSE)
  np.testing.assert_allclose(step.used[1], states[-1], **_CLOSE)
