"""scripts/make_synthetic_codebrim.py as a user calls it."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from src.AEROBI.synthetic import command_line, contact_sheet
from src.files import png

ROOT = os.path.abspath(
  os.path.join(os.path.dirname(__file__), '..', '..', '..')
)


def test_the_script(tmp_path):
  result = subprocess.run(
    [
      sys.executable,
      os.path.join(ROOT, 'scripts', 'make_synthetic_codebrim.py'),
      '--preset=tiny',
      '--train=12',
      '--out=data',
      '--contact_sheet=sheet.png',
      '--processes=2',
    ],
    cwd=str(tmp_path),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert result.returncode == 0, result.stderr
  lines = result.stdout.splitlines()
  assert lines[0] == 'written to sheet.png'
  assert lines[1].split()[:3] == ['split', 'images', 'Background']
  assert lines[-1] == (
    'written to data/synthetic_codebrim: use it with '
    '--data_path=data/synthetic_codebrim'
  )
  assert len(list((tmp_path / 'data').rglob('*.png'))) == 28
  sheet = png.read(str(tmp_path / 'sheet.png'))
  assert sheet.shape == (4 * 186, 8 * 160, 3)
  assert b'tEXtsynthetic' in (tmp_path / 'sheet.png').read_bytes()


@pytest.mark.parametrize('processes', [1, 2])
@pytest.mark.parametrize(
  'number, code, line',
  [
    (signal.SIGTERM, 143, 'stopped by SIGTERM\n'),
    (signal.SIGINT, 130, 'interrupted\n'),
  ],
)
def test_a_signal_leaves_nothing_behind(
  tmp_path, number, code, line, processes
):
  process = subprocess.Popen(
    [
      sys.executable,
      os.path.join(ROOT, 'scripts', 'make_synthetic_codebrim.py'),
      '--preset=full',
      '--out=%s' % tmp_path,
      '--processes=%d' % processes,
    ],
    stderr=subprocess.PIPE,
    universal_newlines=True,
    start_new_session=True,  # a group of its own, as a terminal makes
  )
  try:
    end = time.time() + 60
    while not list(tmp_path.glob('.synth*/*/*/*.png')):
      assert time.time() < end
      time.sleep(0.02)
    if number == signal.SIGINT:
      os.killpg(process.pid, number)
    else:
      process.send_signal(number)
    _, shown = process.communicate(timeout=60)
  finally:
    process.kill()
  assert (process.returncode, shown) == (code, line)
  assert not os.listdir(str(tmp_path))


@pytest.mark.parametrize(
  'arguments, problem',
  [
    ([], 'give --out DIR, --contact_sheet FILE, or both'),
    (['--out=x', '--val=5'], '--val is 5; it must be at least 6'),
    (['--out=x', '--scale=0'], '--scale is 0; it must be above 0'),
    (['--out=x', '--processes=0'], '--processes is 0; it must be at least 1'),
  ],
)
def test_bad_usage(arguments, problem, capsys):
  assert command_line.main(arguments) == 2
  assert problem in capsys.readouterr().err


@pytest.mark.parametrize('height', [156, 60])
def test_a_label_is_nearer_to_its_own_picture(height):
  crops = [(np.full([height, 156, 3], 200, np.uint8), 'Crack')] * 2
  page = contact_sheet.sheet(crops, columns=1)
  label = np.flatnonzero(page.min(axis=(1, 2)) < 150)
  first = label[label < len(page) / 2]
  assert len(first) and height <= first[0] < height + 8
  assert len(page) / 2 - first[-1] > 2 * (first[0] - height)


def test_a_sheet_that_cannot_be_written(tmp_path, capsys):
  path = str(tmp_path / 'none' / 'sheet.png')
  assert command_line.main(['--preset=tiny', '--contact_sheet', path]) == 1
  assert capsys.readouterr().err.startswith('error: cannot write %s' % path)


def test_help_says_that_it_is_synthetic(capsys):
  with pytest.raises(SystemExit):
    command_line.main(['--help'])
  assert 'no CODEBRIM results' in ' '.join(capsys.readouterr().out.split())


def test_settings_start_from_the_preset():
  parser = command_line._parser()
  settings = command_line.settings_of(
    parser.parse_args(['--preset=demo', '--val=30', '--aspect=square'])
  )
  assert (settings.train, settings.val, settings.test) == (600, 30, 120)
  assert settings.aspect == 'square'


def test_captions():
  assert contact_sheet.caption('011000') == 'Crack+Spall'
  assert contact_sheet.caption('000000') == 'none'
