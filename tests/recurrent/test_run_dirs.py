"""Where runs lie."""

import re
import time

import pytest

from src.recurrent import run_dirs
from src.run.errors import UsageError


def test_new_runs_are_named_as_in_menas():
  name = re.compile(r'logs/(ptb)_(orig)_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\Z')
  assert name.match(run_dirs.new('logs', 'ptb', 'orig'))
  when = time.struct_time((2018, 2, 15, 11, 20, 2, 0, 0, 0))
  found = run_dirs.new('logs', 'data/ptb/', 'ours', when)
  assert found == 'logs/ptb_ours_2018-02-15_11-20-02'


def test_a_run_is_found_in_all_forms(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  for folder in ('logs/ptb_2018', 'elsewhere/run', 'logs/ptb_orig_2019'):
    (tmp_path / folder).mkdir(parents=True)
    (tmp_path / folder / 'flags.json').write_text('{}')
  for word, expected in (
    ('logs/ptb_2018', 'logs/ptb_2018'),
    ('ptb_2018', 'logs/ptb_2018'),
    ('2018', 'logs/ptb_2018'),
    ('orig_2019/', 'logs/ptb_orig_2019'),
    ('elsewhere/run', 'elsewhere/run'),
    (str(tmp_path / 'elsewhere' / 'run'), str(tmp_path / 'elsewhere' / 'run')),
  ):
    assert run_dirs.find(word, 'logs', 'ptb') == expected
  (tmp_path / 'logs' / 'ptb_2020').mkdir()
  for word in ('2020', 'logs', '2017'):
    with pytest.raises(UsageError, match='is no run'):
      run_dirs.find(word, 'logs', 'ptb')
