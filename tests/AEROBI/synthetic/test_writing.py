"""The written data set: marked, complete, reproducible, all or nothing."""

import hashlib
import json
import os

import numpy as np
import pytest

from src.AEROBI import codebrim
from src.AEROBI.synthetic import plan, writing
from src.files import checked_xml, png
from src.run.errors import RunError, UsageError

TINY = plan.PRESETS['tiny']


def _bytes(root):
  found = {}
  for folder, _, names in os.walk(root):
    for name in names:
      path = os.path.join(folder, name)
      with open(path, 'rb') as source:
        found[os.path.relpath(path, root)] = source.read()
  return found


@pytest.fixture(name='root', scope='module')
def _root(tmp_path_factory):
  return writing.write(str(tmp_path_factory.mktemp('plain')), TINY)


def test_every_mark_is_there(root):
  assert os.path.basename(root) == 'synthetic_codebrim'
  with open(os.path.join(root, 'SYNTHETIC_NOTICE.txt')) as source:
    assert source.read().startswith('SYNTHETIC. ')
  for kind in ('background', 'defects'):
    xml = checked_xml.read(os.path.join(root, 'metadata', kind + '.xml'))
    assert xml.get('synthetic') == 'true'
  for name, data in _bytes(root).items():
    if name.endswith('.png'):
      assert b'tEXtsynthetic\0drawn by ' in data


def test_generator_json_tells_the_counts_and_sums(root):
  with open(os.path.join(root, 'metadata', 'generator.json')) as source:
    told = json.load(source)
  assert told['synthetic'] is True
  assert plan.Settings(**told['settings']) == TINY
  lines = []
  data = codebrim.read(root, lines.append)
  assert data.synthetic and 'SYNTHETIC' in lines[-1]
  for split in codebrim.SPLITS:
    own = getattr(data, split)
    assert told['counts'][split].pop('images') == len(own.paths)
    assert told['counts'][split].pop('unlabelled') == 0
    found = dict(zip(codebrim.CLASSES, own.labels.sum(axis=0).tolist()))
    assert told['counts'][split] == found
    assert min(found.values()) >= 1
  files = {n: d for n, d in _bytes(root).items() if n.endswith('.png')}
  assert told['sha256'] == {
    name: hashlib.sha256(data).hexdigest() for name, data in files.items()
  }


def test_tiny_crops_are_tiny(root):
  data = codebrim.read(root, log=lambda line: None)
  for path in data.train.paths:
    shape = png.read(path).shape
    assert 48 <= min(shape[:2]) and max(shape[:2]) <= 96


def test_processes_do_not_change_a_byte(root, tmp_path):
  other = writing.write(str(tmp_path), TINY, processes=2)
  assert _bytes(other) == _bytes(root)


def test_another_seed_is_another_set(root, tmp_path):
  other = writing.write(str(tmp_path), TINY._replace(seed=2))
  pixels = {n: d for n, d in _bytes(other).items() if n.endswith('.png')}
  assert not set(pixels.values()) & set(_bytes(root).values())


def test_suffixed_twins_find_their_label(tmp_path):
  settings = TINY._replace(variant='suffix', with_unlabelled=True)
  root = writing.write(str(tmp_path), settings)
  data = codebrim.read(root, log=lambda line: None)
  twins = [path for path in data.train.paths if '_-_' in path]
  assert len(data.train.paths) == 24 + len(twins) > 24
  for path in twins:
    parent = path.replace('_-_01', '')
    np.testing.assert_array_equal(png.read(path)[:, ::-1], png.read(parent))
    places = [data.train.paths.index(p) for p in (path, parent)]
    np.testing.assert_array_equal(*data.train.labels[places])


def test_copies_equal_their_parent(tmp_path):
  root = writing.write(str(tmp_path), TINY._replace(variant='balanced'))
  data = codebrim.read(root, log=lambda line: None)
  copies = [path for path in data.train.paths if '_copy' in path]
  assert copies
  with open(copies[0], 'rb') as one, open(
    copies[0].replace('_copy00', ''), 'rb'
  ) as other:
    assert one.read() == other.read()


def test_an_existing_set_is_left_alone(tmp_path):
  (tmp_path / 'synthetic_codebrim').mkdir()
  with pytest.raises(UsageError, match='exists already'):
    writing.write(str(tmp_path), TINY)


def test_nothing_half_written_stays(tmp_path, monkeypatch):
  calls = []

  def fails(root, settings, file):
    calls.append(file)
    if len(calls) == 3:
      raise OSError(28, 'No space left on device')
    return ''

  monkeypatch.setattr(writing, '_write_one', fails)
  with pytest.raises(RunError) as caught:
    writing.write(str(tmp_path), TINY)
  assert 'No space left on device' in str(caught.value)
  assert not list(tmp_path.iterdir())
