"""Masks, lookups and regularisers against slow numpy."""

import numpy as np

from src.nn import random_ops
from src.ptb import ptb_ops
from src.tf1 import tf

_STATES = np.random.RandomState(0).standard_normal([5, 2, 3])


def _key(purpose):
  return random_ops.key(3, purpose, tf.constant(4))


def _masks(keep, nodes=3):
  return ptb_ops.masks(keep, _key, 900, 40, 50, nodes)


def test_masks_of_all_kinds():
  keep = ptb_ops.Keep(0.9, 0.8, 0.25, 0.75, 0.3, 0.5)
  with tf.Session() as session:
    found = session.run(_masks(keep)._asdict())
  assert found['words'].shape == (900,)
  for name in ('inputs', 'state', 'outputs'):
    assert found[name].shape == (40, 50)
  assert np.shape(found['weights']) == (4, 50, 100)
  kept = {'words': 0.9, 'inputs': 0.2, 'state': 0.75, 'outputs': 0.3}
  kept['weights'] = 0.5
  for name, share in kept.items():
    values = np.array(found[name])
    np.testing.assert_allclose(values[values > 0], 1 / share, rtol=1e-5)
    assert abs((values > 0).mean() - share) < 0.04, name


def test_locked_and_cell_input_dropout_are_independent():
  keep = ptb_ops.KEEP_ALL._replace(i=0.5, x=0.5)
  masks = [
    _masks(ptb_ops.KEEP_ALL._replace(**one)).inputs
    for one in ({'i': 0.5}, {'x': 0.5})
  ]
  with tf.Session() as session:
    both, one, other = session.run([_masks(keep).inputs] + masks)
  np.testing.assert_array_equal(both, one * other)
  assert 0.2 < (both > 0).mean() < 0.3


def test_what_is_kept_whole_has_no_mask():
  nothing = ptb_ops.Masks(None, None, None, None, None)
  assert _masks(ptb_ops.KEEP_ALL) == nothing
  assert ptb_ops.masks(ptb_ops.Keep(*[0.5] * 6), None, 9, 2, 3, 1) == nothing


def test_embedding_drops_whole_words_then_features():
  table = np.arange(12.0).reshape(4, 3) + 1
  ids = np.array([[0, 3], [3, 1]])
  masks = ptb_ops.Masks(
    words=tf.constant([2.0, 1.0, 1.0, 0.0]),
    inputs=tf.constant([[1.0, 0.0, 3.0], [0.5, 1.0, 0.0]]),
    state=None,
    outputs=None,
    weights=None,
  )
  tensor = tf.constant(table, tf.float32)
  value = ptb_ops.embed(tensor, tf.constant(ids, tf.int32), masks)
  upstream = np.random.RandomState(0).standard_normal([2, 2, 3])
  gradient = tf.gradients(value * tf.constant(upstream, tf.float32), tensor)[0]
  assert isinstance(gradient, tf.Tensor)
  with tf.Session() as session:
    value, gradient = session.run([value, gradient])
  words = np.array([2.0, 1, 1, 0])
  features = np.array([[1.0, 0, 3], [0.5, 1, 0]])
  np.testing.assert_allclose(
    value, table[ids] * words[ids][..., None] * features
  )
  expected = np.zeros([4, 3])
  for step in range(2):
    for row in range(2):
      word = ids[step, row]
      expected[word] += upstream[step, row] * words[word] * features[row]
  np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_regularisers():
  states = tf.constant(_STATES, tf.float32)
  weights = [states[0], states[1:]]
  with tf.Session() as session:
    found = session.run(
      [
        ptb_ops.quartic(weights),
        ptb_ops.square(weights),
        ptb_ops.activation(states),
        ptb_ops.slowness(states),
        ptb_ops.slowness(states[:1]),
      ]
    )
  expected = [
    (_STATES**4).sum() / 2,
    (_STATES**2).sum(),
    (_STATES**2).mean(),
    ((_STATES[1:] - _STATES[:-1]) ** 2).mean(),
    0.0,
  ]
  np.testing.assert_allclose(found, expected, rtol=1e-5)
