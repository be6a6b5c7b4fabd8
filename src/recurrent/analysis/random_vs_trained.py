"""Whether a trained controller's cells are better than random ones.

  python -m src.recurrent.analysis.random_vs_trained --load_path RUN[,RUN...]

Its cells against those of the controller as it was before training, and
uniform ones; with the shared weights of the run, or, with --train=scratch, each
trained alone. Runs that differ by their seeds are replicates of the search.
"""

import collections
import os
import sys
import typing

import numpy as np

from src.arc import capacity
from src.recurrent import modes, types
from src.recurrent.analysis import group_tests, plots
from src.recurrent.study import command, files, opened, scratch
from src.recurrent.task import Recurrent
from src.run import directory, ranges
from src.run import flags as flags_lib
from src.run.errors import UsageError, exit_code_of
from src.run.flags import Flag

FOLDER = 'random_vs_trained'
COLUMNS = (
  ('group', 'run', 'seed', 'index', 'arc', 'canonical_id')
  + tuple(capacity.MEASURES)
  + ('valid_ppl', 'test_ppl', 'epochs')
)
_FLAGS = [
  Flag('run_dir', 'str', '', 'another name of --load_path; either may be given '
       'several times, or name several runs with commas between'),
  Flag('random_run', 'str', '', 'run of --train_type=random, whose cells are a '
       'group too; as many as --load_path'),
  Flag('uniform', 'bool', True, 'uniform cells are a group'),
  *scratch.OF_TRAININGS,
  Flag('best_of', 'int', 10, 'cells of which the best is compared',
       ranges.AT_LEAST_ONE),
]  # fmt: skip
STUDY = command.Study(None, FOLDER, num_archs=100, flags=_FLAGS)


def main(argv):
  """Runs the program; returns its exit code."""

  def _main():
    runs, rest = taken(argv, ('load_path', 'run_dir'))
    randoms, rest = taken(rest, ('random_run',))
    flags, _ = command.parse(STUDY, rest)
    for line in flags_lib.notices([('', _FLAGS)], flags):
      print(line)
    rows, compared = [], planned(rest, runs, randoms)
    for run in compared:
      found, flags = _rows(rest, run)
      rows += found
    output = files.Output(
      flags.results_dir,
      FOLDER,
      os.path.join('+'.join(run.name for run in compared), flags.train),
    )
    output.json('params', dict(vars(flags), load_path=','.join(runs)))
    report(rows, flags, output)
    output.told()

  return exit_code_of(_main, '--debug' in argv)


class Run(typing.NamedTuple):
  """A search whose cells are compared.

  Attributes:
    name: str, what it is called.
    place: str, its folder, or what means it; '' if none was given.
    random: str, a run without training whose cells are a group; or None.
  """

  name: str
  place: str
  random: typing.Optional[str]


