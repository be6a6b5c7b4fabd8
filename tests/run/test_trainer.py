"""Training that survives: which checkpoints stay, and what a NaN does."""

import math
import os
import re

import numpy as np
import pytest

from src.cifar10 import experiment as experiment_lib
from src.cifar10 import main
from src.nn import variables
from src.run import checkpoints, logs, loop, trainer
from src.run.errors import RunError
from src.tf1 import tf
from tests import tiny_runs

EPOCHS, STEPS = 3, 4


class _Sum:
  """An experiment that adds numbers up; each rollback makes them larger."""

  first_step = staticmethod(lambda epoch: epoch * STEPS)
  steadied_by = 'smaller --steps'
  best_by = '--best=%s'

  def __init__(self, folder, scores=(), bad=lambda step: False):
    self.log = logs.Log(os.path.join(str(folder), 'stdout'))
    self.graph = tf.Graph()
    with self.graph.as_default():
      total = variables.create('total', [], variables.zeros)
      self._number = tf.placeholder(tf.float32, [])
      self._add = tf.assign_add(total, self._number)
      self.initial_values = variables.initial_values(1)
    self._scores = dict(scores)
    self._bad = bad
    self._score = None
    self.rollbacks = 0
    self.closed = False

  def start(self, session, preamble, state):
    self._session = session
    state = state or {'rollbacks': 0}
    self.rollbacks = state['rollbacks']

  def state(self):
    score, self._score = self._score, None
    return {'rollbacks': self.rollbacks, 'score': score}

  def roll_back(self):
    self.rollbacks += 1

  def close(self):
    self.closed = True

  def plan(self, epoch):
    return [
      loop.Phase('child', STEPS, self._child, ('img', 1)),
      loop.Phase('eval', 1, self._eval, ('split', 1)),
    ]

  def _child(self, epoch, index):
    number = epoch * STEPS + index + 1 + 1000 * self.rollbacks
    self._session.run(self._add, {self._number: number})
    if self._bad(number):
      raise trainer.NotFinite('child step %d: loss nan' % (number % 1000))

  def _eval(self, epoch, index):
    self._score = self._scores.get(epoch)


def _train(folder, experiment, **settings):
  trainer.train(
    experiment,
    experiment.graph,
    str(folder),
    experiment.initial_values,
    ['a line'],
    EPOCHS,
    **settings,
  )


def _total(folder):
  return float(tiny_runs.variables(folder)['total'])


def _names(folder):
  return [os.path.basename(c.prefix) for c in checkpoints.find(str(folder))]


def test_names_of_checkpoints(tmp_path):
  _train(tmp_path, _Sum(tmp_path), keep=100)
  assert _names(tmp_path) == [
    'model.ckpt-0',
    'model.ckpt-4-eval-0',
    'model.ckpt-4',
    'model.ckpt-8-eval-0',
    'model.ckpt-8',
    'model.ckpt-12-eval-0',
    'model.ckpt-12',
  ]


def test_stopping_inside_a_phase_is_named_by_its_step(tmp_path):
  experiment = _Sum(tmp_path)
  _train(tmp_path, experiment, stop=lambda position: position == (1, 0, 3))
  assert _names(tmp_path)[-1] == 'model.ckpt-7'
  assert _total(tmp_path) == sum(range(1, 8))
  assert experiment.closed
  _train(tmp_path, _Sum(tmp_path))
  assert _total(tmp_path) == sum(range(1, 13)) == 78


@pytest.mark.parametrize(
  ('keep', 'scores', 'names'),
  [
    (1, {0: 0.5, 1: 0.2, 2: 0.3}, ['model.ckpt-4', 'model.ckpt-12']),
    (1, {0: 0.2, 1: 0.5, 2: 0.3}, ['model.ckpt-8', 'model.ckpt-12']),
    (1, {0: 0.2, 1: 0.3, 2: 0.5}, ['model.ckpt-12']),
    (1, {}, ['model.ckpt-12']),
    (
      2,
      {0: 0.5, 1: 0.2, 2: 0.3},
      ['model.ckpt-4', 'model.ckpt-12-eval-0', 'model.ckpt-12'],
    ),
    (
      3,
      {0: 0.2, 1: 0.5, 2: 0.3},
      ['model.ckpt-8', 'model.ckpt-12-eval-0', 'model.ckpt-12'],
    ),
  ],
)
def test_the_newest_and_the_best_stay(tmp_path, keep, scores, names):
  _train(tmp_path, _Sum(tmp_path, scores), keep=keep)
  assert _names(tmp_path) == names
  files = {p.name.rsplit('.', 1)[0] for p in tmp_path.glob('*.index')}
  assert files == set(names), 'nothing is left of the others'


