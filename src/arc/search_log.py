"""Reads the architectures out of a search's log, ours or melodyguan/enas's.

After each controller phase a log shows ten architectures: `Epoch 5: Training
controller`, later `Here are 10 architectures`, then for each one row of
numbers in brackets per layer (a row may go over several lines), `val_acc=` and
a line of dashes. Everything else in a log is passed over, and so is a block
that was cut off before its accuracy.
"""

import collections
import re

from src.arc.errors import ArcError
from src.arc.macro import MacroArc

Shown = collections.namedtuple('Shown', ['epoch', 'index', 'arc', 'accuracy'])
Shown.__doc__ = """One architecture of a log.

epoch: int, or None before the first controller phase. index: int, its place in
the block of that epoch. arc: the architecture. accuracy: float.
"""

_EPOCH = re.compile(r'Epoch (\d{1,9}): Training controller\s*$')
_ACCURACY = re.compile(r'val_acc=\s*([01]\.\d{1,9})\s*$')
_NUMBERS = re.compile(r'[\[\]\d\s]+$')


def read(lines, parse=MacroArc.parse):
  """Finds the architectures in a log.

  Args:
    lines: iterable of str, such as an open file.
    parse: function of a block's text that returns an architecture.

  Yields:
    Shown, in the order of the log.

  Raises:
    ArcError: a complete block holds no architecture; names its last line.
  """
  epoch, index, block = None, 0, []
  for number, line in enumerate(lines, 1):
    started = _EPOCH.match(line)
    accuracy = _ACCURACY.match(line)
    if started:
      epoch, index, block = int(started.group(1)), 0, []
    elif accuracy and block:
      try:
        arc = parse('\n'.join(block))
      except ArcError as error:
        raise ArcError('line %d: %s' % (number, error)) from error
      yield Shown(epoch, index, arc, float(accuracy.group(1)))
      index, block = index + 1, []
    elif line.lstrip().startswith('[') and _NUMBERS.match(line):
      block.append(line)
    elif block and _NUMBERS.match(line) and _is_open(block):
      block.append(line)
    else:
      block = []


def _is_open(block):
  """Whether the last row of the block has not come to its bracket yet."""
  return ']' not in block[-1]