def planned(rest, runs, randoms):
  """list of Run that can be compared; looks at all before any is scored.

  Args:
    rest: list of str, the command line without runs.
    runs, randoms: lists of str.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  if randoms and len(randoms) != len(runs):
    raise UsageError(
      '--random_run: %d for %d of --load_path: expected as many'
      % (len(randoms), len(runs))
    )
  everything = [(place, True, '--load_path') for place in runs or ['']]
  everything += [(place, False, '--random_run') for place in randoms]
  called, spaces, seeds = names(runs), [], []
  for place, learns, flag in everything:
    task, (flags, given) = Recurrent(), _parsed(rest, place)
    modes.needed(task, flags, given)
    _check_learns(flags.train_type, place, learns, flag)
    spaces.append(task.space(flags))
    if spaces[-1] != spaces[0]:
      raise UsageError('%s has other cells than %s' % (place, runs[0]))
    if learns:
      seeds.append(directory.read_flags(flags.output_dir).get('random_seed'))
  if len(set(seeds)) < len(seeds):
    told = ', '.join('%s of %s' % of for of in zip(called, seeds))
    raise UsageError('--load_path: runs of one seed are one run: ' + told)
  return [Run(*of) for of in zip(called, runs, randoms or [None] * len(runs))]


def _parsed(rest, place):
  """(flag values, names that were given) for a run, if there is one."""
  where = ['--load_path=' + place] if place else []
  return command.parse(STUDY, rest + where)


def taken(argv, flag_names):
  """(values of some flags, the other words) of a command line.

  A value is a part of a list with commas.

  Args:
    argv: list of str.
    flag_names: sequence of str.

  Raises:
    UsageError: one has no value.
  """
  values, others, words = [], [], list(argv)
  while words:
    word = words.pop(0)
    name, equals, value = word.lstrip('-').partition('=')
    if not word.startswith('-') or name not in flag_names:
      others.append(word)
      continue
    if not equals:
      value = words.pop(0) if words else ''
    if not value or value.startswith('--'):
      raise UsageError('--%s: which run?' % name)
    values += [part for part in value.split(',') if part]
  return values, others


def names(runs):
  """list of str, a name for each run: as much of its path as tells them apart.

  Raises:
    UsageError: two are one folder.
  """
  parts = [os.path.abspath(run).split(os.sep) for run in runs] or [['']]
  for count in range(1, max(map(len, parts)) + 1):
    found = ['_'.join(part[-count:]) for part in parts]
    if len(set(found)) == len(found):
      return found
  raise UsageError('--load_path=%s: a run is there twice' % ','.join(runs))


def _rows(rest, of_run):
  """(rows of `COLUMNS` as dicts, flag values) of a Run."""
  strangers = []
  if of_run.random is not None:
    flags, given = _parsed(rest, of_run.random)
    with opened.opened(flags, given) as run:
      strangers = run.sample(flags.num_archs, 'random run')
  flags, given = _parsed(rest, of_run.place)
  with opened.opened(flags, given) as run:
    count = flags.num_archs
    groups = collections.OrderedDict(
      trained=run.sample(count), untrained=run.untrained(count)
    )
    if flags.uniform:
      groups['uniform'] = run.uniform(count)
    if strangers:
      groups['random_run'] = strangers
    if flags.train == 'shared':
      found = {
        arc: [('', run.scores(arc), '')]
        for arcs in groups.values()
        for arc in arcs
      }
  if flags.train == 'scratch':
    found = _trained(flags, groups, of_run.name)
  rows = [
    dict(
      capacity.measured(arc, flags.shared_hid), group=group, run=of_run.name,
      seed=seed, index=index, arc=str(arc), valid_ppl=scores['valid'],
      test_ppl=scores['test'], epochs=epochs,
    )
    for group, arcs in groups.items()
    for index, arc in enumerate(arcs)
    for seed, scores, epochs in found[arc]
  ]  # fmt: skip
  return rows, flags


def _check_learns(kind, place, learns, flag):
  if types.TYPES[kind].learns != learns:
    raise UsageError(
      '%s=%s is a run of --train_type=%s: its controller was %strained'
      % (flag, place, kind, 'not ' if learns else '')
    )


def _trained(flags, groups, name):
  """dict from cell to list of (seed, dict of perplexities, epochs)."""
  root = os.path.join(flags.results_dir, FOLDER, name, scratch.TRAININGS)
  arcs = [arc for of in groups.values() for arc in of]
  return {
    arc: [(seed, score._asdict(), score.epochs) for seed, score in of.items()]
    for arc, of in scratch.trained(flags, arcs, root).items()
  }


def report(rows, flags, output):
  """Writes and tells all that follows from perplexities.

  Args:
    rows: list of dicts with `COLUMNS`.
    flags: flag values of the study.
    output: files.Output.
  """
  output.table(
    'archs', COLUMNS, [[row[name] for name in COLUMNS] for row in rows]
  )
  values = perplexities(rows)
  _draw(values, flags, output)
  values, infinite = group_tests.settled(values)
  tested = group_tests.tests(values)
  found = group_tests.effects(values, flags.best_of)
  words = group_tests.verdicts(values, tested, found)
  warnings = group_tests.warnings(values, flags.train == 'shared')
  if infinite:
    warnings.insert(
      0, '%d perplexities are not finite: they count as the worst.' % infinite
    )
  output.table('tests', group_tests.TESTS, tested)
  told = {
    'verdicts': words,
    'warnings': warnings,
    'groups': counted(rows),
    'over_runs': [
      dict(paired._asdict(), other=other, split=split)
      for (other, split), paired in group_tests.over_runs(values).items()
    ],
    'effects': [dict(zip(group_tests.EFFECTS, row)) for row in found],
  }
  output.results(told, group_tests.EFFECTS, found)
  for group in told['groups']:
    print('%(run)s, %(group)s: %(cells)d cells, %(distinct)d distinct' % group)
  for line in group_tests.table(tested, found) + words + warnings:
    print(line)


def perplexities(rows):
  """dict from run to group to split to floats [cells].

  Of a cell that was trained several times it is the geometric mean.
  """
  logs = collections.OrderedDict()
  for row in rows:
    groups = logs.setdefault(row['run'], collections.OrderedDict())
    cells = groups.setdefault(row['group'], collections.OrderedDict())
    cells.setdefault(row['index'], []).append(
      [np.log(row[split + '_ppl']) for split in group_tests.SPLITS]
    )
  found = collections.OrderedDict()
  for run, groups in logs.items():
    found[run] = collections.OrderedDict()
    for group, cells in groups.items():
      means = np.exp([np.mean(of, axis=0) for of in cells.values()])
      found[run][group] = dict(zip(group_tests.SPLITS, means.T))
  return found


def counted(rows):
  """list of dicts: how many cells a group has, and how many distinct ones."""
  found = collections.OrderedDict()
  for row in rows:
    cells = found.setdefault((row['run'], row['group']), {})
    cells[row['index']] = row['canonical_id']
  return [
    {
      'run': run,
      'group': group,
      'cells': len(cells),
      'distinct': len(set(cells.values())),
      'most_often': max(collections.Counter(cells.values()).values()),
    }
    for (run, group), cells in found.items()
  ]


def _draw(values, flags, output):
  """Pictures of each run and, if there are several, of all together."""
  sets = collections.OrderedDict(values)
  together = collections.OrderedDict()
  for groups in values.values():
    for name, of in groups.items():
      together.setdefault(name, []).append(of[flags.split])
  pictures = {'': (together, '%d runs' % len(values))}
  for run, groups in sets.items():
    own = collections.OrderedDict(
      (name, [of[flags.split]]) for name, of in groups.items()
    )
    pictures['_' + run if len(sets) > 1 else ''] = own, run
  weights = 'trained alone' if flags.train == 'scratch' else 'shared weights'
  for ending, (groups, of_what) in pictures.items():
    shown = collections.OrderedDict(
      ('%s, median %.4g' % (name, np.median(np.concatenate(of))),
       np.concatenate(of))
      for name, of in groups.items()
    )  # fmt: skip
    title = 'cells of %s, %s' % (of_what, weights)
    below = 'perplexity, ' + flags.split
    output.figure(
      'density%s.png' % ending, plots.density(shown, title, below, marks=True)
    )
    output.figure(
      'ecdf%s.png' % ending, plots.shares_below(shown, title, below)
    )


if __name__ == '__main__':
  sys.exit(main(sys.argv))
