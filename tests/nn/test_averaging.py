"""The mean of weights against the mean of what they were."""

import numpy as np

from src.nn import averaging, variables
from src.tf1 import tf
from tests import graph_helpers

_ITERATES = np.random.RandomState(0).standard_normal([4, 3])


class _Toy:
  """A weight that steps through given values, averaged."""

  def __init__(self):
    self.weight = variables.create('w', [3], variables.constant([5, 6, 7]))
    self.value = tf.placeholder(tf.float32, [3])
    step = tf.assign(self.weight, self.value)
    self.step = step.op
    self.averaging = averaging.create([self.weight], step)


def test_mean_of_the_iterates():
  toy = _Toy()
  with graph_helpers.loaded_session() as session:
    for number, iterate in enumerate(_ITERATES, 1):
      session.run(toy.averaging.update, {toy.value: iterate})
      found = graph_helpers.read_all(session)
      np.testing.assert_allclose(found['w'], iterate, rtol=1e-6)
      np.testing.assert_allclose(
        found['average/0'], _ITERATES[:number].mean(0), rtol=1e-5, atol=1e-6
      )
      assert found['avg_step/step'] == number


def test_constant_weights_are_their_mean():
  toy = _Toy()
  with graph_helpers.loaded_session() as session:
    for _ in range(3):
      session.run(toy.averaging.update, {toy.value: [1.5, -2.5, 4]})
    found = session.run('average/0:0')
  np.testing.assert_array_equal(found, [1.5, -2.5, 4])


def test_the_mean_takes_the_place_of_the_weights_and_goes():
  toy = _Toy()
  with graph_helpers.loaded_session() as session:
    for iterate in _ITERATES[:2]:
      session.run(toy.averaging.update, {toy.value: iterate})
    session.run(toy.averaging.swap_in)
    np.testing.assert_allclose(
      session.run(toy.weight), _ITERATES[:2].mean(0), rtol=1e-5, atol=1e-6
    )
    session.run(toy.averaging.swap_out)
    np.testing.assert_allclose(session.run(toy.weight), _ITERATES[1], rtol=1e-6)


def test_steps_before_the_start_do_not_count():
  toy = _Toy()
  with graph_helpers.loaded_session() as session:
    assert session.run(toy.averaging.flag) == 0
    session.run(toy.step, {toy.value: _ITERATES[0]})
    session.run(toy.averaging.start)
    assert session.run(toy.averaging.flag) == 1
    session.run(toy.averaging.update, {toy.value: _ITERATES[1]})
    np.testing.assert_allclose(
      session.run('average/0:0'), _ITERATES[1], rtol=1e-6
    )


def test_variables_have_the_references_names():
  _Toy()
  shapes = graph_helpers.variable_shapes()
  assert shapes == {
    'w': (3,),
    'moving_avg_flag/flag': (),
    'average/0': (3,),
    'backup/0': (3,),
    'avg_step/step': (),
  }
  assert len(tf.trainable_variables()) == 1
