"""What the analysis leaves in a folder.

analysis.html              all of it on one page that needs no network
analysis_runs.csv          a row a run
analysis_families.csv      error against number of poison actions
analysis_layers.csv        good and bad layers and so on, a row a run and epoch
analysis_controllers.csv   other controllers against the one that learns
analysis_error.png         and the other charts
"""

import csv
import io
import math
import os

from src.robustness.analysis import charts, found
from src.robustness.analysis.found import MODES
from src.view import curves
from src.view import page as page_lib

FILE = 'analysis.html'
_LAYERS = (
  'good_layers_avg', 'bad_layers_avg', 'good_layers_best', 'bad_layers_best',
  'cut_off_avg', 'cut_off_best', 'entropy_op', 'entropy_skip',
)  # fmt: skip


def write(directory, title, results, sections, left_out):
  """Writes page, tables and pictures.

  Args:
    directory: str; it is made when missing.
    title: str.
    results: found.Results.
    sections: list of `page.Section`.
    left_out: list of str.

  Returns:
    list of str, the paths written.

  Raises:
    OSError: one cannot be written.
  """
  os.makedirs(directory, exist_ok=True)
  drawn, paths = {}, []
  for name, figure in charts.panels(results):
    paths.append(os.path.join(directory, 'analysis_%s.png' % name))
    figure.savefig(paths[-1], dpi=150)
    drawn[name] = curves.as_svg(figure)
  page = page_lib.of_sections(title, sections, drawn, left_out)
  texts = [
    ('analysis_%s.csv' % name, _as_csv(rows))
    for name, rows in tables(results).items()
  ]
  for name, text in texts + [(FILE, page)]:
    paths.insert(0, os.path.join(directory, name))
    page_lib.write(paths[0], text)
  return paths


def tables(results):
  """dict from the name of a table to its rows, the heading first.

  What is not defined is nan.
  """
  return {
    'runs': _runs(results),
    'families': _families(results),
    'layers': _layers(results),
    'controllers': _controllers(results),
  }


def _as_csv(rows):
  text = io.StringIO()
  csv.writer(text, lineterminator='\n').writerows(
    [
      '' if isinstance(value, float) and math.isnan(value) else value
      for value in row
    ]
    for row in rows
  )
  return text.getvalue()


def _runs(results):
  heading = ('file', 'set', 'experiment', 'dataset', 'condition', 'controller',
             'seed', 'family', 'poisons', 'actions', 'epochs', 'concluded',
             'mean_of')  # fmt: skip
  rows = [
    heading
    + tuple('error_' + mode for mode in MODES)
    + ('highest_error_ref', 'share_at_chance_ref', 'good_layers', 'bad_layers')
  ]
  for one in results.measured:
    run = one.run
    rows.append(
      (run.file, run.set, run.experiment, run.dataset, run.condition,
       run.controller, run.seed, run.family, run.poisons, run.actions,
       one.epochs, int(run.concluded), one.last)
      + tuple(one.error[mode] for mode in MODES)
      + (one.highest, one.at_chance, one.good, one.bad)
    )  # fmt: skip
  return rows


def _families(results):
  rows = [('family', 'mode', 'runs', 'rho', 'p', 'p_holm')]
  for family in results.families:
    for mode in MODES:
      rho = family.rho[mode]
      rows.append(
        (family.name, mode, rho.count, rho.rho, rho.p, family.corrected[mode])
      )
  return rows


def _layers(results):
  rows = [('experiment', 'controller', 'seed', 'epoch') + _LAYERS]
  for one in results.measured:
    run = one.run
    for row in run.rows:
      rows.append(
        (found.name_of(run), run.controller, run.seed, int(row['epoch']))
        + tuple(row[name] for name in _LAYERS)
      )
  return rows


def _controllers(results):
  rows = [
    ('experiment', 'other', 'mode', 'seeds', 'difference', 'sd', 'low', 'high',
     'p_t', 'wins', 'p_sign')
  ]  # fmt: skip
  for group in results.groups:
    for (name, mode), told in group.contrasts.items():
      rows.append(
        (group.name, name, mode, told.count, told.mean, told.sd, told.low,
         told.high, told.p_t, told.wins, told.p_sign)
      )  # fmt: skip
  return rows
