"""`python -m src.arc`, and that the package needs no TensorFlow."""

import errno
import os
import subprocess
import sys

import pytest

from src.arc import PNASNET_5, command_line
from src.arc.__main__ import main

BLOCKED = """
import sys

class Blocker:
  def find_spec(self, name, path=None, target=None):
    if name.split('.')[0] in BLOCK:
      raise ImportError('blocked: ' + name)

BLOCK = {block!r}
sys.meta_path.insert(0, Blocker())
import numpy
import src.arc
{more}
"""


def run_blocked(block, more=''):
  return subprocess.run(
    [sys.executable, '-c', BLOCKED.format(block=block, more=more)],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )


def test_imports_without_tensorflow_and_matplotlib():
  result = run_blocked(
    ['tensorflow', 'matplotlib'],
    "print(src.arc.MacroArc.parse('0 5 1').log_lines())",
  )
  assert result.stderr == ''
  assert result.stdout == "['[0]', '[5 1]']\n"


def test_draws_without_tensorflow_and_pyplot(tmp_path):
  more = (
    "src.arc.draw_arc(src.arc.MacroArc.parse('0 5 1'), %r)\n"
    "assert 'matplotlib.pyplot' not in sys.modules" % str(tmp_path / 'arc.png')
  )
  result = run_blocked(['tensorflow'], more)
  assert result.returncode == 0, result.stderr
  assert (tmp_path / 'arc.png').read_bytes().startswith(b'\x89PNG')


def test_info(capsys):
  assert main(['info', '[0]\n[5 1]\n[3 0 1]', '--out_filters', '4']) == 0
  out, err = capsys.readouterr()
  assert err == ''
  assert out == (
    'macro network: 3 layers, 6 tokens, 2 of 3 skips; halved after layers 0 '
    'and 1\n'
    'layer 0  conv_3x3\n'
    'layer 1  max_pool_3x3, adds stem\n'
    'layer 2  sep_conv_5x5, adds layer 0\n'
    'search network, 4 filters, images of 32x32: 640 parameters, 298,280 '
    'multiply-adds\n'
    'final  network, 4 filters, images of 32x32: 8,436 parameters, 807,072 '
    'multiply-adds\n'
  )
  # A terminal without UTF-8 can show it.
  assert out.encode('ascii').decode() == out


def test_recurrent_cells(tmp_path, capsys):
  cell = '1 0 0 1 0 0 2 0 1 1 1 4 0 1 1 6 1 7 1 8 1 0 1'
  assert main(['info', cell]) == 0
  out = capsys.readouterr().out
  assert 'nonlinear_depth         5\n' in out
  assert 'activation_entropy      0.8240\n' in out
  assert '\ncanonical_id            ' in out and 'n_cell_params' not in out
  path = tmp_path / 'cell.dot'
  assert main(['draw', cell, '-o', str(path)]) == 0
  assert path.read_text().count(' -> ') == 20
  path = tmp_path / 'cell.svg'
  assert main(['draw', cell, '-o', str(path), '--layout=palette']) == 0
  assert path.read_text().count('<polygon') == 20
  capsys.readouterr()
  assert main(['draw', '0 5 1', '-o', str(path), '--layout=palette']) == 2
  assert capsys.readouterr().err.count('\n') == 1


def test_draw(tmp_path, capsys):
  path = str(tmp_path / 'arc.svg')
  command = ['draw', '0 5 1 3 0 1', '-o', path, '--title', 'three layers']
  assert main(command + ['--view', 'final', '--out_filters', '8']) == 0
  assert capsys.readouterr().out == 'Wrote %s (macro network)\n' % path
  with open(path, 'rb') as file:
    assert file.read(5) == b'<?xml'


