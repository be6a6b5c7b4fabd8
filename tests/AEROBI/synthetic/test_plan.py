"""Names, photos and variants of the synthetic files."""

import collections
import re

import pytest

from src.AEROBI.synthetic import labels, plan

SETTINGS = plan.Settings(train=200, val=40, test=40)


def test_names_numbers_and_kinds():
  files = plan.files(SETTINGS)
  assert len(files) == 280
  assert [file.index for file in files] == list(range(1, 281))
  for file in files:
    match = re.fullmatch(
      r'(train|val|test)/(background|defects)/'
      r'image_(\d{7})_crop_(\d{7})\.png',
      file.path,
    )
    assert int(match.group(3)) == file.photo
    assert int(match.group(4)) == file.index
    assert (match.group(2) == 'background') == (file.label == '100000')


def test_photos_do_not_cross_splits():
  splits = collections.defaultdict(set)
  files = plan.files(SETTINGS)
  for file in files:
    splits[file.photo].add(file.path.split('/')[0])
  assert all(len(own) == 1 for own in splits.values())
  assert 3 < len(files) / len(splits) < 8


def test_the_seed_decides():
  assert plan.files(SETTINGS) == plan.files(SETTINGS)
  assert plan.files(SETTINGS) != plan.files(SETTINGS._replace(seed=2))


def test_balanced_has_copies_with_rows_in_train_only():
  plain = plan.files(SETTINGS)
  files = plan.files(SETTINGS._replace(variant='balanced'))
  extra = [file for file in files if '_copy' in file.path]
  assert [file for file in files if '_copy' not in file.path] == plain
  by_path = {file.path: file for file in plain}
  for file in extra:
    parent = by_path[re.sub(r'_copy0[012]', '', file.path)]
    assert file._replace(path=parent.path) == parent
    assert file.path.startswith('train/') and file.has_row
  assert len(extra) == len(labels.copies([f.label for f in plain[:200]])) > 50


def test_suffix_has_mirrored_twins_without_rows():
  files = plan.files(SETTINGS._replace(variant='suffix'))
  extra = [file for file in files if '_-_' in file.path]
  assert 30 < len(extra) < 75
  assert all(file.mirrored and not file.has_row for file in extra)
  assert all(file.path.endswith('_-_01.png') for file in extra)


@pytest.mark.parametrize(
  'preset, counts',
  [
    ('tiny', (24, 8, 8)),
    ('demo', (600, 120, 120)),
    ('full', (6481, 616, 632)),
  ],
)
def test_presets(preset, counts):
  settings = plan.PRESETS[preset]
  assert (settings.train, settings.val, settings.test) == counts
