"""Reads a run's log, ours or melodyguan/enas's.

After each controller phase a log shows ten architectures: `Epoch 5: Training
controller`, later `Here are 10 architectures`, then for each its rows of
numbers in brackets (a row may go over several lines), `val_acc=` and a line of
dashes. Of a recurrent cell that is one line, `[0 2 1 ...] rw=0.053`, with its
reward in the place of an accuracy. Around them are the lines of child steps,
controller steps and evaluations. Everything else is passed over, and so is
whatever was cut off.
"""

import codecs
import collections
import csv
import gzip
import json
import os
import re
import typing
import zlib

from src.arc import RecurrentArc, arc_of_rows, read_arc
from src.arc.errors import ArcError
from src.arc.tokens import whole_number

Event = collections.namedtuple('Event', ['kind', 'value', 'line'])
Event.__doc__ = """One thing a log says.

kind: 'row' with its text between the brackets; 'arc_accuracy', 'valid', 'test',
'valid_perplexity', 'probe_perplexity' or 'test_perplexity' with a float;
'phase' with an epoch,
where a controller phase or an evaluation begins; 'step' with an evaluation's
step; 'child' or 'controller' with a dict of strings; 'rule' with None, where a
block may begin. line: int, from 1.
"""

Shown = collections.namedtuple('Shown', ['epoch', 'index', 'arc', 'accuracy'])
Shown.__doc__ = """One architecture that was shown.

epoch: int, or None before the first controller phase. index: int, its place in
the block of that epoch. arc: the architecture. accuracy: float, the reward of a
recurrent cell, or None.
"""

ChildStep = collections.namedtuple(
  'ChildStep',
  [
    'epoch',
    'step',
    'loss',
    'learning_rate',
    'accuracy',
    'perplexity',
    'minutes',
  ],
)
ControllerStep = collections.namedtuple(
  'ControllerStep',
  ['epoch', 'step', 'loss', 'entropy', 'accuracy', 'baseline', 'minutes'],
)
Evaluation = collections.namedtuple('Evaluation', ['epoch', 'step', 'accuracy'])


class History(typing.NamedTuple):
  """All that a log tells, each list in its order.

  child: list of ChildStep. controller: of ControllerStep. valid, test: of
  Evaluation. shown: of Shown. skipped: of str, blocks that could not be read.
  perplexity: dict from 'valid', 'probe' (of one cell, in a search) and 'test'
  to a list of Evaluation whose `accuracy` is a perplexity, for language models;
  else empty lists.
  """

  child: list
  controller: list
  valid: list
  test: list
  shown: list
  skipped: list
  perplexity: dict

  def evaluations(self):
    """Those of one split, if there are any: they tell epochs and steps."""
    of_text = self.perplexity
    return self.valid or self.test or of_text['valid'] or of_text['test']


def nothing():
  """A History of nothing yet."""
  return History([], [], [], [], [], [], {'valid': [], 'probe': [], 'test': []})


class Run(typing.NamedTuple):
  """A log and what is known beside it.

  flags: dict, the run's `flags.json`; empty when there is none. log_path: str.
  """

  history: History
  flags: dict
  log_path: str