def test_info_of_cells(capsys, m5):
  assert main(['info', str(m5)]) == 0
  lines = capsys.readouterr().out.splitlines()
  assert len(lines) == 14
  assert lines[0] == 'micro network: 5 blocks a cell, 40 tokens'
  assert lines[1] == (
    'normal cell, node 2     avg_pool_3x3 of node 0 + sep_conv_3x3 of node 0'
  )
  assert lines[-2] == 'reduction cell, output  nodes 2, 4, 5, 6'
  # The network of melodyguan/enas, scripts/cifar10_micro_final.sh.
  assert lines[-1].startswith(
    'final network, 15 layers and 2 reductions, 36 filters, images of '
    '32x32: 3,894,372 parameters, '
  )


def test_info_counts_what_the_flags_say(capsys):
  words = ['info', '1 5 1', '--out_filters=4', '--image_size=8']
  words += ['--num_classes=6', '--separable']
  assert main(words) == 0
  assert capsys.readouterr().out.splitlines()[-1] == (
    'final  network, 4 filters, images of 8x8: 264 parameters, 13,336 '
    'multiply-adds'
  )


def test_operations_of_a_larger_space_have_numbers(tmp_path, capsys):
  words = ['7 5 1', '--num_operations', '9']
  assert main(['info'] + words) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[1:] == [
    'layer 0  operation_7',
    'layer 1  max_pool_3x3, adds stem',
  ]
  path = tmp_path / 'a.svg'
  assert main(['draw', '-o', str(path), '--out_filters=4'] + words) == 0
  assert '>operation 7<' in path.read_text(encoding='utf-8')


def test_a_recurrent_cell_says_what_it_is(capsys):
  assert main(['info', '0 0 0 0 1']) == 0
  assert capsys.readouterr().out.startswith('recurrent cell\nnode 0  tanh')


def test_a_cell_of_progressive_search(tmp_path, capsys):
  sizes = ['--network_layers=9', '--out_filters=48']
  assert main(['info', PNASNET_5.to_json()] + sizes) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[0] == 'PNAS cell: dag, 5 blocks, 20 tokens'
  assert lines[4] == 'block 3  3x3 dconv of block 2 + 3x3 maxpool of H(c-1)'
  assert lines[6] == 'output   blocks 0, 1, 2, 3, 4'
  assert '9 cells and 2 reductions' in lines[7]
  assert '3,176,602 parameters' in lines[7]
  # Without JSON the numbers do not say that all blocks are the output.
  path = tmp_path / 'best.json'
  path.write_text(PNASNET_5.to_json())
  assert main(['info', str(PNASNET_5)]) == 0
  assert 'output   blocks 0, 1, 3, 4\n' in capsys.readouterr().out
  assert main(['diff', str(PNASNET_5), str(path), '--concat=all']) == 0
  spelt = ['--kind=pnas', '-1 1 -1 2', '-1 2 -1 1']
  assert main(['diff'] + spelt) == 1
  assert 'the same network, spelt differently' in capsys.readouterr().out
  row = "[0, '3x3 maxpool', 0, '1x7-7x1 conv']"
  assert main(['info', row, '--out_filters=32']) == 0
  out = capsys.readouterr().out
  assert 'block 0  3x3 maxpool + 1x7-7x1 conv\n' in out
  assert 'final network, 2 cells' in out and '53,768 parameters' in out
  for text in (row, str(PNASNET_5)):
    for layout in ('layered', 'circular'):
      target = str(tmp_path / 'cell.svg')
      assert main(['draw', text, '-o', target, '--layout', layout]) == 0
  assert main(['info', '-1 1 -1 1', '--kind=pnas', '--num_operations=1']) == 2
  assert "op_1: found '1', expected 0 to 0" in capsys.readouterr().err
  assert main(['info', '0 0 1 0', '--kind=pnas']) == 2
  assert "index_1: found '0', expected -2 or -1" in capsys.readouterr().err


