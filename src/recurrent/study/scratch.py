"""Cells trained alone, each in a folder of its own, and what they score.

  9d2c1a7f33e0/            cells that are one graph, by their canonical_id
    architecture.txt       the one of them that is trained
    seed_1/                a run like any other
    seed_1/done.txt        what it scored, once that is known
    seed_1.txt             what it printed

Started again, what is done is not trained again, and what has begun goes on.
"""

import collections
import contextlib
import json
import os
import typing

from src.arc import capacity
from src.arc import text as text_lib
from src.recurrent import modes
from src.recurrent.study import files
from src.recurrent.task import Recurrent
from src.run import checkpoints, directory, program, ranges
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError
from src.run.flags import Flag, Unread
from src.run.trainer import Diverged

DONE, _TEXT = 'done.txt', 'architecture.txt'
TRAININGS = 'trainings'
_SPLITS = ('train', 'valid', 'test')
_ASKED = ('max_epoch', 'patience')  # a run may go on with others


_SHARED = Unread(lambda flags: flags.train != 'scratch', 'with --train=shared')
# Of studies whose cells may be trained alone.
OF_TRAININGS = [
  Flag('train', ('shared', 'scratch'), 'shared', 'what cells are scored with: '
       'the shared weights of the run, or weights of their own'),
  Flag('scratch_epochs', 'int', 0, 'epochs of each training; 0: as the run',
       ranges.NOT_NEGATIVE, unread=_SHARED),
  Flag('seeds', 'int', 1, 'trainings of each cell', ranges.AT_LEAST_ONE,
       unread=_SHARED),
]  # fmt: skip


class Score(typing.NamedTuple):
  """What a cell is worth that was trained alone.

  Attributes:
    train, valid, test: floats, perplexities at its best epoch; infinite if
      the training diverged.
    epochs: int, as far as it was trained.
  """

  train: float
  valid: float
  test: float
  epochs: int


def trained(flags, arcs, root):
  """Trains cells alone as the flags say, FLAGS among them.

  Args:
    flags: flag values of a run; its `max_epoch` is set.
    arcs: list of RecurrentArc.
    root: str, the folder of all trainings.

  Returns:
    dict from cell to dict from seed to Score.

  Raises: as `train_all`.
  """
  flags.max_epoch = flags.scratch_epochs or flags.max_epoch
  seeds = [flags.seed + number for number in range(flags.seeds)]
  scores = train_all(Recurrent(), flags, arcs, root, seeds)
  return {
    arc: {seed: scores[capacity.canonical_id(arc), seed] for seed in seeds}
    for arc in arcs
  }


def train_all(task, flags, arcs, root, seeds):
  """Trains each distinct cell from each seed, or reads what it scored.

  Args:
    task: Recurrent.
    flags: flag values of a run, with the `max_epoch` and `patience` of these
      trainings.
    arcs: list of RecurrentArc.
    root: str, the folder of all of them.
    seeds: list of ints.

  Returns:
    dict from (canonical_id, seed) to Score.

  Raises:
    UsageError, RunError, ArcError: one line each; nothing was trained if it is
      because of the flags.
    Interrupted: a signal came; all is saved.
  """
  jobs = collections.OrderedDict()
  for arc in arcs:
    name = capacity.canonical_id(arc)
    for seed in seeds:
      if (name, seed) not in jobs:
        jobs[name, seed] = _own(task, flags, arc, root, name, seed)
  found = {key: _read(own) for key, own in jobs.items()}
  for own in jobs.values():
    program.check(task, own)
  left = [key for key, score in found.items() if score is None]
  print(
    '%d trainings, %d of them done before' % (len(jobs), len(jobs) - len(left))
  )
  for number, key in enumerate(left, 1):
    score = found[key] = _train(task, jobs[key])
    told = number, len(left), key[0], key[1], score.valid, score.epochs
    print('%d/%d | %s seed %d | valid ppl %.2f | %d epochs' % told)
  return found


def _own(task, flags, arc, root, name, seed):
  """Flag values of one training, which knows none of a study."""
  known = {row.name for row in flags_lib.rows(task.flag_table.GROUPS)}
  kept = {key: value for key, value in vars(flags).items() if key in known}
  folder = os.path.join(root, name)
  path = os.path.join(folder, _TEXT)
  if os.path.isfile(path):
    with text_lib.open_text(path) as file:
      arc = file.read().strip()
  own = modes.flags_alone(
    flags_lib.Values(kept), arc, os.path.join(folder, 'seed_%d' % seed)
  )
  vars(own).update(
    mode='train_scratch',
    random_seed=seed,
    load_path='',
    report=False,
    use_tensorboard=False,
    reset_output_dir=False,
  )
  task.check(own)
  return own


def _train(task, own):
  folder = os.path.dirname(own.output_dir)
  directory.prepare(folder, False, lambda line: None)
  directory.write(folder, _TEXT, own.child_fixed_arc + '\n')
  arc = task.parse_arc(own, own.child_fixed_arc)
  with contextlib.ExitStack() as stack:
    printed = stack.enter_context(
      text_lib.open_text(own.output_dir + '.txt', 'a')
    )
    stack.enter_context(contextlib.redirect_stdout(printed))
    stack.enter_context(contextlib.redirect_stderr(printed))
    try:
      found = modes.train_alone(task, own, arc, _SPLITS)
      values = [found[split].value for split in _SPLITS]
    except Diverged as error:
      print(error)
      values = [float('inf')] * len(_SPLITS)
  last = checkpoints.find(own.output_dir)
  score = Score(*values, last[-1].state['position'][0] if last else 0)
  told = dict(score._asdict(), **{name: getattr(own, name) for name in _ASKED})
  text = json.dumps(files.strict(told), sort_keys=True)
  directory.write(own.output_dir, DONE, text + '\n')
  return score


def _read(own):
  """The Score of a training that is done, or None."""
  path = os.path.join(own.output_dir, DONE)
  if not os.path.isfile(path):
    return None
  try:
    with text_lib.open_text(path) as file:
      found = json.load(file)
    before = [found[name] for name in _ASKED]
    values = [
      float('inf') if found[split] is None else float(found[split])
      for split in _SPLITS
    ]
    score = Score(*values, int(found['epochs']))
  except (ValueError, KeyError, TypeError) as error:
    raise RunError(
      '%s is damaged: %s; delete it, and the run is scored again'
      % (path, error)
    ) from error
  if before != [getattr(own, name) for name in _ASKED]:
    raise UsageError(
      '%s was trained with --scratch_epochs=%s --patience=%s: give these, or '
      'another --results_dir' % ((own.output_dir,) + tuple(before))
    )
  return score