def test_what_cannot_be_removed_costs_no_checkpoint(tmp_path, monkeypatch):
  """The new checkpoint is whole by then, and may be the only one."""
  remove = os.remove

  def _remove(path):
    if path.endswith('model.ckpt-4-eval-0.index'):
      raise OSError(5, 'Input/output error')
    remove(path)

  monkeypatch.setattr(os, 'remove', _remove)
  with pytest.raises(RunError, match='Input/output error'):
    _train(tmp_path, _Sum(tmp_path), keep=1)
  monkeypatch.undo()
  assert _names(tmp_path)[-1] == 'model.ckpt-4'
  _train(tmp_path, _Sum(tmp_path), keep=1)
  assert _total(tmp_path) == 78


def test_a_bad_number_stops(tmp_path):
  with pytest.raises(RunError) as caught:
    _train(tmp_path, _Sum(tmp_path, bad=lambda number: number == 7))
  assert str(caught.value) == (
    'child step 7: loss nan; the last good checkpoint is %s; the same command '
    'would end there again: --nan_policy=rollback goes on from it with other '
    'random numbers; a new run, with smaller --steps or another --seed, may '
    'get further' % (tmp_path / 'model.ckpt-4')
  )
  assert _total(tmp_path) == 10


def test_a_bad_number_is_rolled_back(tmp_path, capsys):
  experiment = _Sum(tmp_path, bad=lambda number: number == 7)
  _train(tmp_path, experiment, nan_policy='rollback')
  # The second and third epoch are drawn anew.
  assert _total(tmp_path) == 78 + 8 * 1000
  last = tmp_path / 'model.ckpt-4'
  assert capsys.readouterr().out == (
    'warning: child step 7: loss nan; going back to %s, time 1 of at most 3\n'
    'Going on from %s\n' % (last, last)
  )
  assert checkpoints.find(str(tmp_path))[-1].state['rollbacks'] == 1


def test_a_rollback_to_the_very_start(tmp_path):
  experiment = _Sum(tmp_path, bad=lambda number: number == 2)
  _train(tmp_path, experiment, nan_policy='rollback')
  assert _total(tmp_path) == 78 + 12 * 1000


def test_three_rollbacks_are_the_bound(tmp_path, capsys):
  numbers = []

  def _bad(number):
    numbers.append(number)
    return number % 1000 == 6

  with pytest.raises(RunError) as caught:
    _train(tmp_path, _Sum(tmp_path, bad=_bad), nan_policy='rollback')
  assert numbers == [1, 2, 3, 4, 5, 6, 1005, 1006, 2005, 2006, 3005, 3006]
  assert capsys.readouterr().out.count('warning: ') == 3
  assert str(caught.value).startswith(
    'child step 6: loss nan; the last good checkpoint is %s; other random '
    'numbers did not help: a new run, with ' % (tmp_path / 'model.ckpt-4')
  )


def test_the_bound_holds_for_the_run_and_not_for_a_checkpoint(tmp_path):
  bad = {2, 1006, 2010}
  experiment = _Sum(tmp_path, bad=bad.__contains__)
  _train(tmp_path, experiment, nan_policy='rollback')
  # Steps 1 to 4 in the second attempt, 5 to 8 in the third, the rest after.
  assert _total(tmp_path) == 78 + 4 * (1000 + 2000 + 3000)
  assert experiment.rollbacks == 3


# The rest is about the search itself.


class _Faulty:
  """A session in which some of the losses read NaN."""

  def __init__(self, session, loss, bad, counter):
    self._session = session
    self._loss = loss
    self._bad = bad
    self._counter = counter

  def run(self, fetches, feeds=None):
    values = self._session.run(fetches, feeds)
    told = fetches[0] if isinstance(fetches, list) else None
    if getattr(told, 'loss', None) is self._loss:
      self._counter.append(float(values[0].loss))
      if len(self._counter) in self._bad:
        values[0] = values[0]._replace(loss=math.nan)
    return values


SETTINGS = tiny_runs.SEARCH + tiny_runs.COSINE


@pytest.fixture
def inject(monkeypatch):
  """Makes steps of the child or controller fail; counted from 1."""

  def _inject(*bad, part='train'):
    counter = []
    start = experiment_lib.Experiment.start

    def _start(self, session, preamble, state=None):
      start(self, session, preamble, state)
      loss = getattr(self.graph, part).loss
      self.session = _Faulty(session, loss, bad, counter)

    monkeypatch.setattr(experiment_lib.Experiment, 'start', _start)
    return monkeypatch.undo

  with tiny_runs.shared_graphs:
    yield _inject


@pytest.fixture(scope='module')
def data_path(tmp_path_factory):
  return tiny_runs.write_data(tmp_path_factory.mktemp('trainer') / 'data')