def test_a_reader_who_stops_listening_is_no_error():
  command = '%s -m src.arc info "$0" | head -1; echo ${PIPESTATUS[0]}'
  done = subprocess.run(
    ['bash', '-c', command % sys.executable, '0 ' * 300],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert done.stderr == ''
  assert done.stdout.splitlines()[1:] == ['0']


def test_title_of_a_drawing_is_made_from_what_is_known(tmp_path):
  path = tmp_path / 'arc.svg'
  command = ['draw', '0 5 1 3 0 1', '-o', str(path), '--out_filters', '4']
  assert main(command + ['--epoch', '7', '--accuracy', '0.5']) == 0
  title = '>epoch 7 · accuracy 0.5000 ·<'
  assert title in path.read_text(encoding='utf-8')
  assert main(['draw', '0', '-o', str(path)]) == 0
  assert 'epoch' not in path.read_text(encoding='utf-8')


@pytest.mark.parametrize(
  'one, other, code, lines',
  [
    ('0 5 1', '[0]\n[5 1]', 0, ['the same architecture']),
    (
      '0 5 1 3 0 1',
      '0 5 1 2 0 0',
      1,
      ['layer 2  sep_conv_5x5, adds layer 0  conv_5x5', '1 of 3 places differ'],
    ),
    (
      '0 5 1',
      '0',
      1,
      ['layer 1  max_pool_3x3, adds stem  -', '1 of 2 places differ'],
    ),
    (
      '0 2 0 1 0 1 0 1',
      '0 1 0 2 0 1 0 1',
      1,
      [
        'normal cell, node 2  avg_pool_3x3 of node 0 + sep_conv_5x5 of node 0'
        '  sep_conv_5x5 of node 0 + avg_pool_3x3 of node 0',
        'the same network, spelt differently',
      ],
    ),
    ('0 0 3', '0 2', 0, ['the same architecture']),
  ],
)
def test_diff(capsys, one, other, code, lines):
  words = ['diff', one, other]
  if one == '0 0 3':
    words += ['--kind', 'recurrent']
  assert main(words) == code
  assert capsys.readouterr().out.splitlines() == lines


@pytest.mark.parametrize(
  'arguments, message',
  [
    (
      ['info', '0 9 1'],
      "python -m src.arc: token 2 of 3, layer 1, operation: found '9', "
      'expected 0 to 5\n',
    ),
    (
      ['info', '0 5 1', '--num_layers', '3'],
      'python -m src.arc: an architecture of 3 layers has 6 tokens, found 3, '
      'which would be 2 layers\n',
    ),
    (
      ['info', '0 4 1', '--num_operations', '4'],
      "python -m src.arc: token 2 of 3, layer 1, operation: found '4', "
      'expected 0 to 3\n',
    ),
    (
      ['draw', '0', '-o', 'arc.gif'],
      'python -m src.arc: cannot draw into arc.gif: the file must end in .png, '
      '.svg or .pdf\n',
    ),
    (
      ['diff', '0', '0 0 0 0 0 0 0 0'],
      'python -m src.arc: cannot compare a macro network with a micro '
      'network\n',
    ),
    (
      ['draw', '0'],
      'python -m src.arc draw: the following arguments are required: '
      '-o/--output\n',
    ),
    (
      [],
      'python -m src.arc: the following arguments are required: COMMAND\n',
    ),
  ],
)
def test_an_error_is_one_line_and_exit_2(arguments, message):
  result = subprocess.run(
    [sys.executable, '-m', 'src.arc'] + arguments,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert result.returncode == 2
  assert result.stdout == ''
  assert result.stderr == message


def test_a_file_that_cannot_be_written(tmp_path, capsys):
  (tmp_path / 'file').write_text('')
  assert main(['draw', '0', '-o', str(tmp_path / 'file' / 'arc.png')]) == 2
  err = capsys.readouterr().err
  assert err.startswith('python -m src.arc: [Errno ') and err.count('\n') == 1


@pytest.mark.parametrize('name', ['output', 'path'])
def test_a_full_disk_is_told_with_the_file(name, capsys):
  def _run(args):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

  parser = command_line.Parser(prog='x')
  parser.add_argument('--' + name)
  parser.set_defaults(run=_run)
  assert command_line.run(parser, ['--%s=here' % name]) == 2
  assert capsys.readouterr().err == (
    'x: cannot write here: No space left on device\n'
  )
