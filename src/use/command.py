"""The command `enas`: one name for the programs of this project.

  enas cifar10 --search_for=macro --data_path=photos --output_dir=outputs ...

Each subcommand is a module's `main`, which `python -m` starts as well.
"""

import importlib
import sys

# Subcommand -> module, whether its `main` takes the program's name, what it is.
COMMANDS = {
  'cifar10': ('src.cifar10.main', True, 'searches and trains on images'),
  'aerobi': ('src.AEROBI.main', True, 'searches and trains on CODEBRIM'),
  'robustness': ('src.robustness.driver', True, 'searches tampered spaces'),
  'pnas': ('src.pnas.train', True, 'progressive search for cells'),
  'ptb': ('src.ptb.main', True, 'searches and trains language models'),
  'arc': ('src.arc.__main__', False, 'draws, counts, compares architectures'),
  'view': ('src.view.__main__', False, 'curves, video, report, top of a run'),
  'predict': ('src.use.predict', False, 'what a network sees in images'),
  'score': ('src.use.score', False, 'how good it is, class by class'),
  'prepare': ('src.AEROBI.prepare', False, 'unpacks CODEBRIM'),
}


def main(argv=None):
  """Runs a subcommand; returns its exit status, 2 if there is none such."""
  words = sys.argv[1:] if argv is None else argv
  if not words or words[0] in ('-h', '--help'):
    print('usage: enas COMMAND ...; enas COMMAND --help says more\n')
    for name, (_, _, what) in COMMANDS.items():
      print('  %-10s %s' % (name, what))
    return 0 if words else 2
  if words[0] not in COMMANDS:
    print(
      'error: there is no command %r: expected %s'
      % (words[0], ', '.join(COMMANDS)),
      file=sys.stderr,
    )
    return 2
  module, with_name, _ = COMMANDS[words[0]]
  program = importlib.import_module(module).main
  return program(['enas ' + words[0]] * with_name + words[1:])


if __name__ == '__main__':
  sys.exit(main())
