"""Gradients that are given instead of derived."""

import numpy as np

from src.nn import own_gradient, variables
from src.tf1 import tf


def test_the_given_gradient_counts_and_nothing_else():
  x, y = tf.constant([1.0, 2.0]), tf.constant(3.0)
  output = own_gradient.define(
    [x, y], tf.reduce_sum(x) * y, lambda upstream: [upstream * x, upstream * 7]
  )
  assert output.shape.as_list() == []
  gradients = tf.gradients(5.0 * output, [x, y])
  with tf.Session() as session:
    value, (of_x, of_y) = session.run([output, gradients])
  assert value == 9
  np.testing.assert_array_equal(of_x, [5, 10])
  assert of_y == 35


def test_what_is_no_input_has_no_gradient():
  other = variables.create('other', [], variables.ones)
  x = tf.constant(2.0)
  output = own_gradient.define(
    [x], x * other.value(), lambda upstream: [upstream]
  )
  assert tf.gradients(output, [other]) == [None]


def test_rules_of_several_tensors_are_told_apart():
  x = tf.constant(2.0)
  first = own_gradient.define([x], x * 1.0, lambda upstream: [upstream * 10])
  second = own_gradient.define([x], x * 1.0, lambda upstream: [upstream * 200])
  with tf.Session() as session:
    assert session.run(tf.gradients(first + second, x)) == [210]
