"""Reads a run's log, ours, melodyguan/enas's or enas_lm's.

After each controller phase a log shows ten architectures: `Epoch 5: Training
controller`, later `Here are 10 architectures`, then for each its rows of
numbers in brackets (a row may go over several lines), `val_acc=` and a line of
dashes. Of a recurrent cell that is one line, `[0 2 1 ...] rw=0.053`, with its
reward in the place of an accuracy. Around them are the lines of child steps,
controller steps and evaluations. The log of enas_lm shows each cell on the line
of a controller step. Everything else is passed over, and so is whatever was cut
off; what looks like a log's line, but is none that is known, is counted.
"""

import csv
import json
import os
import re
import sys
import typing

from src.arc import arc_of_rows, record
from src.arc import text as text_lib
from src.arc.errors import ArcError
from src.arc.record import Record
from src.arc.tokens import whole_number
from src.view import guess, tables
from src.view.history import (
  ChildStep,
  ControllerStep,
  Evaluation,
  History,
  Shown,
  nothing,
)
from src.view.lines import events, opened


class NothingYet(ArcError):
  """A log without anything to show; so it begins."""


class Run(typing.NamedTuple):
  """What is known of a run.

  Attributes:
    history: History.
    flags: dict, the run's `flags.json`; empty when there is none.
    log_path: str.
    record: `src.arc` Record: which space it searched, and how its networks are
      counted.
    minutes: float, how long it has run; 0 where nothing says so.
  """

  history: History
  flags: dict
  log_path: str
  record: Record
  minutes: float


# Bytes at the end of a log in which its last step is.
_TAIL = 65536
_SHOWN_LETTERS = 60  # of a line that is not understood
_FLOAT = re.compile(r'-?(\d{1,15}\.\d{1,15}|nan|inf)\Z')


def read(lines, space=None):
  """Reads a whole log.

  Args:
    lines: iterable of str, such as an open file.
    space: what its architectures are from, a value of `src.arc.spaces`, or None
      to see it from each.

  Returns:
    History.
  """
  history = nothing()
  epoch, index, step, rows = None, 0, None, []
  begun = False  # whether a line came that can stand before a block
  headless = False  # whether the first block may be the rest of one
  unknown = []
  for event in events(lines):
    kind, value = event.kind, event.value
    if kind == 'unknown':
      unknown.append(event)
      continue
    if kind == 'row':
      headless = headless or not begun
      rows.append([whole_number(word) for word in value.split()])
      continue
    if kind == 'phase':
      epoch, index = epoch if value is None else value, 0
    elif kind == 'step':
      step = value
    elif kind == 'arc_accuracy' and rows:
      try:
        if any(None in row for row in rows):
          raise ArcError('a number is too large to belong to an architecture')
        if space is None:
          arc = arc_of_rows(rows)
        else:
          arc = space.from_tokens([n for row in rows for n in row])
        history.shown.append(Shown(epoch, index, arc, value))
      except ArcError as error:
        history.skipped.append('line %d: %s' % (event.line, error))
      index += 1
    elif kind in ('valid', 'test'):
      getattr(history, kind).append(Evaluation(epoch, step, value))
    elif kind == 'test_perplexity_so_far':
      history.perplexity['test'][:] = [Evaluation(epoch, step, value)]
    elif kind.endswith('_perplexity'):
      split = kind.split('_')[0]
      history.perplexity[split].append(Evaluation(epoch, step, value))
    elif kind == 'child':
      history.child.append(_child_step(value))
      if 'loss' not in value:  # enas_lm gives nothing else its epoch
        epoch = history.child[-1].epoch + 1
    elif kind == 'controller':
      minutes = history.child[-1].minutes if history.child else 0.0
      history.controller.append(_controller_step(epoch, minutes, value))
    rows, begun = [], True
  if headless and len(history.shown) > 1:
    first, second = [shown.arc for shown in history.shown[:2]]
    same_kind = type(first) is type(second)
    if not same_kind or len(first.tokens) != len(second.tokens):
      del history.shown[0]
      history.skipped.insert(0, 'the first block, whose beginning is cut off')
  if unknown:
    count = '1 line' if len(unknown) == 1 else '%d lines' % len(unknown)
    history.skipped.append(
      "%s looking like a log's, the first is line %d: %r"
      % (count, unknown[0].line, unknown[0].value[:_SHOWN_LETTERS])
    )
  return history


def tell_skipped(history):
  """Says on stderr what of a log could not be read."""
  for line in history.skipped:
    print('passed over: ' + line, file=sys.stderr)


