"""Which exception ends a program with which code and which line."""

import subprocess
import sys

import pytest

from src.arc import ArcError
from src.files.errors import FileError, reason
from src.run import errors


def _raise(error):
  raise error


@pytest.mark.parametrize(
  ('error', 'code', 'line'),
  [
    (errors.UsageError('wrong flag'), 2, 'error: wrong flag\n'),
    (ArcError('wrong token'), 2, 'error: wrong token\n'),
    (errors.RunError('no file'), 1, 'error: no file\n'),
    (FileError('no PNG'), 1, 'error: no PNG\n'),
    (errors.Interrupted(15, 'saved'), 143, 'saved\n'),
    (errors.Interrupted(2, 'saved'), 130, 'saved\n'),
    (KeyboardInterrupt(), 130, 'interrupted\n'),
  ],
)
def test_code_and_line(error, code, line, capsys):
  assert errors.exit_code_of(lambda: _raise(error)) == code
  assert capsys.readouterr() == ('', line)


def test_success_is_silent(capsys):
  done = []
  assert errors.exit_code_of(lambda: done.append(1)) == 0
  assert done == [1]
  assert capsys.readouterr() == ('', '')


def test_a_reader_who_stops_listening_gets_no_traceback():
  code = 'from src.run import errors; import sys; ' + (
    'sys.exit(errors.exit_code_of(lambda: [print(n) for n in range(10**5)]))'
  )
  command = '%s -c "%s" | head -1; echo ${PIPESTATUS[0]}'
  done = subprocess.run(
    ['bash', '-c', command % (sys.executable, code)],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert (done.stdout, done.stderr) == ('0\n141\n', '')


def test_debug_shows_the_traceback_before_the_line(capsys):
  function = lambda: _raise(errors.RunError('no file'))  # noqa: E731
  assert errors.exit_code_of(function, debug=True) == 1
  shown = capsys.readouterr().err
  assert shown.startswith('Traceback (most recent call last):\n')
  assert 'in _raise\n' in shown
  assert shown.endswith('RunError: no file\nerror: no file\n')


def test_a_reason_is_one_line():
  assert reason(ValueError('two\n  lines')) == 'two lines'
  assert reason(MemoryError()) == 'MemoryError'


def test_a_defect_is_not_hidden():
  with pytest.raises(KeyError):
    errors.exit_code_of(lambda: _raise(KeyError('defect')))
