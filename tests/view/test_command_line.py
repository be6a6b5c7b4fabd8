"""`python -m src.view`."""

import pytest

from src.view.__main__ import main
from tests import made_log


@pytest.fixture
def run(tmp_path):
  (tmp_path / 'run').mkdir()
  made_log.write(tmp_path / 'run' / 'stdout', 3, 4)
  return str(tmp_path / 'run')


def test_video(tmp_path, capsys, run):
  out = str(tmp_path / 'a.gif')
  words = ['video', run, '-o', out, '--every', '15', '--height', '240']
  assert main(words) == 0
  assert capsys.readouterr().out == 'Wrote %s (2 architectures)\n' % out


def test_curves(tmp_path, capsys, run):
  out = tmp_path / 'made' / 'c.png'
  assert main(['curves', run, '-o', str(out)]) == 0
  assert capsys.readouterr().out == 'Wrote %s\n' % out
  assert out.read_bytes()[:4] == b'\x89PNG'


def test_report(capsys, run):
  assert main(['report', run]) == 0
  assert capsys.readouterr().out == 'Wrote %s/report.html\n' % run


def test_rank(tmp_path, capsys):
  (tmp_path / 'd').write_text(
    'arc,times_sampled,valid_accuracy\n0 0 0,2,0.5\n1 1 1,1,0.8\n'
  )
  (tmp_path / 'r').write_text('arc,valid_accuracy\n0 1 0,0.25\n')
  (tmp_path / 't').write_text('arc,accuracy\n0 0 0,0.8\n1 1 1,0.9\n0 1 0,0.7\n')
  words = ['rank', str(tmp_path / 'd'), '--random', str(tmp_path / 'r')]
  assert main(words + ['--retrained', str(tmp_path / 't')]) == 0
  assert capsys.readouterr().out == (
    '            samples     mean      std     best    worst\n'
    'controller        3   0.6000   0.1732   0.8000   0.5000\n'
    'random            1   0.2500   0.0000   0.2500   0.2500\n'
    'One sample says nothing about the controller against chance.\n'
    "Kendall's tau 1.000 (p = 0.333) over 3 architectures\n"
  )


@pytest.mark.parametrize(
  'words, message',
  [
    (
      ['video', 'no', '-o', 'a.mp4'],
      'cannot read no: No such file or director',
    ),
    (['curves', '{run}', '-o', 'a.gif'], 'cannot draw into a.gif: the file'),
    (['report', 'no'], 'there is no run directory no'),
    (['rank', 'no'], 'cannot read no:'),
  ],
)
def test_an_error_is_one_line_and_exit_2(capsys, run, words, message):
  assert main([word.format(run=run) for word in words]) == 2
  err = capsys.readouterr().err
  assert err.startswith('python -m src.view: ' + message)
  assert err.count('\n') == 1


def test_usage(capsys):
  with pytest.raises(SystemExit) as stopped:
    main(['video', 'x'])
  assert stopped.value.code == 2
  assert capsys.readouterr().err == (
    'python -m src.view video: the following arguments are required: '
    '-o/--output\n'
  )
