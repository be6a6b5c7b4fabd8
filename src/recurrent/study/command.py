"""The command line of every study: a run, how much of it, where files go.

Flags are those of `train_regular`, so that a run is found, and its flags are
taken over, in the same way; the mode is always `derive`.
"""

import typing

from src.arc import command_line
from src.arc.dag_space import DagSpace
from src.recurrent import flags as flag_table
from src.recurrent import train_regular
from src.recurrent.study import files, opened
from src.run import flags as flags_lib
from src.run import ranges
from src.run.errors import UsageError, exit_code_of
from src.run.flags import Flag

RESULTS = Flag(
  'results_dir', 'str', 'analysis_results', 'folder of what studies find'
)


class Study(typing.NamedTuple):
  """One of them.

  Attributes:
    run: function of (opened.Opened, files.Output).
    folder: str, of its files below `results_dir`.
    stem: str, what its tables are called; studies that share a folder differ.
    num_archs: int, cells that it samples unless told; None for one cell,
      which is derived from `derive_num_sample`.
    least: int, as few as it makes sense of.
    flags: list of Flag, more of its own.
    trees: bool, whether it makes sense of the trees of --cell_space=enas alone.
  """

  run: typing.Callable
  folder: str
  stem: str = 'results'
  num_archs: typing.Optional[int] = None
  least: int = 3
  flags: typing.Sequence = ()
  trees: bool = True


def parser_of_runs(name, doc):
  """A `command_line.Parser` of a program that reads what several runs wrote.

  Args:
    name: str, of its module.
    doc: str, its first line is what the help says.
  """
  parser = command_line.Parser(
    prog='python -m ' + name, description=doc.split('\n')[0]
  )
  parser.add_argument('runs', nargs='+', help='runs: folders, or their names')
  parser.add_argument('--results_dir', default=RESULTS.default)
  return parser


def main(study, argv):
  """Runs a study; returns the exit code."""

  def _main():
    flags, given = parse(study, argv)
    with opened.opened(flags, given) as run:
      if study.trees and run.space.type != DagSpace.type:
        raise UsageError(
          '%s searched cells %s: this study is of trees, those of '
          '--cell_space=enas without settings'
          % (flags.output_dir, run.space.name)
        )
      output = files.Output(
        flags.results_dir, study.folder, run.name, study.stem
      )
      output.json('params', dict(vars(flags)))
      study.run(run, output)
      output.told()

  return exit_code_of(_main, '--debug' in argv)


def parse(study, argv):
  """(flag values, names that were given) of a command line.

  Raises:
    UsageError: see `src.run.flags`.
  """
  groups = _groups(study)
  flags, given = flags_lib.parse(groups, train_regular.spelt(argv))
  flags_lib.check(groups, flags)
  if study.num_archs is None and flags.num_archs:
    flags.derive_num_sample = flags.num_archs
    given = given | {'derive_num_sample'}
  return flags, given


def _groups(study):
  count = study.num_archs
  samples = Flag(
    'num_archs', 'int', count, 'cells to sample', ranges.at_least(study.least)
  )
  if count is None:
    samples = samples._replace(
      default=None,
      allowed=ranges.AT_LEAST_ONE,
      help='cells that one is derived from, instead of derive_num_sample',
    )
  mode = Flag('mode', ('derive',), 'derive', 'what the references ask for')
  split = Flag(
    'split', ('valid', 'test'), 'valid', 'text that pictures and lines are of'
  )
  own = [samples, split, RESULTS] + list(study.flags)
  what = flag_table.GROUPS[0][0]
  groups = flags_lib.changed(flag_table.GROUPS, more={what: [mode]})
  return [('Study', own)] + groups
