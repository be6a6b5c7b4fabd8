"""The chunked softmax against the whole one."""

import numpy as np
import pytest

from src.ptb import word_loss
from src.tf1 import tf
from tests.ptb import slow_cell

_ROWS, _SIZE, _VOCAB = 11, 4, 7
_DRAW = np.random.RandomState(0)
_TOPS = _DRAW.standard_normal([_ROWS, _SIZE])
_TABLE = _DRAW.standard_normal([_VOCAB, _SIZE])
_TARGETS = _DRAW.randint(_VOCAB, size=_ROWS)
_LOSSES = slow_cell.cross_entropies(_TOPS, _TABLE, _TARGETS)


def _tensors():
  return (
    tf.constant(_TOPS, tf.float32),
    tf.constant(_TABLE, tf.float32),
    tf.constant(_TARGETS, tf.int32),
  )


@pytest.mark.parametrize('logits', [1, 21, 22, 77, 1 << 22])
def test_loss_and_gradient_whatever_the_block(monkeypatch, logits):
  monkeypatch.setattr(word_loss, '_LOGITS', logits)
  tops, table, targets = _tensors()
  mean = word_loss.mean(tops, table, targets)
  total = word_loss.total(tops, table, targets)
  gradients = tf.gradients(3.0 * mean, [tops, table])
  with tf.Session() as session:
    mean, total, gradients = session.run([mean, total, gradients])
  np.testing.assert_allclose(mean, _LOSSES.mean(), rtol=1e-5)
  np.testing.assert_allclose(total, _LOSSES.sum(), rtol=1e-5)
  scores = np.exp(_TOPS.dot(_TABLE.T))
  wrong = scores / scores.sum(1, keepdims=True)
  wrong[np.arange(_ROWS), _TARGETS] -= 1
  wrong *= 3.0 / _ROWS
  for found, expected in zip(
    gradients, [wrong.dot(_TABLE), wrong.T.dot(_TOPS)]
  ):
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_a_bias_of_each_word(monkeypatch):
  """As a further feature, of which all outputs have 1."""
  monkeypatch.setattr(word_loss, '_LOGITS', 21)
  tops, table, targets = _tensors()
  bias = tf.constant(_DRAW.standard_normal(_VOCAB), tf.float32)
  wide = tf.concat([tops, tf.ones([_ROWS, 1])], 1)
  wide_table = tf.concat([table, bias[:, None]], 1)
  found, expected = (
    [loss(*values) for loss in (word_loss.mean, word_loss.total)]
    for values in ((tops, table, targets, bias), (wide, wide_table, targets))
  )
  found += tf.gradients(2.0 * found[0], [tops, table, bias])
  expected += tf.gradients(2.0 * expected[0], [tops, table, bias])
  with tf.Session() as session:
    found, expected = session.run([found, expected])
  for one, other in zip(found, expected):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_very_unlikely_word_counts_in_full():
  table = tf.constant([[50.0], [-50.0]])
  loss = word_loss.total(tf.constant([[1.0]]), table, tf.constant([1]))
  with tf.Session() as session:
    assert session.run(loss) == 100
