"""Trains architectures from scratch, each on its own, and says what they score.

A directory of retrained architectures:

  scores.csv                     a row an architecture and seed, best first;
                                 what diverged last, with its reason
  3f9c2a71b0d4/                  named by the architecture in canonical form
    architecture.txt             which is spelt here
    seed_0/                      a run directory like any other
    seed_0.txt                   what that training printed

Two spellings of one network are one architecture, trained once. Starting again
goes on: what has its epochs is not trained again, and what has begun resumes
exactly (docs/RELIABILITY.md).
"""

import collections
import contextlib
import copy
import hashlib
import os
import socket
import sys
import typing

import tqdm

from src.arc import describe, record
from src.arc import text as text_lib
from src.run import (
  checkpoints,
  directory,
  engines,
  lock,
  loop,
  program,
  scoring,
)
from src.run.errors import RunError, UsageError
from src.run.trainer import Diverged
from src.tf1 import tf

TABLE = 'scores.csv'
_TEXT = 'architecture.txt'
_SPLITS = ('test', 'valid')
OK, NAN, OUT_OF_MEMORY, LOST = 'ok', 'nan', 'oom', 'lost'
_COLUMNS = (
  'epochs', 'seconds', 'parameters', 'multiply_adds', 'directory', 'failure',
)  # fmt: skip


class Score(typing.NamedTuple):
  """What an architecture, trained from scratch, is worth.

  Attributes:
    arc: the architecture, as it was given.
    seed: int, of its training.
    directory: str, its run directory.
    found: dict from split to what the last evaluation found there, a value of
      the task's `score`; empty if the training failed.
    epochs: int, as far as it was trained.
    seconds: float, that it took.
    parameters: int, of the network; None where they cannot be counted.
    multiply_adds: int, for one image; None where they cannot be counted.
    failure: str, why there is no score, or None.
    status: OK; or what kind of failure it is: NAN for a number that is not
      finite, OUT_OF_MEMORY, or LOST with its process.
    best: what the checkpoint with the best validation had found there; None
      without one.
    best_epoch: int from 1, of that checkpoint, or None.
    host: str, the machine that it was read on: the one that trained it.
  """

  arc: typing.Any
  seed: int
  directory: str
  found: dict
  epochs: int
  seconds: float
  parameters: typing.Optional[int]
  multiply_adds: typing.Optional[int]
  failure: typing.Optional[str]
  status: str = OK
  best: typing.Any = None
  best_epoch: typing.Optional[int] = None
  host: str = ''

  @property
  def split(self):
    """The split that it is judged by: test, else valid; None if it failed."""
    return next((name for name in _SPLITS if name in self.found), None)

  @property
  def rank(self):
    """Key when sorted: best first, failures last."""
    failed = self.split is None
    return failed, 0 if failed else self.found[self.split].rank


class _Job(typing.NamedTuple):
  """One training; it can be pickled.

  Attributes:
    task: program.Task.
    flags: flag values, those of the run.
    arc: the architecture, in canonical form.
  """

  task: typing.Any
  flags: typing.Any
  arc: typing.Any


def retrain(task, flags, given):
  """`--mode=retrain`: the architectures of a file, and the best of them.

  Args:
    task: program.Task.
    flags: flag values.
    given: set of the names that were given.

  Raises:
    UsageError, RunError, ArcError: one line each.
    Interrupted: a signal came; all is saved.
  """
  del given
  for name, what in (
    ('eval_arcs_file', 'the architectures, a line each, or a derived.csv'),
    ('output_dir', 'a folder that each of them gets a folder in'),
  ):
    if not getattr(flags, name):
      raise UsageError('--mode=retrain needs --%s: %s' % (name, what))

  def _parse(text):
    own = copy.copy(flags)
    own.child_fixed_arc = text
    return task.parse_arc(own, text)

  arcs = scoring.read_arcs(flags.eval_arcs_file, _parse)[: flags.retrain_top]
  score_and_tell(task, flags, arcs)


