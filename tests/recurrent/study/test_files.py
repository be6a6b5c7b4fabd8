"""The files of a study."""

import json

import numpy as np
import pytest

from src.arc import paint
from src.recurrent.study import files
from src.run.errors import RunError


def test_json_is_strict(tmp_path):
  output = files.Output(str(tmp_path / 'r'), 'study', 'run')
  value = {
    'x': [np.float32(0.5), float('inf')],
    1: {'y': np.float64('nan'), 'z': np.int64(3)},
    'flag': True,
  }
  output.results(value, ('a', 'b'), [(1, 'x')])
  folder = tmp_path / 'r' / 'study' / 'run'
  text = (folder / 'results.json').read_text()
  assert json.loads(text) == {
    'x': [0.5, None], '1': {'y': None, 'z': 3}, 'flag': True,
  }  # fmt: skip
  assert 'NaN' not in text and 'Infinity' not in text
  assert (folder / 'results.csv').read_text() == 'a,b\n1,x\n'


def test_studies_that_share_a_folder_have_files_of_their_own(tmp_path):
  for stem in ('one', 'two'):
    output = files.Output(str(tmp_path), 'study', 'run', stem)
    output.json('params', {})
    output.results({}, ('a',), [])
  names = {path.name for path in (tmp_path / 'study' / 'run').iterdir()}
  assert names == {
    stem + end
    for stem in ('one', 'two')
    for end in ('.json', '.csv', '_params.json')
  }


def test_old_pictures_are_deleted_and_nothing_else(tmp_path):
  output = files.Output(str(tmp_path), 'study', 'run [1]')
  for name in ('networks/old.png', 'networks/text.txt', 'other.png'):
    with open(output.path(name), 'w'):
      pass
  output.emptied('networks')
  left = {path.name for path in tmp_path.rglob('*') if path.is_file()}
  assert left == {'text.txt', 'other.png'}


def test_a_folder_that_cannot_be(tmp_path):
  (tmp_path / 'study').write_text('a file')
  output = files.Output(str(tmp_path), 'study', 'run')
  with pytest.raises(RunError, match='cannot make'):
    output.figure('x.png', paint.new_figure(1, 1))
