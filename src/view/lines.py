"""What single lines of a log say: ours, melodyguan/enas's or enas_lm's.

Those of rhubarbwu/ENAS-Experiments tell a speed where others tell minutes.

They are read as they would be bare, whatever quoting, a container's log or a
terminal puts around them. A line is passed over in silence if it looks like
none of these; if it looks like one and cannot be read, it is an event too.
"""

import codecs
import contextlib
import gzip
import re
import typing
import zlib

from src.arc.errors import ArcError


class Event(typing.NamedTuple):
  """One thing a log says.

  Attributes:
    kind: 'row' with its text between the brackets; 'arc_accuracy', 'valid',
      'test', 'valid_perplexity', 'probe_perplexity' or 'test_perplexity' with a
      float, and 'test_perplexity_so_far' of a test text that is not at its end;
      'phase' with an epoch, where a controller phase or an evaluation begins,
      None where it is the one after the last child step; 'step' with an
      evaluation's step; 'child' or 'controller' with a dict of strings, which
      lacks what a kind of log has not; 'rule' with None, where a block may
      begin; 'unknown' with the text of a line that looks like one of them.
    value: see there.
    line: int, from 1.
  """

  kind: str
  value: typing.Any
  line: int


_RULE = re.compile(r'(-{80}|Here are \d+ architectures)\s*$')
_NUMBERS = re.compile(r'[\[\]\d\s]+$')
_CELL = re.compile(r'\[([\d ]+)\] rw=\s*(\d{1,9}\.\d{1,9})\s*$')
_ROW = re.compile(r'\s*\[([\d\s]*)\]\s*$')
_PERPLEXITY = r'\s*(\d{1,15}\.\d{1,9})\s*$'
_LINES = (
  ('phase', re.compile(r'Epoch (\d{1,9}): (?:Training controller|Eval)\s*$')),
  ('phase', re.compile(r'Training controller()\s*$')),
  ('arc_accuracy', re.compile(r'val_acc=\s*([01]\.\d{1,9})\s*$')),
  ('valid', re.compile(r'valid_accuracy:\s*([01]\.\d{1,9})\s*$')),
  ('test', re.compile(r'test_accuracy:\s*([01]\.\d{1,9})\s*$')),
  ('valid_perplexity', re.compile(r'valid_ppl[:=]' + _PERPLEXITY)),
  ('probe_perplexity', re.compile(r'probe_ppl:' + _PERPLEXITY)),
  ('test_perplexity', re.compile(r'test_ppl:' + _PERPLEXITY)),
  (
    'test_perplexity_so_far',
    re.compile(r'step=\d{1,12}\s+test_ppl=' + _PERPLEXITY),
  ),
  ('step', re.compile(r'Eval at (\d{1,12})\s*$')),
)
_MINUTES = r'\s+(?:mins=(?P<minutes>\d{1,9}\.\d+)|time=\S+it/s)\s*$'
_STEPS = (
  (
    'child',
    re.compile(
      r'epoch=(?P<epoch>\d{1,9})\s+ch_step=(?P<step>\d{1,12})\s+'
      r'loss=(?P<loss>\S+)\s+lr=(?P<learning_rate>\S+)\s+\|g\|=\S+\s+'
      r'(?:tr_acc=(?P<hits>\d{1,9})\s*/\s*(?P<total>\d{1,9})|'
      r'acc=(?P<accuracy>\S+)|tr_ppl=(?P<perplexity>\S+)(?:\s+avg=[01])?)'
      + _MINUTES
    ),
  ),
  (
    'child',
    re.compile(
      r'epoch=(?P<epoch>\d{1,9})\s+step=(?P<step>\d{1,12})\s+'
      r'ppl=(?P<perplexity>\S+)\s+lr=(?P<learning_rate>\S+)\s+'
      r'(?:\|w\|=\S+\s+)?\|g\|=\S+(?:\s+avg=\d)?' + _MINUTES
    ),
  ),
  (
    'controller',
    re.compile(
      r'ctrl_step=(?P<step>\d{1,12})\s+loss=(?P<loss>\S+)\s+'
      r'ent=(?P<entropy>\S+)\s+lr=\S+\s+\|g\|=\S+\s+'
      r'(?:acc|rw)=(?P<accuracy>\S+)\s+bl=(?P<baseline>\S+)' + _MINUTES
    ),
  ),
)
# A step of enas_lm's controller, with its cell; that may go over lines.
_SAMPLE = re.compile(
  r'step=(?P<step>\d{1,12})\s+ent=(?P<entropy>\S+)\s+ppl=\S+\s+'
  r'rw=(?P<accuracy>\d{1,9}\.\d{1,9})\s+bl=(?P<baseline>\S+)\s+arc=(\[[\d\s]*\]?)\s*$'
)
# What a line that cannot be read has in common with those that can.
_LOOKS_KNOWN = re.compile(
  r'\b(?:epoch|(?:ch_|ctrl_)?step|val_acc|tr_acc|tr_ppl|rw|'
  r'(?:valid|test)_(?:accuracy|ppl))[=:]|\bEpoch \d+:|\bEval at\b'
)
_COLOUR = re.compile(r'\x1b\[[0-9;]*[A-Za-z]')
_FRONT = re.compile(
  r'(?:\s*>[ ]?|\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?'
  r'(?:Z|[+-]\d\d:?\d\d)?[ ])+'
)


