"""Losses and exact match against plain numpy."""

import math

import numpy as np
import pytest

from src.nn import heads
from src.run import session as session_lib
from src.tf1 import tf


def _run(head, logits, labels):
  """(loss, hits, probabilities)."""
  with tf.Graph().as_default() as graph:
    placeholder = head.labels('labels')
    values = tf.constant(logits, tf.float32)
    fetches = [
      head.loss(values, placeholder),
      head.hits(values, placeholder),
      head.probabilities(values),
    ]
    with session_lib.open_session(graph) as session:
      return session.run(fetches, {placeholder: labels})


def test_sigmoid_loss_is_the_mean_over_examples_and_classes():
  draw = np.random.RandomState(1)
  logits = draw.normal(0, 4, [5, 6])
  labels = draw.randint(0, 2, [5, 6])
  expected = [
    -math.log(p if y else 1 - p)
    for z_row, y_row in zip(logits, labels)
    for p, y in zip([1 / (1 + math.exp(-z)) for z in z_row], y_row)
  ]
  loss, _, probabilities = _run(heads.sigmoid(6), logits, labels)
  assert loss == pytest.approx(sum(expected) / 30, rel=1e-6)
  # As exact as float32 is at 1; near 0 TensorFlow's sigmoid is no better.
  np.testing.assert_allclose(
    probabilities,
    1 / (1 + np.exp(-logits)),
    rtol=0,
    atol=np.finfo(np.float32).eps,
  )


def test_sigmoid_loss_of_the_published_example():
  head = heads.sigmoid(6)
  loss, hits, _ = _run(head, [[2, -2, 0, 0, 0, 0]], [[1, 0, 0, 0, 0, 0]])
  assert loss == pytest.approx(0.504407, abs=5e-7)
  assert hits == 0  # 0 counts as yes
  loss, _, _ = _run(head, np.zeros([3, 6]), np.eye(3, 6))
  assert loss == pytest.approx(0.693147, abs=5e-7)


def test_exact_match_wants_all_six():
  right = np.array([[1, 0, 1, 1, 0, 1]] * 8)
  logits = np.where(right, 3.0, -3.0)
  for place in range(6):
    logits[place + 1, place] *= -1  # five of six are right
  assert _run(heads.sigmoid(6), logits, right)[1] == 2


def test_a_logit_of_zero_is_a_yes():
  head = heads.sigmoid(2)
  assert _run(head, [[0, 0], [0, 0]], [[1, 1], [1, 0]])[1] == 1


def test_softmax():
  draw = np.random.RandomState(2)
  logits = draw.normal(0, 2, [7, 4])
  labels = np.array([0, 1, 2, 3, 0, 1, 2])
  powers = np.exp(logits)
  expected = powers / powers.sum(1, keepdims=True)
  loss, hits, probabilities = _run(heads.softmax(), logits, labels)
  np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
  of_label = [row[label] for row, label in zip(expected, labels)]
  assert loss == pytest.approx(-np.log(of_label).mean(), rel=1e-6)
  assert hits == (logits.argmax(1) == labels).sum()
