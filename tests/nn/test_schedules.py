"""Learning rates: the values that melodyguan/enas really uses."""

import numpy as np
import pytest

from src.nn import schedules
from src.tf1 import tf
from tests import graph_helpers

_LR_MAX = 0.05
# The published digits end at 1e-8.
_DIGITS = {'rtol': 0, 'atol': 6e-9}


class _Cosine:
  """The schedule with the step as a placeholder and the state at hand."""

  def __init__(self, lr_min=0.0005, period=10, period_mul=2, num_batches=3):
    self._step = tf.placeholder(tf.int32, [])
    self._rate = schedules.CosineRestarts(
      _LR_MAX, lr_min, period, period_mul, num_batches
    )(self._step)
    self._state = ['last_reset:0', 'T_i:0']

  def rate(self, session, step):
    return float(session.run(self._rate, {self._step: step}))

  def state(self, session):
    return tuple(int(value) for value in session.run(self._state))


# {epoch: (state to start from, rate for lr_min 0.0005, 0.001, 0.0001)}; the
# rates hold for steps other than the first one of a restart epoch.
_EPOCHS = {
  0: ((0, 10), 0.05, 0.05, 0.05),
  1: ((0, 10), 0.04878865, 0.04880088, 0.04877886),
  9: ((0, 10), 0.00171135, 0.00219912, 0.00132114),
  10: ((10, 20), 0.05, 0.05, 0.05),
  11: ((10, 20), 0.04969529, 0.04969836, 0.04969282),
  29: ((10, 20), 0.00080471, 0.00130164, None),
  149: ((70, 80), 0.00051908, 0.00101889, 0.00011924),
  309: ((150, 160), 0.00050477, 0.00100472, 0.00010481),
  629: ((310, 320), None, None, 0.0001012),
}


@pytest.mark.parametrize(
  'column, lr_min', [(1, 0.0005), (2, 0.001), (3, 0.0001)]
)
def test_cosine_rates_of_the_published_settings(column, lr_min):
  num_batches = 3
  cosine = _Cosine(lr_min, num_batches=num_batches)
  for epoch, row in _EPOCHS.items():
    state, expected = row[0], row[column]
    if expected is None:
      continue
    values = dict(zip(['last_reset', 'T_i'], state))
    with graph_helpers.loaded_session(values) as session:
      for batch in range(num_batches):
        rate = cosine.rate(session, epoch * num_batches + batch)
        np.testing.assert_allclose(rate, expected, **_DIGITS)
        assert cosine.state(session) == state


@pytest.mark.parametrize(
  'lr_min, middle', [(0.0005, 0.02525), (0.001, 0.0255), (0.0001, 0.02505)]
)
@pytest.mark.parametrize(
  'before, after',
  [
    ((0, 10), (10, 20)),
    ((10, 20), (30, 40)),
    ((30, 40), (70, 80)),
    ((70, 80), (150, 160)),
    ((150, 160), (310, 320)),
    ((310, 320), (630, 640)),
  ],
)
def test_the_first_step_of_a_restart_has_the_middle_rate(
  lr_min, middle, before, after
):
  num_batches = 4
  cosine = _Cosine(lr_min, num_batches=num_batches)
  first = after[0] * num_batches
  values = dict(zip(['last_reset', 'T_i'], before))
  with graph_helpers.loaded_session(values) as session:
    np.testing.assert_allclose(cosine.rate(session, first), middle, **_DIGITS)
    assert cosine.state(session) == after
    for step in range(first + 1, first + num_batches):
      np.testing.assert_allclose(cosine.rate(session, step), 0.05, **_DIGITS)
      assert cosine.state(session) == after


def test_cosine_step_by_step_for_71_epochs():
  num_batches, lr_min = 3, 0.0005
  cosine = _Cosine(lr_min, num_batches=num_batches)
  last_reset, t_i = 0, 10
  with graph_helpers.loaded_session() as session:
    for step in range(71 * num_batches):
      epoch = step // num_batches
      since = epoch - last_reset
      if since >= t_i:
        last_reset, t_i = epoch, t_i * 2
      cos = np.cos(3.1415926 * since / t_i)
      expected = lr_min + 0.5 * (_LR_MAX - lr_min) * (1 + cos)
      np.testing.assert_allclose(
        cosine.rate(session, step), expected, **_DIGITS
      )
      assert cosine.state(session) == (last_reset, t_i)
  assert (last_reset, t_i) == (70, 80)


