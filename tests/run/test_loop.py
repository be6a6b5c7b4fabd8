"""The loop: which steps it does, when it saves, how a signal ends it."""

import os
import signal

import pytest

from src.run import loop
from src.run.loop import Phase, Position
from tests import terminal


class _Recorder:
  """Two phases an epoch, the second one only in odd epochs."""

  def __init__(self):
    self.steps = []
    self.saves = []

  def plan(self, epoch):
    phases = [self._phase('child', 3)]
    if epoch % 2:
      phases.append(self._phase('eval', 2))
    return phases

  def _phase(self, name, length):
    def _step(epoch, index):
      self.steps.append((name, epoch, index))

    return Phase(name, length, _step, ('img', 10))

  def run(self, num_epochs, position=loop.START, stop=lambda position: False):
    return loop.run(self.plan, num_epochs, position, self.saves.append, stop)


ALL = [
  ('child', 0, 0),
  ('child', 0, 1),
  ('child', 0, 2),
  ('child', 1, 0),
  ('child', 1, 1),
  ('child', 1, 2),
  ('eval', 1, 0),
  ('eval', 1, 1),
]


def test_all_steps_in_order_and_a_save_after_each_phase():
  recorder = _Recorder()
  assert recorder.run(2) == Position(2, 0, 0)
  assert recorder.steps == ALL
  assert recorder.saves == [(1, 0, 0), (1, 1, 0), (2, 0, 0)]


@pytest.mark.parametrize('count', range(1, len(ALL) + 1))
def test_stop_after_any_step_and_go_on(count):
  recorder = _Recorder()
  position = recorder.run(2, stop=lambda position: len(recorder.steps) == count)
  assert recorder.steps == ALL[:count]
  assert recorder.saves[-1] == position
  assert len(set(recorder.saves)) == len(recorder.saves)
  assert recorder.run(2, position) == Position(2, 0, 0)
  assert recorder.steps == ALL


def test_a_complete_run_does_nothing():
  recorder = _Recorder()
  assert recorder.run(2, Position(2, 0, 0)) == Position(2, 0, 0)
  assert recorder.steps == recorder.saves == []


def test_a_failing_step_is_not_saved():
  def _fail(epoch, index):
    raise ZeroDivisionError

  saves = []
  plan = lambda epoch: [Phase('child', 1, _fail, ('img', 1))]  # noqa: E731
  with pytest.raises(ZeroDivisionError):
    loop.run(plan, 1, loop.START, saves.append, lambda position: False)
  assert saves == []


def test_progress_on_a_terminal(monkeypatch):
  screen = terminal.Terminal()
  monkeypatch.setattr('sys.stderr', screen)
  _Recorder().run(2, Position(1, 0, 2))
  shown = screen.getvalue()
  # Two of three steps of ten images were done before.
  assert 'epoch 2 child:  67%' in shown
  assert '20.0/30.0' in shown
  assert 'img/s' in shown
  assert 'epoch 2 eval:   0%' in shown


def test_time_left_for_the_whole_run(monkeypatch):
  screen, seconds = terminal.Terminal(), [0]
  monkeypatch.setattr('sys.stderr', screen)
  monkeypatch.setattr('src.run.loop.time.time', lambda: seconds[0])

  def _step(epoch, index):
    seconds[0] += 30

  plan = lambda epoch: [  # noqa: E731
    Phase(name, 2, _step, ('img', 1)) for name in ('child', 'eval')
  ]
  loop.run(
    plan, 5, Position(1, 1, 0), lambda position: None, lambda position: False
  )
  shown = screen.getvalue()
  # The first epoch was begun before; the next takes two minutes.
  assert 'epoch 2 eval:' in shown and 'epoch 3 eval:' in shown
  assert 'epoch 4 child, 04:00 to the end:' in shown
  assert 'epoch 4 eval, 03:00 to the end:' in shown
  assert 'epoch 5 child, 02:00 to the end:' in shown


def test_no_progress_where_nobody_watches(capsys):
  _Recorder().run(2)
  assert capsys.readouterr() == ('', '')


@pytest.fixture
def handled():
  """Signals that reach this process outside of `signals_noted`."""
  reached = []
  numbers = (signal.SIGTERM, signal.SIGINT)
  old = [
    signal.signal(number, lambda number, frame: reached.append(number))
    for number in numbers
  ]
  yield reached
  for number, handler in zip(numbers, old):
    signal.signal(number, handler)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
def test_first_signal_is_noted_and_the_second_acts(handled, number):
  with loop.signals_noted() as noted:
    assert noted == []
    os.kill(os.getpid(), number)
    assert (noted, handled) == ([number], [])
    os.kill(os.getpid(), number)
    assert (noted, handled) == ([number], [number])


def test_a_different_second_signal_acts_too(handled):
  with loop.signals_noted() as noted:
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGINT)
    assert (noted, handled) == ([signal.SIGTERM], [signal.SIGINT])


def test_handlers_are_put_back(handled):
  with pytest.raises(ZeroDivisionError), loop.signals_noted():
    raise ZeroDivisionError
  os.kill(os.getpid(), signal.SIGTERM)
  assert handled == [signal.SIGTERM]
