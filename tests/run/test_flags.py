"""Flags in gflags' syntax, each mistake in one line."""

import pytest

from src.run import flags as flags_lib
from src.run.errors import UsageError
from src.run.flags import Flag

GROUPS = [
  (
    'Data',
    [
      Flag('batch_size', 'int', 32, 'images a batch'),
      Flag('data_path', 'str', '', 'folder', needed='a folder'),
      Flag('layout', ('auto', 'NHWC'), 'auto', 'layout of tensors'),
    ],
  ),
  (
    'Child',
    [
      Flag('child_lr', 'float', 0.1, 'learning rate'),
      Flag('child_lr_max', 'float', None, 'its highest value'),
      Flag('child_lr_cosine', 'bool', False, 'use a cosine'),
      Flag('training', 'bool', True, 'train it'),
    ],
  ),
]
DEFAULTS = {row.name: row.default for row in flags_lib.rows(GROUPS)}


def _parse(*words):
  values, given = flags_lib.parse(
    GROUPS, ['main.py'] + list(words), ('child_block_size',)
  )
  return vars(values), given


def _error(*words):
  with pytest.raises(UsageError) as caught:
    _parse(*words)
  message = str(caught.value)
  assert '\n' not in message
  return message


def test_defaults():
  assert _parse() == (DEFAULTS, set())


@pytest.mark.parametrize(
  ('words', 'name', 'value'),
  [
    (['--batch_size', '7'], 'batch_size', 7),
    (['-batch_size=7'], 'batch_size', 7),
    (['--batch_size=7', '--batch_size=8'], 'batch_size', 8),
    (['--data_path=a b=c'], 'data_path', 'a b=c'),
    (['--layout=NHWC'], 'layout', 'NHWC'),
    (['--child_lr_max=1e-3'], 'child_lr_max', 0.001),
    (['--child_lr_cosine'], 'child_lr_cosine', True),
    (['--child_lr_cosine=true'], 'child_lr_cosine', True),
    (['--notraining'], 'training', False),
    (['--notraining', '--training'], 'training', True),
  ],
)
def test_syntax(words, name, value):
  values, given = _parse(*words)
  assert values == dict(DEFAULTS, **{name: value})
  assert type(values[name]) is type(value)
  assert given == {name}


def test_two_programs_do_not_share_flags():
  other = [('', [Flag('batch_size', 'str', 'none', '')])]
  values, _ = flags_lib.parse(other, ['x', '--batch_size=many'])
  assert values.batch_size == 'many'
  assert _parse('--batch_size=3')[0]['batch_size'] == 3
  assert _parse()[0]['batch_size'] == 32


@pytest.mark.parametrize(
  ('word', 'named'),
  [
    ('--bach_size=3', ["'bach_size'", 'Did you mean: batch_size']),
    ('--quantum=3', ["'quantum'"]),
    ('--batch_size=many', ['--batch_size=many', 'int']),
    ('--batch_size=1.5', ['--batch_size=1.5', 'int']),
    ('--child_lr=fast', ['--child_lr=fast', 'float']),
    ('--child_lr_cosine=maybe', ['--child_lr_cosine=maybe', 'bool']),
    ('--layout=NWHC', ['--layout=NWHC', '<auto|NHWC>']),
    ('--batch_size', ['batch_size']),
    ('b', ["'b'", 'quote a value with spaces']),
    ('--child_block_size', ['--child_block_size has no effect, here as upst']),
  ],
)
def test_wrong_flag_or_value(word, named):
  message = _error(word)
  assert all(part in message for part in named), message


@pytest.mark.parametrize('word', ['--help', '-h', '-help', '--helpfull'])
def test_help(word, capsys):
  with pytest.raises(SystemExit) as caught:
    _parse('--batch_size=3', word)
  assert caught.value.code == 0
  assert capsys.readouterr().out.splitlines() == [
    'usage: main.py [--flag=value ...]',
    '  --flagfile=FILE',
    '      takes flags from a file, one a line; later ones override earlier',
    '',
    'Data:',
    '  --batch_size=INT',
    '      images a batch (default: 32)',
    '  --data_path=STR',
    '      folder; needed (default: none)',
    '  --layout={auto,NHWC}',
    '      layout of tensors (default: auto)',
    '',
    'Child:',
    '  --child_lr=FLOAT',
    '      learning rate (default: 0.1)',
    '  --child_lr_max=FLOAT',
    '      its highest value (default: none)',
    '  --[no]child_lr_cosine',
    '      use a cosine (default: False)',
    '  --[no]training',
    '      train it (default: True)',
  ]


def test_a_table_made_of_another_one():
  other = Flag('layout', 'str', '', 'any')
  more = Flag('more', 'int', 0, 'much')
  made = flags_lib.changed(GROUPS, ['batch_size'], {'Data': [more, other]})
  assert made == [('Data', [GROUPS[0][1][1], other, more]), GROUPS[1]]


def test_listing_is_80_wide_and_sorted_as_ascii():
  values = flags_lib.Values({'child_lr': 0.1, 'child_T': None, 'z': 'a b'})
  assert flags_lib.listing(values) == [
    'child_T' + '.' * 69 + 'None',
    'child_lr' + '.' * 69 + '0.1',
    'z' + '.' * 76 + 'a b',
  ]
  arc = ' '.join(['0'] * 60)
  assert flags_lib.listing(flags_lib.Values({'child_fixed_arc': arc})) == [
    'child_fixed_arc' + arc
  ]


def test_flags_from_a_file(tmp_path):
  path = tmp_path / 'my.flags'
  path.write_text('# remarks\n--batch_size=4\n\n--notraining\n--child_lr=1\n')
  argv = ['main.py', '--flagfile=%s' % path, '--child_lr=2']
  values, given = flags_lib.parse(GROUPS, argv)
  assert (values.batch_size, values.training, values.child_lr) == (4, False, 2)
  assert given == {'batch_size', 'training', 'child_lr'}
  with pytest.raises(UsageError, match='no.flags'):
    flags_lib.parse(GROUPS, ['main.py', '--flagfile=no.flags'])