_RULE = re.compile(r'(-{80}|Here are \d+ architectures)\s*$')
_NUMBERS = re.compile(r'[\[\]\d\s]+$')
_CELL = re.compile(r'\[([\d ]+)\] rw=\s*(\d{1,9}\.\d{1,9})\s*$')
_ROW = re.compile(r'\s*\[([\d\s]*)\]\s*$')
_LINES = (
  ('phase', re.compile(r'Epoch (\d{1,9}): (?:Training controller|Eval)\s*$')),
  ('arc_accuracy', re.compile(r'val_acc=\s*([01]\.\d{1,9})\s*$')),
  ('valid', re.compile(r'valid_accuracy:\s*([01]\.\d{1,9})\s*$')),
  ('test', re.compile(r'test_accuracy:\s*([01]\.\d{1,9})\s*$')),
  ('valid_perplexity', re.compile(r'valid_ppl:\s*(\d{1,15}\.\d{1,9})\s*$')),
  ('probe_perplexity', re.compile(r'probe_ppl:\s*(\d{1,15}\.\d{1,9})\s*$')),
  ('test_perplexity', re.compile(r'test_ppl:\s*(\d{1,15}\.\d{1,9})\s*$')),
  ('step', re.compile(r'Eval at (\d{1,12})\s*$')),
)
_STEP = {
  'child': re.compile(
    r'epoch=(?P<epoch>\d{1,9})\s+ch_step=(?P<step>\d{1,12})\s+loss=(?P<loss>\S+)'
    r'\s+lr=(?P<learning_rate>\S+)\s+\|g\|=\S+\s+'
    r'(?:tr_acc=(?P<hits>\d{1,9})\s*/\s*(?P<total>\d{1,9})|'
    r'tr_ppl=(?P<perplexity>\S+)(?:\s+avg=[01])?)\s+mins=(?P<minutes>\d{1,9}\.\d+)\s*$'
  ),
  'controller': re.compile(
    r'ctrl_step=(?P<step>\d{1,12})\s+loss=(?P<loss>\S+)\s+ent=(?P<entropy>\S+)'
    r'\s+lr=\S+\s+\|g\|=\S+\s+(?:acc|rw)=(?P<accuracy>\S+)\s+bl=(?P<baseline>\S+)'
    r'\s+mins=(?P<minutes>\d{1,9}\.\d+)\s*$'
  ),
}
# What quoting, a container's log or a terminal puts around a line.
_COLOUR = re.compile(r'\x1b\[[0-9;]*[A-Za-z]')
_FRONT = re.compile(
  r'(?:\s*>[ ]?|\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?'
  r'(?:Z|[+-]\d\d:?\d\d)?[ ])+'
)
_FLOAT = re.compile(r'-?(\d{1,15}\.\d{1,15}|nan|inf)\Z')


def events(lines):
  """Yields an `Event` for each line that says something.

  Blank lines and whatever else is written in between say nothing.

  Args:
    lines: iterable of str, such as an open file.
  """
  row = None  # the text so far of a row that has not come to its bracket
  for number, line in enumerate(map(_bare, lines), 1):
    cell = _CELL.match(line.lstrip())
    if cell:
      row = None
      yield Event('row', cell.group(1), number)
      yield Event('arc_accuracy', float(cell.group(2)), number)
      continue
    if row is not None and _NUMBERS.match(line) and '[' not in line:
      row += line
    elif line.lstrip().startswith('[') and _NUMBERS.match(line):
      row = line
    else:
      row = None
      event = _event(line, number)
      if event is not None:
        yield event
      continue
    if ']' in row:
      match = _ROW.match(row)
      if match:
        yield Event('row', ' '.join(match.group(1).split('\n')), number)
      row = None


def _bare(line):
  """A line without quote marks, time stamps, colours and backticks."""
  if '\x1b' in line:
    line = _COLOUR.sub('', line)
  line = line.replace('`', '')
  front = _FRONT.match(line)
  return line[front.end() :] if front else line


def _event(line, number):
  line = line.lstrip()
  for kind, pattern in _LINES:
    match = pattern.match(line)
    if match:
      value = match.group(1)
      whole = kind in ('phase', 'step')
      return Event(kind, int(value) if whole else float(value), number)
  for kind, pattern in _STEP.items():
    match = pattern.match(line)
    if match:
      return Event(kind, match.groupdict(), number)
  return Event('rule', None, number) if _RULE.match(line) else None


def read(lines, parse=None):
  """Reads a whole log.

  Args:
    lines: iterable of str, such as an open file.
    parse: function of a list of rows, each a list of ints, that returns an
      architecture; `arc_of_rows` if None.

  Returns:
    History.
  """
  history = nothing()
  epoch, index, step, rows = None, 0, None, []
  begun = False  # whether a line came that can stand before a block
  headless = False  # whether the first block may be the rest of one
  for event in events(lines):
    kind, value = event.kind, event.value
    if kind == 'row':
      headless = headless or not begun
      rows.append([whole_number(word) for word in value.split()])
      continue
    if kind == 'phase':
      epoch, index = value, 0
    elif kind == 'step':
      step = value
    elif kind == 'arc_accuracy' and rows:
      try:
        if any(None in row for row in rows):
          raise ArcError('a number is too large to belong to an architecture')
        arc = (parse or arc_of_rows)(rows)
        history.shown.append(Shown(epoch, index, arc, value))
      except ArcError as error:
        history.skipped.append('line %d: %s' % (event.line, error))
      index += 1
    elif kind in ('valid', 'test'):
      getattr(history, kind).append(Evaluation(epoch, step, value))
    elif kind.endswith('_perplexity'):
      split = kind.split('_')[0]
      history.perplexity[split].append(Evaluation(epoch, step, value))
    elif kind == 'child':
      history.child.append(_child_step(value))
    elif kind == 'controller':
      history.controller.append(_controller_step(epoch, value))
    rows, begun = [], True
  if headless and len(history.shown) > 1:
    first, second = [shown.arc for shown in history.shown[:2]]
    same_kind = type(first) is type(second)
    if not same_kind or len(first.tokens) != len(second.tokens):
      del history.shown[0]
      history.skipped.insert(0, 'the first block, whose beginning is cut off')
  return history


