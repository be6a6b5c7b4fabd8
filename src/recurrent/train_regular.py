"""Searches of recurrent cells, in the words of ENAS-pytorch and MENAS.

  python -m src.recurrent.train_regular --dataset ptb --train_type orig ...

Source of flags: `config.py` of ENAS-pytorch, `configs` of MENAS.
"""

import sys

from src.recurrent import cnn, modes, run_dirs, types
from src.recurrent import flags as flag_table
from src.recurrent.task import Recurrent
from src.run import flags as flags_lib
from src.run import program
from src.run.errors import exit_code_of

_WORDS = {'true': '', '1': '', 'false': 'no', '0': 'no'}
_ALIASES = {'num-workers': 'num_workers'}


def main(argv):
  """Runs the program; returns its exit code."""
  codes = []

  def _main():
    flags, given = parse(argv)
    if flags.network_type == 'cnn':
      if not flags.output_dir:
        flags.output_dir = run_dirs.new(flags.log_dir, flags.dataset, 'cnn')
      words = cnn.command(flags, given)
      for line in cnn.notices(given):
        print(line)
      codes.append(program.main(words, cnn.Cnn()))
    else:
      modes.MODES[flags.mode](Recurrent(), flags, given)

  debug = any(word.lstrip('-').startswith('debug') for word in argv)
  return exit_code_of(_main, debug) or sum(codes)


def parse(argv):
  """(flag values, names that were given) of a command line.

  The defaults are those of its --train_type. As in the references, a flag's
  value may be the next word, and a switch may have True or False.

  Raises:
    UsageError: see `src.run.flags.parse`.
  """
  argv = spelt(argv)
  flags, given = flags_lib.parse(flag_table.GROUPS, argv)
  defaults = dict(types.TYPES[flags.train_type].defaults)
  groups = [
    (heading, [row._replace(default=defaults.get(row.name, row.default))
               for row in group])
    for heading, group in flag_table.GROUPS
  ]  # fmt: skip
  return flags_lib.parse(groups, argv)


def spelt(argv):
  """A command line with its switches as this project spells them."""
  switches = {
    row.name for row in flags_lib.rows(flag_table.GROUPS) if row.kind == 'bool'
  }
  words, rest = [], list(argv)
  while rest:
    word = rest.pop(0)
    name, equals, value = word.lstrip('-').partition('=')
    name = _ALIASES.get(name, name)
    if not word.startswith('--'):
      words.append(word)
      continue
    if name in switches:
      if not equals and rest and rest[0].lower() in _WORDS:
        equals, value = '=', rest.pop(0)
      if equals and value.lower() in _WORDS:
        words.append('--%s%s' % (_WORDS[value.lower()], name))
        continue
    words.append('--' + name + equals + value)
  return words


if __name__ == '__main__':
  sys.exit(main(sys.argv))
