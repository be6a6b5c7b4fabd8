"""`report.html` of a search: levels, best cells drawn, predictor, curves."""

import csv
import os

from src.arc import draw
from src.arc import text as text_lib
from src.pnas import charts
from src.pnas.history import OK
from src.view import curves, page
from src.view.page import Section

FILE = 'report.html'
_SHOWN = 3  # cells


def write(folder, results, space):
  """Writes the page anew.

  Args:
    folder: str, the run directory.
    results: list of history.Result, in the order of training.
    space: PnasSpace that the cells are of.

  Raises:
    OSError: it cannot be written.
  """
  done = sorted(
    (result for result in results if result.status == OK),
    key=lambda result: -result.reward,
  )
  drawn = {'rewards': curves.as_svg(charts.rewards(results))}
  sections = [
    Section('Trained children', 'rewards', [_levels(results)], _told(results))
  ]
  ranks = _ranks(folder)
  if ranks:
    sections.append(
      Section(
        'Predictor',
        None,
        [ranks],
        [
          "Spearman's rank correlation of what it says and what is measured: "
          'of the cells that it was fitted to, and of those of the next level, '
          'which it had chosen and not seen.'
        ],
      )
    )
  for place, result in enumerate(done[:_SHOWN], 1):
    name = 'cell %d' % place
    arc = space.from_tokens(result.cell)
    drawn[name] = draw.arc_svg(
      arc, operations=space.actions, title='accuracy %.4f' % result.reward
    )
    lines = ['%s' % (result.cell,), 'Numbers: ' + str(arc)]
    if result.params:
      lines.append('%d parameters' % result.params)
    sections.append(Section('Cell, number %d' % place, name, [], lines))
  title = 'Progressive search: %s' % os.path.basename(os.path.abspath(folder))
  text = page.of_sections(title, sections, drawn)
  page.write(os.path.join(folder, FILE), text)


def _levels(results):
  table = [
    ('blocks', 'trained', 'failed', 'best', 'mean', 'seconds', 'examples')
  ]
  for level in sorted({result.level for result in results}):
    of_level = [result for result in results if result.level == level]
    rewards = [result.reward for result in of_level if result.status == OK]
    table.append(
      (
        str(level),
        str(len(of_level)),
        str(len(of_level) - len(rewards)),
        '%.4f' % max(rewards) if rewards else '-',
        '%.4f' % (sum(rewards) / len(rewards)) if rewards else '-',
        '%.0f' % sum(result.seconds for result in of_level),
        '%d' % sum(result.examples for result in of_level),
      )
    )
  return table


def _told(results):
  failed = [result for result in results if result.failure]
  return [
    'No score (%s) for %s: %s' % (result.status, result.cell, result.failure)
    for result in failed
  ]


def _ranks(folder):
  path = os.path.join(folder, 'spearman.csv')
  if not os.path.exists(path):
    return None
  with text_lib.open_text(path) as file:
    return [tuple(row) for row in csv.reader(file)]