def score_and_tell(task, flags, arcs):
  """Trains architectures as flags say, and prints failures and the best.

  Args:
    task: program.Task.
    flags: flag values; `output_dir` is the directory of all of them.
    arcs: list of architectures.

  Returns:
    list of Score, see `score_each`.

  Raises:
    RunError: none of them came to its end; further as `score_each`.
  """
  count = flags.retrain_jobs
  engine = engines.Serial() if count == 1 else engines.Processes(count)
  seeds = [flags.seed + number for number in range(flags.retrain_seeds)]
  scores = score_each(task, flags, arcs, flags.output_dir, engine, seeds)
  failed = [score for score in scores if score.failure]
  for score in failed:
    print('No score for %s: %s' % (score.arc, score.failure))
  told = len(arcs), len(scores), len(failed)
  print(
    '%d architectures, %d trainings, %d of them failed: ' % told
    + os.path.join(flags.output_dir, TABLE)
  )
  best = min(scores, key=lambda score: score.rank)
  if best.split is None:
    raise RunError('no training came to its end')
  name, value = task.score.COLUMNS[-1], best.found[best.split].value
  print('Best: %s_%s %.4f, %s' % (best.split, name, value, best.arc))
  return scores


def score_each(task, flags, arcs, path, engine, seeds=None):
  """Trains each architecture from scratch and reads its score.

  Args:
    task: program.Task.
    flags: flag values of the trainings; architecture, seed and directory are
      put in here.
    arcs: list of architectures.
    path: str, the directory; it is made.
    engine: one of `engines`.
    seeds: list of ints, each for one training of each architecture; that of
      the flags unless given.

  Returns:
    list of Score, one for each architecture and seed, in the order given; what
    was given twice is in it twice.

  Raises:
    UsageError, RunError, ArcError: one line each; nothing was trained if it is
      because of the flags.
    Interrupted: a signal came; all is saved.
  """
  seeds = [flags.seed] if seeds is None else seeds
  asked = [(arc, seed) for arc in arcs for seed in seeds]
  return score_all(task, flags, asked, path, engine)


def score_all(
  task,
  flags,
  asked,
  path,
  engine,
  tell=lambda score: None,
  title='retraining',
):
  """Trains each architecture with a seed of its own, as `score_each` does.

  Args:
    task, flags, path, engine: see `score_each`.
    asked: list of (architecture, seed).
    tell: function that is given each Score once it is known, those of trainings
      that had ended before too; its architecture is in canonical form.
    title: str, of the progress bar.

  Returns:
    list of Score, one for each of `asked`.

  Raises: as `score_each`.
  """
  keys = [(_canonical(task, flags, arc), seed) for arc, seed in asked]
  jobs = collections.OrderedDict(
    (key, _Job(task, _own_flags(flags, path, *key), key[0])) for key in keys
  )
  _check(path, flags, jobs.values())
  directory.prepare(path, False, print)
  scores = {}

  def _found():
    """Score of each that was asked for, as far as they are known."""
    return [
      scores[key]._replace(arc=arc)
      for (arc, _), key in zip(asked, keys)
      if key in scores
    ]

  def _take(score):
    scores[score.arc, score.seed] = score
    _write(path, task.score.COLUMNS, _found())
    tell(score)

  with lock.held(path):
    for job in jobs.values():
      own = os.path.dirname(job.flags.output_dir)
      directory.prepare(own, False, lambda line: None)
      directory.write(own, _TEXT, str(job.arc) + '\n')
      if _position(job) == _end(job):
        _take(_read(job))
    left = [jobs[key] for key in jobs if key not in scores]
    with tqdm.tqdm(
      total=len(jobs),
      initial=len(scores),
      desc=title,
      unit='run',
      disable=None,
      file=sys.stderr,
    ) as bar:
      for job, score in engine.map(_train, left):
        if isinstance(score, engines.Lost):
          score = _read(job, score.reason, LOST)
        _take(score)
        bar.update()
  return _found()


def _canonical(task, flags, arc):
  """What all architectures of one network share."""
  own = copy.copy(flags)
  own.child_fixed_arc = str(arc)
  return task.space(own).canonical(arc)


def folder(path, arc, seed):
  """The run directory of one training.

  Args:
    path: str, the directory of all of them.
    arc: the architecture in canonical form, or its text.
    seed: int.
  """
  name = hashlib.sha256(str(arc).encode('utf-8')).hexdigest()[:12]
  return os.path.join(path, name, 'seed_%d' % seed)