def test_equal_periods_end_at_the_lowest_rate():
  cosine = _Cosine(0.01, period=2, period_mul=1, num_batches=1)
  with graph_helpers.loaded_session() as session:
    rates = [cosine.rate(session, step) for step in range(6)]
    assert cosine.state(session) == (4, 2)
  # Steps 2 and 4 restart, and see T = T_i: cos(pi).
  np.testing.assert_allclose(
    rates, [0.05, 0.03, 0.01, 0.03, 0.01, 0.03], **_DIGITS
  )


def test_cosine_state_is_saved_but_not_trained():
  _Cosine(period=10)
  assert graph_helpers.variable_shapes() == {'last_reset': (), 'T_i': ()}
  assert [v.dtype.base_dtype for v in tf.global_variables()] == [tf.int32] * 2
  assert tf.trainable_variables() == []
  with graph_helpers.loaded_session() as session:
    assert graph_helpers.read_all(session) == {'last_reset': 0, 'T_i': 10}


def _rates(build, steps):
  step = tf.placeholder(tf.int32, [])
  rate = build(step)
  with graph_helpers.loaded_session() as session:
    return [session.run(rate, {step: number}) for number in steps]


def test_exponential_decay_is_a_staircase():
  found = _rates(
    schedules.Exponential(0.1, 0.9, 100),
    [0, 99, 100, 199, 200, 1000],
  )
  expected = [0.1, 0.1, 0.09, 0.09, 0.081, 0.1 * 0.9**10]
  np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_exponential_decay_counts_from_its_start():
  found = _rates(
    schedules.Exponential(2.0, 0.5, 10, start=25),
    [0, 20, 25, 34, 35, 44, 45],
  )
  np.testing.assert_allclose(found, [2, 2, 2, 2, 1, 1, 0.5], rtol=1e-6)


def test_exponential_decay_stops_at_its_floor():
  found = _rates(
    schedules.Exponential(1.0, 0.5, 1, lr_min=0.2),
    [0, 1, 2, 3, 50],
  )
  np.testing.assert_allclose(found, [1, 0.5, 0.25, 0.2, 0.2], rtol=1e-6)


def test_controller_rate_is_constant_in_practice():
  found = _rates(
    schedules.Exponential(0.0035, 0.9, 1000000),
    [0, 15500, 999999, 1000000],
  )
  np.testing.assert_allclose(found, [0.0035] * 3 + [0.00315], rtol=1e-6)


def test_warm_up_holds_for_its_steps_and_no_longer():
  found = _rates(
    schedules.WarmUp(schedules.Constant(0.5), 0.01),
    [0, 99, 100, 1000],
  )
  np.testing.assert_allclose(found, [0.01, 0.01, 0.5, 0.5], rtol=1e-6)
  found = _rates(
    schedules.WarmUp(schedules.Constant(0.5), 0.01, 3),
    [2, 3],
  )
  np.testing.assert_allclose(found, [0.01, 0.5], rtol=1e-6)


def test_cosine_without_restarts():
  """The rates of rhubarbwu/ENAS-Experiments; all steps of an epoch alike."""
  step = tf.placeholder(tf.int32, [])
  rate = schedules.Cosine(_LR_MAX, 0.0005, 10, 3)(step)
  expected = {
    0: 0.05, 1: 0.048789, 5: 0.02525, 9: 0.001711, 10: 0.0005, 11: 0.001711,
    18: 0.045273, 19: 0.048789, 20: 0.05, 311: 0.001711,
  }  # fmt: skip
  with graph_helpers.loaded_session() as session:
    for epoch, value in expected.items():
      for batch in range(3):
        found = session.run(rate, {step: 3 * epoch + batch})
        np.testing.assert_allclose(found, value, rtol=0, atol=6e-7)