def _losses(out):
  return [
    row['loss']
    for row in tiny_runs.table(out, 'metrics.csv')
    if row['phase'] == 'child'
  ]


def test_a_search_that_diverges_stops(tmp_path, data_path, capsys):
  out = tmp_path / 'run'
  settings = tiny_runs.SEARCH + ['--child_lr=1e30']
  assert main.main(tiny_runs.arguments(settings, data_path, out)) == 1
  captured = capsys.readouterr()
  lines = [s for s in captured.err.splitlines() if s.startswith('error: ')]
  assert len(lines) == 1 and 'Traceback' not in captured.err
  head, last, _, steadied_by = lines[0].split('; ')
  step, values = head[len('error: child step ') :].split(': ')
  loss, norm, rate, arc = values.split(', ')
  assert int(step) == len(_losses(out)) + 1 <= 4
  assert not (
    math.isfinite(float(loss.split()[1])) and math.isfinite(float(norm[4:]))
  )
  assert rate == 'lr 1e+30'
  # Three layers: an operation each, and 0 + 1 + 2 skips.
  tokens = arc.split()
  assert tokens[0] == 'arc' and len(tokens) == 1 + 6
  assert {int(tokens[place]) for place in (1, 2, 4)} <= {0, 1}
  assert last == 'the last good checkpoint is %s' % (out / 'model.ckpt-0')
  assert '--child_clip_gradients with --child_grad_bound' in steadied_by
  assert _names(out) == ['model.ckpt-0']


def test_a_controller_that_diverges_stops(tmp_path, data_path, inject, capsys):
  inject(5, part='controller')
  out = tmp_path / 'run'
  argv = tiny_runs.arguments(SETTINGS, data_path, out)
  assert main.main(argv) == 1
  error = capsys.readouterr().err
  # The fifth gradient goes into the second update, not yet done.
  assert 'error: controller step 1: loss nan, |g| ' in error
  assert re.search(r', lr 0\.001, arc [01]( [01]){5}; the last good', error)
  assert ' is %s; ' % (out / 'model.ckpt-4-controller-0') in error


def test_a_search_survives_one_nan(tmp_path, data_path, inject, capsys):
  """And goes on exactly from any point after it."""
  settings = SETTINGS + ['--nan_policy=rollback']
  out, again = tmp_path / 'run', tmp_path / 'again'
  undo = inject(7)
  assert main.main(tiny_runs.arguments(settings, data_path, out)) == 0
  warnings = [
    line
    for line in capsys.readouterr().out.splitlines()
    if line.startswith('warning: ')
  ]
  assert len(warnings) == 1
  assert warnings[0].startswith('warning: child step 7: loss nan, |g| ')
  assert warnings[0].endswith(
    '; going back to %s, time 1 of at most 3' % (out / 'model.ckpt-4')
  )

  undo()
  inject(7)
  argv = tiny_runs.arguments(settings, data_path, again)
  flags, _ = tiny_runs.parse(argv)
  seen = []

  def _stop(position):
    seen.append(position)
    # The third child step is done only after the rollback.
    return position == (1, 0, 3)

  tiny_runs.train(flags, _stop)
  assert seen.count((1, 0, 2)) == 2, 'it was there before the NaN and after'
  undo()
  state = checkpoints.find(str(again))[-1].state
  assert (state['position'], state['rollbacks']) == ([1, 0, 3], 1)
  tiny_runs.run(argv, [(1, 1, 2)])
  for name in ('stdout', 'metrics.csv', 'architectures.csv'):
    assert tiny_runs.text(again, name) == tiny_runs.text(out, name), name
  wanted, found = map(tiny_runs.variables, (out, again))
  assert sorted(found) == sorted(wanted)
  for name, value in wanted.items():
    np.testing.assert_array_equal(found[name], value, name)

  calm = tmp_path / 'calm'
  tiny_runs.run(tiny_runs.arguments(settings, data_path, calm))
  assert _losses(calm)[:4] == _losses(out)[:4]
  assert not set(_losses(calm)[4:]) & set(_losses(out)[4:])
  arcs = [
    [row['arc'] for row in tiny_runs.table(run, 'architectures.csv')]
    for run in (calm, out)
  ]
  assert arcs[0][:10] == arcs[1][:10]
  assert arcs[0][10:] != arcs[1][10:]


def test_a_search_rolls_back_three_times(tmp_path, data_path, inject, capsys):
  inject(6, 8, 10, 12)
  out = tmp_path / 'run'
  settings = SETTINGS + ['--nan_policy=rollback']
  assert main.main(tiny_runs.arguments(settings, data_path, out)) == 1
  captured = capsys.readouterr()
  assert captured.out.count('warning: child step 6: loss nan') == 3
  assert captured.err.count('error: child step 6: loss nan') == 1
  assert _names(out)[-1] == 'model.ckpt-4'
