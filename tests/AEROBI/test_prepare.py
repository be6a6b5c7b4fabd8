"""From the archive to the data set: all of it, once, or one line of error."""

import json
import os
import zipfile

import numpy as np
import pytest

from src.AEROBI import codebrim, prepare, record
from src.files import png
from src.files.errors import FileError
from src.images import crop
from src.run.errors import RunError, UsageError
from tests.AEROBI import made_codebrim
from tests.files import damaged_zip

LITTER = [
  ('__MACOSX/classification_dataset/._train', b'x'),
  ('classification_dataset/.DS_Store', b'x'),
  ('classification_dataset/train/defects/.DS_Store', b'x'),
  ('classification_dataset/val/', b''),
]


@pytest.fixture(name='folder')
def _folder(tmp_path):
  return made_codebrim.write(tmp_path / 'source', counts=(5, 3, 3))


@pytest.fixture(name='archive')
def _archive(tmp_path, folder):
  return damaged_zip.of_folder(
    tmp_path / 'a.zip', folder, litter=LITTER, first_wrong=4, wraps=2
  )


def _prepare(archive, out, **kwargs):
  lines = []
  kwargs.setdefault('accepted', True)
  prepare.prepare(str(archive), str(out), log=lines.append, **kwargs)
  return lines


def _error(archive, out, kind=RunError, **kwargs):
  with pytest.raises(kind) as caught:
    _prepare(archive, out, **kwargs)
  assert '\n' not in str(caught.value)
  assert not os.path.exists(str(out))
  return str(caught.value)


def _files(folder):
  return {
    str(path.relative_to(folder)): path.read_bytes()
    for path in folder.rglob('*')
    if path.is_file()
  }


def test_the_damaged_archive_comes_out_whole(tmp_path, folder, archive):
  out = tmp_path / 'out'
  lines = _prepare(archive, out)
  found = _files(out)
  assert json.loads(found.pop('prepared.json').decode()) == {'short_side': None}
  assert found == _files(folder)
  assert lines[0] == (
    '13 of 17 members lie elsewhere than the archive says; they were found'
  )
  assert lines[1].split()[:2] == ['split', 'images']
  assert lines[-2].startswith('WARNING: 5/3/3 images in train, val, test; ')
  assert '6481/616/632 are published' in lines[-2]
  assert lines[-1] == 'written to %s: use it with --data_path=%s' % (out, out)
  assert not (tmp_path / 'out.part').exists()
  assert codebrim.read(str(out), lambda line: None).short_side is None


def test_the_balanced_archive_has_no_published_count(tmp_path, folder):
  archive = damaged_zip.of_folder(
    tmp_path / 'b.zip', folder, root='classification_dataset_balanced'
  )
  assert not any(
    'WARNING' in line for line in _prepare(archive, tmp_path / 'o')
  )


def test_the_licence_has_to_be_accepted(tmp_path, archive):
  message = _error(archive, tmp_path / 'out', UsageError, accepted=False)
  assert message.startswith(record.LICENCE)
  assert '--i_accept_the_codebrim_licence' in message
  assert not (tmp_path / 'out.part').exists()


def test_reduced_images_follow_the_readers_rule(tmp_path, folder, archive):
  out = tmp_path / 'out'
  lines = _prepare(archive, out, short_side=24)
  assert 'images are reduced to a short side of 24' in lines
  data = codebrim.read(str(out), log=lambda line: None)
  assert data.short_side == 24
  shrunk = 0
  for path in data.train.paths + data.val.paths + data.test.paths:
    with open(path, 'rb') as source:
      found = source.read()
    original = folder / os.path.relpath(path, str(out))
    pixels = png.read(str(original))
    if min(pixels.shape[:2]) <= 24:
      assert found == original.read_bytes()
    else:
      shrunk += 1
      expected = crop.resize(pixels, 24)
      assert np.abs(png.decode(found, path) - expected).max() <= 0.5
      assert png.read(path).shape == expected.shape
  assert 0 < shrunk < 11


def test_a_reduced_copy_of_a_folder(tmp_path, folder, archive):
  _prepare(folder, tmp_path / 'one', short_side=16)
  _prepare(archive, tmp_path / 'two', short_side=16, threads=1)
  assert _files(tmp_path / 'one') == _files(tmp_path / 'two')


def test_reducing_twice_does_not_pretend_to_enlarge(tmp_path, folder):
  _prepare(folder, tmp_path / 'one', short_side=16)
  lines = _prepare(tmp_path / 'one', tmp_path / 'two', short_side=20)
  assert 'images are reduced to a short side of 16' in lines
  assert _files(tmp_path / 'one') == _files(tmp_path / 'two')