def events(lines):
  """Yields an `Event` for each line that says something.

  Blank lines and whatever else is written in between say nothing; nor does a
  last line that is not understood, which may be cut off.

  Args:
    lines: iterable of str, such as an open file.
  """
  row = None  # the text so far of a row that has not come to its bracket
  reward = None  # of the cell that this row is
  unknown = None  # an event that counts once another line follows
  for number, line in enumerate(map(_bare, lines), 1):
    if unknown and line.strip():
      yield unknown
      unknown = None
    cell, sample = _CELL.match(line.lstrip()), _SAMPLE.match(line.lstrip())
    if cell:
      row = None
      yield Event('row', cell.group(1), number)
      yield Event('arc_accuracy', float(cell.group(2)), number)
      continue
    if sample:
      row, reward = sample.group(5), float(sample.group('accuracy'))
      yield Event('controller', sample.groupdict(), number)
    elif row is not None and _NUMBERS.match(line) and '[' not in line:
      row += line
    elif line.lstrip().startswith('[') and _NUMBERS.match(line):
      row, reward = line, None
    else:
      row = None
      event = _event(line.lstrip(), number)
      if event is not None and event.kind == 'unknown':
        unknown = event
      elif event is not None:
        yield event
      continue
    if ']' in row:
      match = _ROW.match(row)
      if match:
        yield Event('row', ' '.join(match.group(1).split('\n')), number)
        if reward is not None:
          yield Event('arc_accuracy', reward, number)
      row = None


def _bare(line):
  """A line without quote marks, time stamps, colours and backticks."""
  if '\x1b' in line:
    line = _COLOUR.sub('', line)
  line = line.replace('`', '')
  front = _FRONT.match(line)
  return line[front.end() :] if front else line


def _event(line, number):
  for kind, pattern in _LINES:
    match = pattern.match(line)
    if match:
      value = match.group(1)
      if kind in ('phase', 'step'):
        return Event(kind, int(value) if value else None, number)
      return Event(kind, float(value), number)
  for kind, pattern in _STEPS:
    match = pattern.match(line)
    if match:
      return Event(kind, match.groupdict(), number)
  if _RULE.match(line):
    return Event('rule', None, number)
  if _LOOKS_KNOWN.search(line):
    return Event('unknown', line.rstrip(), number)
  return None


@contextlib.contextmanager
def opened(path):
  """Opens a text in UTF-8 or, as its first bytes tell, UTF-16 or gzipped.

  Args:
    path: str.

  Yields:
    file of str.

  Raises:
    ArcError: it cannot be read, to its end.
  """
  try:
    with open(path, 'rb') as file:
      start = file.read(2)
    utf_16 = start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    encoding = 'utf-16' if utf_16 else 'utf-8-sig'
    function = gzip.open if start == b'\x1f\x8b' else open
    with function(path, 'rt', encoding=encoding, errors='replace') as file:
      yield file
  except (OSError, EOFError, zlib.error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise ArcError('cannot read %s: %s' % (path, reason)) from error
