"""The command line of every study: a run, how much of it, where files go.

Flags are those of `train_regular`, so that a run is found, and its flags are
taken over, in the same way; the mode is always `derive`.
"""

import typing

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
    num_archs: int, cells that it samples unless told, at least `least`; None
      for one cell, which is derived from `derive_num_sample`.
    least: int.
    flags: list of Flag, more of its own.
  """

  run: typing.Callable
  folder: str
  stem: str = 'results'
  num_archs: typing.Optional[int] = None
  least: int = 3
  flags: typing.Sequence = ()


def main(study, argv):
  """Runs a study; returns the exit code."""

  def _main():
    groups = _groups(study)
    flags, given = flags_lib.parse(groups, train_regular.spelt(argv))
    flags_lib.check(groups, flags)
    if study.num_archs is None:
      if 'num_archs' in given:
        flags.derive_num_sample = flags.num_archs
        given = given | {'derive_num_sample'}
    elif flags.num_archs < study.least:
      raise UsageError(
        '--num_archs=%d: expected at least %d' % (flags.num_archs, study.least)
      )
    with opened.opened(flags, given) as run:
      output = files.Output(
        flags.results_dir, study.folder, run.name, study.stem
      )
      output.json('params', dict(vars(flags)))
      study.run(run, output)
      output.told()

  return exit_code_of(_main, '--debug' in argv)


def _groups(study):
  count = study.num_archs
  samples = Flag(
    'num_archs', 'int', count or 0, 'cells to sample', ranges.AT_LEAST_ONE
  )
  if count is None:
    samples = samples._replace(
      help='cells that one is derived from; 0: derive_num_sample',
      allowed=ranges.NOT_NEGATIVE,
    )
  mode = Flag('mode', ('derive',), 'derive', 'what the references ask for')
  split = Flag(
    'split', ('valid', 'test'), 'valid', 'text that pictures and lines are of'
  )
  own = [samples, split, RESULTS] + list(study.flags)
  what = flag_table.GROUPS[0][0]
  groups = flags_lib.changed(flag_table.GROUPS, more={what: [mode]})
  return [('Study', own)] + groups
