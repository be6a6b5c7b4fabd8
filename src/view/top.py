"""Which architecture of a run to take: score, size, time, and what is best.

A folder that `write` fills:

  top.csv      a row an architecture, the best first
  top.json     the same, where it is from, and the whole front
  top.png      score against multiply-adds and latency (`front`)
"""

import csv
import json
import os
import typing

from src.arc import ArcError, describe, read_arc
from src.arc import text as text_lib
from src.view import frames, rank

DERIVED = 'derived.csv'
ONE_BATCH = 'architectures that the run showed, each scored on one batch'


class Latency(typing.NamedTuple):
  """How long a batch takes, in milliseconds.

  Attributes:
    median, low, high: floats; half of the rounds lay from low to high.
  """

  median: float
  low: float
  high: float


class Entry(typing.NamedTuple):
  """An architecture of a run.

  Attributes:
    rank: int, from 1.
    arc: the architecture.
    score: float, see `Ranking`.
    parameters: int, of its fixed network, sized as the run's; None where that
      cannot be counted.
    multiply_adds: int, for one image or word; None as well.
    latency: Latency, or None where it was not measured.
  """

  rank: int
  arc: typing.Any
  score: float
  parameters: typing.Optional[int]
  multiply_adds: typing.Optional[int]
  latency: typing.Optional[Latency] = None


class Ranking(typing.NamedTuple):
  """The architectures of a run.

  Attributes:
    entries: list of Entry, the best first.
    measure: str, what a score is: accuracy, perplexity or reward.
    falls: bool, whether lower is better.
    source: str, where the scores are from.
  """

  entries: list
  measure: str
  falls: bool
  source: str


def ranking(run, directory):
  """Ranks what is known of a run's architectures.

  Args:
    run: log.Run.
    directory: str, its directory. `derived.csv` there comes first, else what
      was shown counts, once each.

  Returns:
    Ranking.

  Raises:
    ArcError: there is none.
  """
  path = os.path.join(directory, DERIVED)
  if os.path.isfile(path):
    table = rank.read(path)
    space = run.record.space
    parse = read_arc if space is None else space.parse
    found = [(parse(text), value) for text, (value, _) in table.items()]
    measure = 'perplexity' if table.falls else 'accuracy'
    falls, source = table.falls, path
    found.sort(key=lambda pair: pair[1] if falls else -pair[1])
  else:
    shown, seen = [], set()
    for entry in frames.ranked(run.history.shown):
      if entry.accuracy is not None and entry.arc not in seen:
        seen.add(entry.arc)
        shown.append(entry)
    if not shown:
      raise ArcError(
        '%s has no architectures to choose from: give the directory of a '
        'search' % directory
      )
    found = [(entry.arc, entry.accuracy) for entry in shown]
    measure, falls, source = shown[0].arc.measure, False, ONE_BATCH
  entries = [
    Entry(number, arc, score, *describe.final_counts(arc, run.record))
    for number, (arc, score) in enumerate(found, 1)
  ]
  return Ranking(entries, measure, falls, source)


def front(entries, cost, falls=False):
  """The Pareto front: those for which no other is as good at less cost.

  Args:
    entries: list of Entry.
    cost: function of an Entry that returns a number; None leaves it out.
    falls: bool, see `Ranking`.

  Returns:
    list of Entry, the cheapest first; each next one scores better.
  """
  sign = 1 if falls else -1
  known = [entry for entry in entries if cost(entry) is not None]
  best, chosen = None, []
  for entry in sorted(known, key=lambda e: (cost(e), sign * e.score, e.rank)):
    if best is None or sign * entry.score < best:
      best = sign * entry.score
      chosen.append(entry)
  return chosen


def multiply_adds(entry):
  """A cost for `front`."""
  return entry.multiply_adds


def latency(entry):
  """A cost for `front`."""
  return entry.latency and entry.latency.median


def lines(found, entries):
  """A table for people, a list of lines.

  Args:
    found: Ranking.
    entries: list of Entry, those to show.
  """
  form = '%.2f' if found.falls else '%.4f'
  rows = [
    ('', found.measure, 'parameters', 'multiply-adds', 'latency in ms', 'arc')
  ]
  for entry in entries:
    time = entry.latency
    rows.append(
      (
        str(entry.rank),
        form % entry.score,
        _short(entry.parameters),
        _short(entry.multiply_adds),
        time and '%.2f (%.2f to %.2f)' % time,
        str(entry.arc),
      )
    )
  return describe.side_by_side(rows)


def _short(number):
  return None if number is None else describe.short(number)


def write(folder, found, entries, about):
  """Writes `top.csv` and `top.json`.

  Args:
    folder: str; it is made.
    found: Ranking.
    entries: list of Entry, those to write.
    about: dict, what else the JSON tells.

  Raises:
    OSError: it cannot be written.
  """
  os.makedirs(folder, exist_ok=True)
  rows = [_row(found, entry) for entry in entries]
  with text_lib.open_text(os.path.join(folder, 'top.csv'), 'w') as file:
    table = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
    table.writeheader()
    table.writerows(rows)
  whole = dict(
    about,
    measure=found.measure,
    source=found.source,
    num_architectures=len(found.entries),
    architectures=rows,
    front=[
      _row(found, entry)
      for entry in front(found.entries, multiply_adds, found.falls)
    ],
  )
  with text_lib.open_text(os.path.join(folder, 'top.json'), 'w') as file:
    json.dump(whole, file, indent=2)
    file.write('\n')


def _row(found, entry):
  """dict of an Entry's columns, in their order."""
  time = entry.latency or Latency(None, None, None)
  return {
    'rank': entry.rank,
    'arc': str(entry.arc),
    found.measure: entry.score,
    'parameters': entry.parameters,
    'multiply_adds': entry.multiply_adds,
    'latency_ms': time.median,
    'latency_low_ms': time.low,
    'latency_high_ms': time.high,
  }
