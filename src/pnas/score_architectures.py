"""Scores cells of all lengths by a predictor that was trained before.

  python -m src.pnas.score_architectures --restore_controller=DIR
    [--B=5] [--K=0] [--input_B=3] [--flag=value ...]

Nothing is trained: level by level all cells are scored into `scores_<b>.csv`,
and the best K grow. By the name of titu1994's script; its defaults are those of
the preset reference with the two operations of its example.
"""

import os
import sys

from src.pnas import search, search_flags
from src.pnas import weights as weights_lib
from src.pnas.encoder import Encoder
from src.pnas.task import settle
from src.run import directory, ranges
from src.run.errors import RunError, UsageError, exit_code_of
from src.run.flags import Flag

OPERATORS = '3x3 maxpool,1x7-7x1 conv'
_OWN = [
  Flag(
    'input_B',
    'int',
    3,
    'the B that the predictor was trained with',
    ranges.AT_LEAST_ONE,
  )
]
_DEFAULTS = {'B': 5, 'K': 0, 'operators': OPERATORS, 'dedup': False}


def groups(preset):
  """The flag table of a preset."""
  return [('Scores', _OWN)] + [
    (
      heading,
      [
        flag._replace(default=_DEFAULTS.get(flag.name, flag.default))
        for flag in group
      ],
    )
    for heading, group in search_flags.groups(preset)
  ]


def main(argv):
  """Runs the program; returns its exit code."""
  return exit_code_of(lambda: _main(list(argv)), '--debug' in argv)


def _main(argv):
  flags = search_flags.parse(argv, groups)
  if not flags.restore_controller:
    raise UsageError(
      '--restore_controller is needed: the run directory of a search'
    )
  score(flags, flags.output_dir or '.')
  print('Finished')


def score(flags, folder):
  """Writes `scores_2.csv` and so on.

  Args:
    flags: flag values, with input_B.
    folder: str, where the files go; it is made.

  Raises:
    RunError: there is no predictor, or one of other operations.
  """
  if folder != '.':
    directory.check_path(folder)
    directory.prepare(folder, False, print)
  settled = search_flags.child(flags)
  settle(settled)
  encoder = Encoder(
    None,
    search.state_space(flags, settled),
    flags.B,
    flags.K or None,
    input_B=min(flags.input_B, flags.B),
    recipe=search.recipe(flags),
    seed=flags.seed,
    directory=folder,
    append=flags.append,
  )
  try:
    path = os.path.join(flags.restore_controller, 'weights')
    if weights_lib.Weights(path, encoder.predictor).restore() is None:
      raise RunError('%s holds no predictor' % path)
    for _ in range(flags.B):
      encoder.update_step()
  finally:
    encoder.close()


if __name__ == '__main__':
  sys.exit(main(sys.argv))
