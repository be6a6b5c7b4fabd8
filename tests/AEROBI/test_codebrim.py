"""Reading the layout: every crop with its label, and every refusal."""

import os
import shutil

import numpy as np
import pytest

from src.AEROBI import codebrim, record
from src.run.errors import RunError
from tests.AEROBI import made_codebrim


def _read(root):
  return codebrim.read(str(root), log=lambda line: None)


def _error(root):
  with pytest.raises(RunError) as caught:
    _read(root)
  assert '\n' not in str(caught.value)
  return str(caught.value)


def test_paths_and_labels(tmp_path):
  data = _read(made_codebrim.write(tmp_path))
  names = [os.path.relpath(path, str(tmp_path)) for path in data.train.paths]
  assert names == [
    'train/background/image_0000000_crop_0000000.png',
    'train/defects/image_0000001_crop_0000001.png',
    'train/defects/image_0000002_crop_0000002.png',
  ]
  assert data.train.labels.dtype == np.float32
  assert data.train.labels.tolist() == [
    [1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 0],
    [0, 0, 0, 0, 1, 1],
  ]
  assert data.val.labels.shape == data.test.labels.shape == (2, 6)
  assert not data.synthetic


def test_class_order():
  assert codebrim.CLASSES == (
    'Background',
    'Crack',
    'Spallation',
    'Efflorescence',
    'ExposedBars',
    'CorrosionStain',
  )


def test_dots_in_the_path_are_harmless(tmp_path):
  root = tmp_path / 'v1.0' / 'my.data'
  assert _read(made_codebrim.write(root)).test.labels[0].tolist()[0] == 1


def test_augmented_and_copied_files_have_their_parents_label(tmp_path):
  made_codebrim.write(tmp_path)
  folder = tmp_path / 'train' / 'defects'
  parent = folder / 'image_0000001_crop_0000001.png'
  for ending in ('_-_rot90', '_copy01', '_copy01_-_flip', '_-_flip_copy01'):
    shutil.copy(str(parent), str(parent).replace('.png', ending + '.png'))
  data = _read(tmp_path)
  assert len(data.train.paths) == 7
  assert data.train.labels[1:6].tolist() == [[0, 0, 0, 0, 1, 0]] * 5


def test_litter_is_ignored(tmp_path):
  made_codebrim.write(tmp_path)
  for place in ('', 'train', 'train/defects', 'val/background'):
    (tmp_path / place / '.DS_Store').write_text('x')
    (tmp_path / place / '__MACOSX').mkdir()
  assert [len(getattr(_read(tmp_path), s).paths) for s in codebrim.SPLITS] == [
    3,
    2,
    2,
  ]


def test_unlabelled_files_are_counted_and_ten_are_named(tmp_path):
  made_codebrim.write(tmp_path)
  for number in range(12):
    (tmp_path / 'val' / 'defects' / ('x%02d.png' % number)).write_text('')
  message = _error(tmp_path)
  assert message.startswith('12 files below %s have no row in ' % tmp_path)
  assert 'val/defects/x00.png, ' in message
  assert message.endswith('val/defects/x09.png and 2 more')


def test_a_row_of_the_other_file_does_not_count(tmp_path):
  made_codebrim.write(tmp_path)
  name = 'image_0000001_crop_0000001.png'
  shutil.move(
    str(tmp_path / 'train/defects' / name),
    str(tmp_path / 'train/background' / name),
  )
  assert _error(tmp_path).startswith('1 files below')


def test_summary(tmp_path):
  made_codebrim.write(tmp_path)
  made_codebrim.write_xml(
    tmp_path / 'metadata' / 'defects.xml',
    [
      ('image_%07d_crop_%07d.png' % (n, n), label)
      for n, label in [
        (1, '011001'),
        (2, '000000'),
        (4, '010000'),
        (6, '0' * 6),
      ]
    ],
  )
  lines = []
  codebrim.read(str(tmp_path), lines.append)
  assert lines[0].split() == ['split', 'images'] + list(codebrim.CLASSES)
  assert [line.split() for line in lines[1:4]] == [
    ['train', '3', '1', '1', '1', '0', '0', '1'],
    ['val', '2', '1', '1', '0', '0', '0', '0'],
    ['test', '2', '1', '0', '0', '0', '0', '0'],
  ]
  assert lines[4:] == [
    'without any label: 2 (train 1, val 0, test 1); they count as six zeros'
  ]


def test_a_synthetic_set_says_so(tmp_path):
  made_codebrim.write(tmp_path)
  (tmp_path / 'SYNTHETIC_NOTICE.txt').write_text('made up')
  lines = []
  assert codebrim.read(str(tmp_path), lines.append).synthetic
  assert lines[-1] == (
    'SYNTHETIC images: what is measured on them is no CODEBRIM result'
  )


def test_no_path_and_no_folder_say_how_to_get_the_data(tmp_path):
  for root, start in [
    ('', 'no data path is given; '),
    (tmp_path / 'none', 'there is no folder %s; ' % (tmp_path / 'none')),
  ]:
    message = _error(root)
    assert message.startswith(start)
    assert record.ARCHIVE in message and '10.5281/zenodo.2620293' in message


def test_a_zip_in_place_of_a_folder(tmp_path):
  (tmp_path / 'a.zip').write_text('')
  assert 'src.AEROBI.prepare' in _error(tmp_path / 'a.zip')


@pytest.mark.parametrize('part', record.PARTS)
def test_a_missing_part_is_named(tmp_path, part):
  made_codebrim.write(tmp_path)
  shutil.rmtree(str(tmp_path / part))
  assert _error(tmp_path).startswith('%s has no %s; get ' % (tmp_path, part))


@pytest.mark.parametrize(
  'folders, clause',
  [
    (['images', 'annotations'], 'these are the original images'),
    (['original_dataset/images'], 'these are the original images'),
    (['data/images', 'data/annotations'], 'these are the original images'),
    (['background', 'defects'], 'these are crops without the splits'),
    (['cropped_dataset/defects'], 'these are crops without the splits'),
  ],
)
def test_a_wrong_variant_is_recognised(tmp_path, folders, clause):
  for folder in folders:
    (tmp_path / folder).mkdir(parents=True)
  message = _error(tmp_path)
  assert '; ' + clause in message
  assert 'take CODEBRIM_classification_dataset.zip of ' in message


def test_a_nested_root_is_recognised(tmp_path):
  made_codebrim.write(tmp_path / 'classification_dataset')
  assert _error(tmp_path).endswith(
    'the data set is one folder further down, in classification_dataset'
  )


def test_an_unknown_folder_in_a_split(tmp_path):
  made_codebrim.write(tmp_path)
  (tmp_path / 'val' / 'cracks').mkdir()
  assert _error(tmp_path) == (
    '%s holds cracks; only background and defects belong there'
    % (tmp_path / 'val')
  )


def test_an_empty_split(tmp_path):
  made_codebrim.write(tmp_path)
  for kind in record.KINDS:
    shutil.rmtree(str(tmp_path / 'val' / kind))
  assert _error(tmp_path) == '%s holds no images' % (tmp_path / 'val')


def test_a_file_in_place_of_a_kind(tmp_path):
  made_codebrim.write(tmp_path)
  shutil.rmtree(str(tmp_path / 'val' / 'defects'))
  (tmp_path / 'val' / 'defects').write_text('')
  assert _error(tmp_path).startswith(
    'cannot list %s: ' % (tmp_path / 'val' / 'defects')
  )