def _child_step(words):
  return ChildStep(
    int(words['epoch']),
    int(words['step']),
    _number(words.get('loss', 'nan')),
    _number(words['learning_rate']),
    _accuracy(words),
    words['perplexity'] and _number(words['perplexity']),
    float(words['minutes'] or 0),
  )


def _accuracy(words):
  if words.get('accuracy'):
    return _number(words['accuracy'])
  return _share(words['hits'], words['total']) if words.get('hits') else None


def _share(part, whole):
  return int(part) / float(max(int(whole), 1))


def _controller_step(epoch, minutes, words):
  """minutes: float, of the step before, where the line does not tell."""
  return ControllerStep(
    epoch,
    int(words['step']),
    *[_number(words.get(name, 'nan')) for name in ControllerStep._fields[2:6]],
    float(words.get('minutes') or minutes),
  )


def _number(word):
  return float(word) if _FLOAT.match(word) else float('nan')


def load(path):
  """Reads what there is of a run.

  A run of this project says in `space.json` what it searched, and its tables
  hold exact numbers; of any other log, kinds and sizes are guessed.

  Args:
    path: str, a run directory, a log, a CSV with the columns epoch, arc and
      valid_accuracy or reward, or a text file with the rows of architectures.

  Returns:
    Run.

  Raises:
    ArcError: there is nothing to read, or no architecture and no step in it.
  """
  whole = os.path.isdir(path)
  log_path = os.path.join(path, 'stdout') if whole else path
  directory = os.path.dirname(log_path)
  said = record.read(directory)
  space = said and said.space
  flags = _read_flags(directory)
  try:
    if whole and said and tables.are_in(directory):
      history = tables.read(directory, space)
      minutes = _last_minutes(log_path)
    else:
      history = _read_file(log_path, space)
      steps = history.child + history.controller
      minutes = max([step.minutes for step in steps] + [0.0])
  except csv.Error as error:
    raise ArcError('cannot read %s: %s' % (log_path, error)) from error
  if not any(history[:5]):
    raise NothingYet(
      '%s shows no architecture, no step and no accuracy%s'
      % (log_path, ': ' + history.skipped[0] if history.skipped else '')
    )
  if said is None:
    said = guess.record_of(flags, history.shown)
  history = history._replace(space=said.space)
  return Run(history, flags, log_path, said, minutes)


def _read_file(path, space):
  """The History of a log, a table, or a file of rows."""
  with opened(path) as file:
    if path.endswith('.csv'):
      return tables.read_architectures(file, path, space)
    history = read(file, space)
    if any(history[:6]):
      return history
    file.seek(0)
    return _read_rows(file)


def _last_minutes(path):
  """What the last step of a log says of the time; 0 where none does."""
  if not os.path.isfile(path):
    return 0.0
  with open(path, 'rb') as file:
    file.seek(max(0, os.path.getsize(path) - _TAIL))
    found = re.findall(rb'mins=(\d{1,9}\.\d+)', file.read())
  return float(found[-1]) if found else 0.0


def _read_rows(file):
  """Macro rows as the extractor writes them: a short row begins the next."""
  history = nothing()
  blocks = []
  for line in file:
    words = line.split()
    numbers = [whole_number(word) for word in words]
    if not words or None in numbers:
      return history
    if not blocks or len(words) <= len(blocks[-1][-1]):
      blocks.append([])
    blocks[-1].append(numbers)
  if blocks and all(len(block) == 1 for block in blocks):
    pairs = [one + other for one, other in zip(blocks[::2], blocks[1::2])]
    if all(map(_is_readable, pairs)) or not all(map(_is_readable, blocks)):
      blocks = pairs
  elif len(blocks) > 1 and len(blocks[-1]) < len(blocks[0]):
    blocks.pop()  # cut off
  for number, block in enumerate(blocks):
    try:
      history.shown.append(Shown(None, number, arc_of_rows(block), None))
    except ArcError as error:
      history.skipped.append('architecture %d: %s' % (number, error))
  return history


def _is_readable(block):
  try:
    return bool(arc_of_rows(block))
  except ArcError:
    return False


def _read_flags(directory):
  try:
    with text_lib.open_text(os.path.join(directory, 'flags.json')) as file:
      flags = json.load(file)
  except (OSError, ValueError):
    return {}
  if not isinstance(flags, dict):
    return {}
  return {name: text_lib.native(value) for name, value in flags.items()}