def test_a_folder_alone_is_unpacked_already(tmp_path, folder):
  message = _error(folder, tmp_path / 'out', UsageError)
  assert message.endswith('give --short_side to make a smaller copy')


def test_synthetic_images_need_no_licence_and_stay_marked(tmp_path, folder):
  (folder / 'SYNTHETIC_NOTICE.txt').write_text('made up')
  (folder / 'metadata' / 'generator.json').write_text('{}')
  lines = _prepare(folder, tmp_path / 'out', short_side=16, accepted=False)
  assert any('SYNTHETIC' in line for line in lines)
  found = _files(tmp_path / 'out')
  assert 'SYNTHETIC_NOTICE.txt' in found
  assert 'metadata/generator.json' not in found  # its sums do not hold now
  for name, content in found.items():
    assert b'tEXtsynthetic' in content or not name.endswith('.png')


def test_an_interrupted_run_goes_on(tmp_path, folder, archive, monkeypatch):
  out, part = tmp_path / 'out', tmp_path / 'out.part'
  write, written = prepare._write, []

  def full(path, data):
    if len(written) == 6:
      raise OSError(28, 'No space left on device')
    written.append(path)
    write(path, data)

  monkeypatch.setattr(prepare, '_write', full)
  for side in (None, 16):
    written.clear()
    message = _error(archive, out, short_side=side, threads=1)
    assert message == (
      'cannot make %s: [Errno 28] No space left on device' % out
    )
    monkeypatch.setattr(prepare, '_write', write)
    done = [path for path in written if path.endswith('.png')]
    spoilt = done.pop()
    with open(spoilt, 'r+b') as file:
      file.truncate(40)
    before = [os.stat(path).st_mtime_ns for path in done]
    inodes = [os.stat(path).st_ino for path in done]
    _prepare(archive, out, short_side=side, threads=2)
    moved = [str(out / os.path.relpath(path, str(part))) for path in done]
    assert [os.stat(path).st_mtime_ns for path in moved] == before
    assert [os.stat(path).st_ino for path in moved] == inodes
    _prepare(archive, tmp_path / 'straight', short_side=side)
    assert _files(out) == _files(tmp_path / 'straight')
    os.rename(str(out), str(tmp_path / ('done%s' % side)))
    os.rename(str(tmp_path / 'straight'), str(tmp_path / ('again%s' % side)))
    monkeypatch.setattr(prepare, '_write', full)


def test_other_work_is_not_mixed_in(tmp_path, archive):
  part = tmp_path / 'out.part'
  part.mkdir()
  for content in ('', '{"source": "a.zip"}'):
    (part / '.prepare.json').write_text(content)
    assert _error(archive, tmp_path / 'out', UsageError) == (
      '%s is there and holds other work; remove it first' % part
    )


def test_an_existing_folder_is_left_alone(tmp_path, archive):
  (tmp_path / 'out').mkdir()
  with pytest.raises(UsageError) as caught:
    _prepare(archive, tmp_path / 'out')
  assert str(caught.value).endswith('exists already; give a new folder')


def test_a_folder_without_a_name(tmp_path, archive, monkeypatch):
  monkeypatch.chdir(tmp_path)
  message = _error(archive, '', UsageError)
  assert message == 'OUT is empty: name the folder to make'
  assert not (tmp_path / '.part').exists()


@pytest.mark.parametrize(
  'name', ['/etc/passwd', '../../x.png', 'classification_dataset/a\\b.png']
)
def test_names_that_point_elsewhere(tmp_path, folder, name):
  archive = damaged_zip.of_folder(
    tmp_path / 'a.zip', folder, litter=[(name, b'x')]
  )
  message = _error(archive, tmp_path / 'out')
  assert repr(name) in message and message.endswith('; refused')
  assert not (tmp_path / 'out.part').exists()


def test_a_name_twice(tmp_path, folder):
  name = 'classification_dataset/metadata/defects.xml'
  with pytest.warns(UserWarning):
    archive = damaged_zip.of_folder(
      tmp_path / 'a.zip', folder, litter=[(name, b'x')]
    )
  assert _error(archive, tmp_path / 'out') == (
    '%s holds %s twice' % (archive, name)
  )


