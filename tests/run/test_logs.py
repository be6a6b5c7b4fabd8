"""Files that grow, and that a resumed run cuts back to a position."""

import pytest

from src.run import logs
from src.run.errors import RunError


def _read(path):
  return path.read_bytes().decode('utf-8')


def test_log_writes_to_the_terminal_and_once_started_to_the_file(
  tmp_path, capsys
):
  path = tmp_path / 'stdout'
  log = logs.Log(str(path))
  log.line('before the start')
  assert not path.exists()
  log.start()
  log.line('first')
  log.rule()
  log.line()
  log.notice('only seen')
  log.close()
  rule = '-' * 80 + '\n'
  assert _read(path) == 'first\n' + rule + '\n'
  shown = capsys.readouterr()
  assert shown.out == 'before the start\nfirst\n' + rule + '\nonly seen\n'
  assert shown.err == ''


def test_lines_are_on_disk_at_once(tmp_path):
  log = logs.Log(str(tmp_path / 'stdout'))
  log.start()
  log.line('seen by tail')
  assert _read(tmp_path / 'stdout') == 'seen by tail\n'
  log.close()


def test_position_counts_bytes_and_start_cuts_back_to_it(tmp_path):
  path = tmp_path / 'stdout'
  log = logs.Log(str(path))
  log.start()
  assert log.position == 0
  log.line('µ')  # two bytes
  position = log.position
  assert position == 3
  log.line('lost with the process')
  log.close()

  again = logs.Log(str(path))
  again.start(position)
  assert again.position == 3
  assert _read(path) == 'µ\n'
  again.line('after')
  assert again.position == 9
  again.close()
  assert _read(path) == 'µ\nafter\n'
  with pytest.raises(RunError, match='has lost its end: .* --reset_output_dir'):
    again.start(10)


def test_start_without_a_position_begins_anew(tmp_path):
  path = tmp_path / 'stdout'
  path.write_text('an earlier run\n')
  log = logs.Log(str(path))
  log.start()
  log.close()
  assert _read(path) == ''


def test_close_before_start_is_nothing(tmp_path):
  logs.Log(str(tmp_path / 'stdout')).close()
  assert list(tmp_path.iterdir()) == []


def test_table_header_order_empty_cells_and_quotes(tmp_path):
  path = tmp_path / 'metrics.csv'
  table = logs.Table(str(path), ['phase', 'step', 'note'])
  table.start()
  assert table.position == len('phase,step,note\n')
  table.row(step=3, phase='child')
  table.row(note='a, "b"', phase='test')
  table.close()
  assert _read(path) == 'phase,step,note\nchild,3,\ntest,,"a, ""b"""\n'


def test_table_continues_without_a_second_header(tmp_path):
  path = tmp_path / 'metrics.csv'
  table = logs.Table(str(path), ['step'])
  table.start()
  table.row(step=1)
  position = table.position
  table.row(step=2)
  table.close()
  again = logs.Table(str(path), ['step'])
  again.start(position)
  again.row(step=3)
  again.close()
  assert _read(path) == 'step\n1\n3\n'


def test_unknown_column_is_refused_and_writes_nothing(tmp_path):
  path = tmp_path / 'metrics.csv'
  table = logs.Table(str(path), ['step'])
  table.start()
  with pytest.raises(KeyError, match='lost'):
    table.row(step=1, lost=2)
  table.close()
  assert _read(path) == 'step\n'
