"""Answers in a CSV: what stands in it, and when."""

import csv

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.run.errors import RunError
from src.use import prediction, table, trained
from tests.AEROBI import made_codebrim


def _found(width=20):
  return prediction.predict(
    made_codebrim.picture(1, 20, width),
    trained.Trained(
      lambda batch: np.full([len(batch), 6], 0.25 + width / 100.0),
      16,
      list(CLASSES),
    ),
  )


def _rows(path):
  with open(str(path), encoding='utf-8', errors='surrogateescape') as file:
    return list(csv.DictReader(file))


def test_rows(tmp_path):
  path = tmp_path / 'a.csv'
  path.write_text('of an earlier run\n' * 99)
  found = [_found(20), _found(60)]
  with table.opened(str(path)) as add:
    assert path.read_text().startswith('of an earlier run')
    for number, name in enumerate(['a, b.jpg', 'c.png']):
      add(name, found[number])
      assert len(_rows(path)) == number + 1  # already
  rows = _rows(path)
  assert [row['image'] for row in rows] == ['a, b.jpg', 'c.png']
  assert [row['windows'] for row in rows] == ['1', '5']
  for row, one in zip(rows, found):
    assert row['height'] == '20' and int(row['width']) == one.tiles.shape[1]
    for place, name in enumerate(one.names):
      assert row[name] == '%.6f' % one.probabilities[place]
      assert row[name + '_seen'] == str(int(one.decisions[place]))
  assert [row['Crack_seen'] for row in rows] == ['0', '1']


def test_names_of_any_bytes(tmp_path):
  names = ['Brücke.jpg', '\udcfc.jpg', 'a\nb.jpg']
  with table.opened(str(tmp_path / 'a.csv')) as add:
    for name in names:
      add(name, _found())
  assert [row['image'] for row in _rows(tmp_path / 'a.csv')] == names
  assert b'\n\xfc.jpg,' in (tmp_path / 'a.csv').read_bytes()


def test_no_table(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with table.opened(None) as add:
    add('a.jpg', _found())
  assert list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_written(tmp_path):
  with table.opened(str(tmp_path)) as add:
    with pytest.raises(RunError) as caught:
      add('a.jpg', _found())
  assert str(caught.value) == 'cannot write %s: Is a directory' % tmp_path