def test_what_does_not_belong_is_left_out_and_said(tmp_path, folder):
  archive = damaged_zip.of_folder(
    tmp_path / 'a.zip',
    folder,
    litter=[
      ('license.md', b'x'),
      ('classification_dataset/run.sh', b'x'),
      ('classification_dataset/train/defects/deep/a.png', b'x'),
    ],
  )
  lines = _prepare(archive, tmp_path / 'out')
  assert lines[1] == (
    'left out, for they are no part of the data set: 3 files: '
    'classification_dataset/run.sh, '
    'classification_dataset/train/defects/deep/a.png, license.md'
  )
  assert set(_files(tmp_path / 'out')) - set(_files(folder)) == {
    'prepared.json'
  }


def test_unreadable_images(tmp_path, folder):
  (folder / 'train/defects/image_0000001_crop_0000001.png').write_bytes(b'')
  (folder / 'val/defects/image_0000006_crop_0000006.png').write_bytes(b'GIF')
  archive = damaged_zip.of_folder(tmp_path / 'a.zip', folder)
  problem = (
    '2 unreadable images: train/defects/image_0000001_crop_0000001.png is '
    'empty (0 bytes), val/defects/image_0000006_crop_0000006.png is no PNG '
    'image'
  )
  assert _error(archive, tmp_path / 'out') == (
    problem + '; leave them out with --skip_unreadable'
  )
  lines = _prepare(archive, tmp_path / 'out', skip_unreadable=True)
  assert 'left out ' + problem in lines
  data = codebrim.read(str(tmp_path / 'out'), log=lambda line: None)
  assert [len(getattr(data, s).paths) for s in codebrim.SPLITS] == [4, 2, 3]


def test_a_damaged_member(tmp_path, archive):
  path = tmp_path / 'a.zip'
  data = bytearray(path.read_bytes())
  at = data.index(b'crop_0000002.png') + 400
  data[at] ^= 0xFF
  path.write_bytes(data)
  message = _error(path, tmp_path / 'out', FileError)
  assert message.startswith('%s is damaged: ' % path)


@pytest.mark.parametrize(
  'names, clause',
  [
    (['original_dataset/images/a.jpg'], 'these are the original images'),
    (['cropped/background/a.png'], 'these are crops without the splits'),
    (['background/a.png', 'defects/b.png'], 'these are crops without'),
    (['x/y.png'], 'get CODEBRIM_classification_dataset.zip'),
  ],
)
def test_wrong_archives(tmp_path, names, clause):
  path = str(tmp_path / 'a.zip')
  with zipfile.ZipFile(path, 'w') as archive:
    for name in names:
      archive.writestr(name, b'x')
  message = _error(path, tmp_path / 'out')
  assert message.startswith(
    '%s does not hold train, val, test, metadata; %s' % (path, clause)
  )


def test_no_archive(tmp_path):
  message = _error(tmp_path / 'none.zip', tmp_path / 'out')
  assert message.startswith('there is no ') and record.URL in message


def test_a_damaged_note(tmp_path, folder):
  for note in ('{', '[]', '{"short_side": "x"}', '{"short_side": -1}'):
    (folder / 'prepared.json').write_text(note)
    with pytest.raises(RunError) as caught:
      codebrim.read(str(folder), log=lambda line: None)
    assert str(caught.value) == (
      '%s is damaged: prepare the data set again with python -m '
      'src.AEROBI.prepare' % (folder / 'prepared.json')
    )


def test_the_command(tmp_path, archive, capsys):
  out = str(tmp_path / 'out')
  assert prepare.main([archive, out]) == 2
  assert prepare.main([archive, out, '--threads=0']) == 2
  assert prepare.main([archive, out, '--short_side=0']) == 2
  assert prepare.main([str(tmp_path / 'none.zip'), out]) == 1
  errors = capsys.readouterr().err.splitlines()
  assert len(errors) == 4
  assert errors[1] == 'error: --threads must be at least 1'
  assert errors[2] == 'error: --short_side must be at least 1'
  accepted = '--i_accept_the_codebrim_licence'
  assert prepare.main([archive, out, accepted, '--short_side=16']) == 0
  assert 'written to ' + out in capsys.readouterr().out


def test_a_name_that_stdout_cannot_say(tmp_path, archive, capsys):
  prepare.prepare(archive, str(tmp_path / '\udcfc'), accepted=True)
  assert capsys.readouterr().out.endswith(
    r"--data_path=$'%s/\xfc'" % tmp_path + '\n'
  )


def test_help_tells_where_to_get_it(capsys):
  with pytest.raises(SystemExit):
    prepare.main(['--help'])
  text = ' '.join(capsys.readouterr().out.split())
  for word in (record.ARCHIVE, record.RECORD, record.DOI, 'Nothing is downl'):
    assert word in text
