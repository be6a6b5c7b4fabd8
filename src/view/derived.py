"""The table that `--mode=derive` wrote, as a report shows it."""

import csv
import html
import math
import os
import typing

from src.arc import text as text_lib
from src.view import rank

FILE = 'derived.csv'
_ROWS = 10


class Derived(typing.NamedTuple):
  """An architecture that was scored on the whole validation split.

  Attributes:
    arc: str.
    times: int, how often it was sampled.
    value: float, accuracy or perplexity.
    error: float, the accuracy's standard error, of a share of `examples`; None
      for perplexities.
    examples: int, images; None where the table does not tell.
  """

  arc: str
  times: int
  value: float
  error: typing.Optional[float]
  examples: typing.Optional[int]


def read(directory):
  """list of Derived of a run directory, best first; empty without the table.

  Raises:
    ArcError: the table is damaged.
  """
  path = os.path.join(directory, FILE)
  if not os.path.isfile(path):
    return []
  table = rank.read(path)
  with text_lib.open_text(path) as file:
    counts = [row.get('num_examples') or '' for row in csv.DictReader(file)]
  examples = int(counts[0]) if counts[0].isdigit() else 0
  rows = []
  for arc, (value, times) in table.items():
    error = None
    if examples and not table.falls:
      error = math.sqrt(value * (1 - value) / examples)
    rows.append(Derived(arc, times, value, error, examples or None))
  return rows


def as_html(rows):
  """The best of a table, for a page; '' for none."""
  if not rows:
    return ''
  first = rows[0]
  if first.error is None:
    heading, note = 'validation', ''
  else:
    heading = 'validation &plusmn; standard error'
    close = sum(row.value >= first.value - first.error for row in rows)
    note = (
      '<p>Of %d images: %d of the %d lie within one standard error of the '
      'first.</p>' % (first.examples, close, len(rows))
    )
  lines = [
    '<tr><td>%d</td><td>%s</td><td>%d</td><td><code>%s</code></td></tr>'
    % (number, _value(row), row.times, html.escape(row.arc))
    for number, row in enumerate(rows[:_ROWS], 1)
  ]
  return (
    '<h2>Derived from the controller, with shared weights</h2>\n%s\n'
    '<table class="derived"><tr><th>rank</th><th>%s</th><th>times sampled</th>'
    '<th>architecture</th></tr>\n%s</table>' % (note, heading, '\n'.join(lines))
  )


def _value(row):
  if row.error is None:
    return '%.4g' % row.value
  return '%.4f &plusmn; %.4f' % (row.value, row.error)