def open_text(path):
  """Opens a text in UTF-8 or, as its first bytes tell, UTF-16 or gzipped."""
  with open(path, 'rb') as file:
    start = file.read(2)
  if start == b'\x1f\x8b':
    return gzip.open(path, 'rt', encoding='utf-8-sig', errors='replace')
  utf_16 = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
  encoding = 'utf-16' if utf_16 else 'utf-8-sig'
  return open(path, encoding=encoding, errors='replace')


def _child_step(words):
  return ChildStep(
    int(words['epoch']),
    int(words['step']),
    _number(words['loss']),
    _number(words['learning_rate']),
    None if words['hits'] is None else _share(words['hits'], words['total']),
    words['perplexity'] and _number(words['perplexity']),
    float(words['minutes']),
  )


def _share(part, whole):
  return int(part) / float(max(int(whole), 1))


def _controller_step(epoch, words):
  return ControllerStep(
    epoch,
    int(words['step']),
    *[_number(words[name]) for name in ControllerStep._fields[2:6]],
    float(words['minutes']),
  )


def _number(word):
  return float(word) if _FLOAT.match(word) else float('nan')


def load(path):
  """Reads what there is of a run.

  Args:
    path: str, a run directory, a log, a CSV with the columns epoch, arc and
      valid_accuracy or reward, or a text file with the rows of architectures.

  Returns:
    Run.

  Raises:
    ArcError: there is nothing to read, or no architecture and no step in it.
  """
  directory = os.path.isdir(path)
  log_path = os.path.join(path, 'stdout') if directory else path
  try:
    with open_text(log_path) as file:
      if log_path.endswith('.csv'):
        history = _read_csv(file, log_path)
      else:
        history = read(file)
        if not any(history[:6]):
          file.seek(0)
          history = _read_rows(file)
  except (OSError, EOFError, zlib.error, csv.Error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise ArcError('cannot read %s: %s' % (log_path, reason)) from error
  if not any(history[:5]):
    raise ArcError(
      '%s shows no architecture, no step and no accuracy%s'
      % (log_path, ': ' + history.skipped[0] if history.skipped else '')
    )
  return Run(history, _read_flags(os.path.dirname(log_path)), log_path)


def _read_csv(file, path):
  history = nothing()
  reader = csv.DictReader(file)
  names = reader.fieldnames or ()
  value = 'reward' if 'reward' in names else 'valid_accuracy'
  columns = {'epoch', 'arc', value}
  if not columns <= set(names):
    raise ArcError(
      '%s lacks the columns %s' % (path, ', '.join(sorted(columns)))
    )
  counts = collections.Counter()
  for row in reader:
    try:
      text = row['arc'] or ''
      if value == 'reward':
        arc = RecurrentArc.parse(text)
      else:
        arc = _widened(text)
      epoch = int(row['epoch']) if row['epoch'] else None
      accuracy = float(row[value])
    except (ValueError, TypeError) as error:
      history.skipped.append('line %d: %s' % (reader.line_num, error))
      continue
    history.shown.append(Shown(epoch, counts[epoch], arc, accuracy))
    counts[epoch] += 1
  return history


def _widened(text):
  """The architecture of a string, from a larger search space if need be."""
  try:
    return read_arc(text)
  except ArcError:
    numbers = [whole_number(word) for word in text.split()]
    if None in numbers:
      raise
    return read_arc(text, num_operations=min(max(numbers + [0]) + 1, 99))


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
    with open(os.path.join(directory, 'flags.json')) as file:
      flags = json.load(file)
  except (OSError, ValueError):
    return {}
  return flags if isinstance(flags, dict) else {}