def _own_flags(flags, path, arc, seed):
  """The flags of one training."""
  own = copy.copy(flags)
  vars(own).update(
    mode='train',
    child_fixed_arc=str(arc),
    controller_training=False,
    output_dir=folder(path, arc, seed),
    seed=seed,
  )
  return own


def _check(path, flags, jobs):
  """Raises UsageError, RunError or ArcError for what cannot be done."""
  if flags.reset_output_dir:
    raise UsageError(
      '--reset_output_dir is for one run: delete %s by hand, or choose another '
      '--output_dir' % path
    )
  if directory.read_flags(path) is not None:
    raise UsageError(
      '%s is the directory of one run: choose another --output_dir' % path
    )
  if flags.num_epochs % flags.eval_every_epochs:
    raise UsageError(
      '--num_epochs=%d: the last epoch is not evaluated; give a multiple of '
      '--eval_every_epochs=%d' % (flags.num_epochs, flags.eval_every_epochs)
    )
  for job in jobs:
    program.check(job.task, job.flags)
    position = _position(job)
    if position > _end(job):
      raise UsageError(
        '%s was trained longer than --num_epochs=%d: give at least %d, or '
        'another --output_dir'
        % (job.flags.output_dir, flags.num_epochs, position[0])
      )


def _last(job):
  """State of the last checkpoint of its run directory, or None."""
  found = checkpoints.find(job.flags.output_dir)
  return found[-1].state if found else None


def _position(job):
  """Where its training stands, (epoch, phase, index)."""
  state = _last(job)
  return tuple(loop.START if state is None else state['position'])


def _end(job):
  return job.flags.num_epochs, 0, 0


def _train(job):
  """Trains, and returns the Score."""
  # It may be another machine that sees the folder late, or not at all.
  os.makedirs(os.path.dirname(job.flags.output_dir), exist_ok=True)
  with contextlib.ExitStack() as stack:
    printed = stack.enter_context(
      text_lib.open_text(job.flags.output_dir + '.txt', 'a')
    )
    stack.enter_context(contextlib.redirect_stdout(printed))
    stack.enter_context(contextlib.redirect_stderr(printed))
    try:
      program.training(job.task, job.flags)
    except Diverged as error:
      return _read(job, str(error), NAN)
    except tf.errors.ResourceExhaustedError as error:
      return _read(job, str(error).partition('\n')[0], OUT_OF_MEMORY)
  return _read(job)


def _read(job, failure=None, status=OK):
  """The Score of a training that has ended."""
  state = _last(job) or {}
  found = {} if failure else state['found']
  best = None if failure else checkpoints.best(job.flags.output_dir)
  made = record.read(job.flags.output_dir)
  counted = describe.final_counts(job.arc, made) if made else (None, None)
  return Score(
    job.arc,
    job.flags.seed,
    job.flags.output_dir,
    {split: job.task.score(*found[split]) for split in found},
    _position(job)[0],
    state.get('elapsed', 0.0),
    *counted,
    failure,
    status,
    best and job.task.score(*best.state['found']['valid']),
    best and best.state['position'][0],
    socket.gethostname(),
  )


def _write(path, names, scores):
  """Writes the table of what is known so far; names: of a score's columns."""
  splits = [
    split for split in _SPLITS if any(split in score.found for score in scores)
  ]
  columns = ['%s_%s' % (split, name) for split in splits for name in names]
  rows = [['arc', 'seed'] + columns + list(_COLUMNS)]
  distinct = collections.OrderedDict(((s.arc, s.seed), s) for s in scores)
  for score in sorted(distinct.values(), key=lambda score: score.rank):
    found = [
      score.found[split].row() if split in score.found else [''] * len(names)
      for split in splits
    ]
    own = score._replace(directory=os.path.relpath(score.directory, path))
    rows.append(
      [score.arc, score.seed]
      + [value for row in found for value in row]
      + [getattr(own, name) for name in _COLUMNS]
    )
  scoring.write(os.path.join(path, TABLE), rows)
