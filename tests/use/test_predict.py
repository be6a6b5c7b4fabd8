"""The command and its network: same numbers from a run and a SavedModel."""

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from src.AEROBI import codebrim, main
from src.AEROBI.task import Aerobi
from src.files import photo, png
from src.images import crop
from src.run import checkpoints, directory
from src.run.errors import RunError
from src.use import predict, tiles, trained
from tests import terminal
from tests import tiny_runs as image_runs
from tests.AEROBI import made_codebrim, tiny_runs

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('predict')


@pytest.fixture(scope='module')
def run(folder):
  """A trained network's run directory, whose data are gone."""
  data = tiny_runs.write_data(folder / 'data')
  argv = image_runs.arguments(
    tiny_runs.FIXED, data, folder / 'run', '--num_epochs=1'
  )
  assert main.main(argv) == 0
  return str(folder / 'run')


@pytest.fixture(scope='module')
def exported(folder, run):
  out = str(folder / 'model')
  argv = ['main.py', '--mode=export', '--checkpoint_path=' + run]
  assert main.main(argv + ['--export_dir=' + out]) == 0
  os.rename(str(folder / 'data'), str(folder / 'gone'))
  return out


@pytest.fixture(scope='module')
def pictures(folder):
  """Paths: 16 x 16, 24 x 70 and 100 x 90 pixels."""
  paths = []
  for number, (height, width) in enumerate([(16, 16), (24, 70), (100, 90)]):
    path = folder / ('photo_%d.png' % number)
    path.write_bytes(png.encode(made_codebrim.picture(number, height, width)))
    paths.append(str(path))
  return paths


def _slow(run, windows):
  """What the network says, by the graph of an evaluation."""
  flags = tiny_runs.parse(['main.py'])
  vars(flags).update(directory.read_flags(run))
  vars(flags)['data_path'] = os.path.join(os.path.dirname(run), 'gone')
  prefix = checkpoints.locate(run).prefix
  with Aerobi().restored(flags, prefix, None) as (session, graph):
    logits = session.run(graph.infer.logits, {graph.infer.images: windows})
  return logits.astype(float)


def _fake(monkeypatch):
  """A network of 16 pixels that is half sure of all."""

  @contextlib.contextmanager
  def opened(path, package=None):
    del path, package
    yield trained.Trained(
      lambda windows: np.full([len(windows), 6], 0.5),
      16,
      list(codebrim.CLASSES),
    )

  monkeypatch.setattr(trained, 'opened', opened)


def _call(capsys, code, *argv):
  capsys.readouterr()
  assert predict.main(list(argv)) == code
  return capsys.readouterr()


def test_a_run_and_what_it_exported_say_the_same(run, exported):
  windows = np.random.RandomState(0).uniform(0, 255, [5, 16, 16, 3])
  windows = windows.astype(np.float32)
  answers = []
  for path in (run, checkpoints.locate(run).prefix, exported):
    with trained.opened(path) as network:
      assert (network.size, network.names) == (16, Aerobi().classes(None))
      answers.append(network.predict(windows))
  np.testing.assert_array_equal(answers[0], answers[1])
  _, prefix = trained.restored_flags(Aerobi(), run + ':best')
  assert prefix == checkpoints.best(run).prefix
  np.testing.assert_allclose(answers[0], answers[2], rtol=1e-5)
  wanted = 1 / (1 + np.exp(-_slow(run, windows)))
  np.testing.assert_allclose(answers[0], wanted, rtol=1e-5)
  assert np.ptp(wanted, axis=0).min() > 1e-4


def test_whole_photos(run, exported, pictures, tmp_path, capsys):
  table = str(tmp_path / 'answers.csv')
  shown = _call(
    capsys, 0, '--checkpoint_path', run, '--csv', table, '--threshold=0.4',
    *pictures
  )  # fmt: skip
  with open(table) as file:
    rows = list(csv.DictReader(file))
  assert [row['image'] for row in rows] == pictures
  lines = shown.out.splitlines()
  assert len(lines) == 3 * 7
  for number, (row, path) in enumerate(zip(rows, pictures)):
    pixels = photo.read(path)
    count = int(row['windows'])
    assert count == (1, 5, 2)[number]
    windows = crop.even_windows(pixels, 16, count)
    odds = np.exp(_slow(run, windows).mean(axis=0))
    for place, name in enumerate(Aerobi().classes(None)):
      value = odds[place] / (1 + odds[place])
      assert float(row[name]) == pytest.approx(value, abs=2e-6)
      assert row[name + '_seen'] == str(int(value >= 0.4))
      line = lines[7 * number + 1 + place].split()
      assert line[0] == name and line[2] == ('yes' if value >= 0.4 else 'no')
      assert float(line[1]) == pytest.approx(value, abs=6e-5)


def test_tiles_and_pictures(run, exported, pictures, tmp_path, capsys):
  out = tmp_path / 'new' / 'overlays'
  (tmp_path / 'other').mkdir()
  twin = str(tmp_path / 'other' / 'photo_2.jpg')
  assert cv2.imwrite(twin, made_codebrim.picture(2, 100, 90))
  shown = _call(
    capsys, 0, '--checkpoint_path', exported, '--tiles', '--tile_side=40',
    '--overlay_dir', str(out), '--all_panels', '--threshold=0,1,1,1,1,1',
    '--batch_size=7', pictures[2], twin,
  )  # fmt: skip
  assert sorted(os.listdir(str(out))) == [
    'photo_2_seen-2.png', 'photo_2_seen.png'
  ]  # fmt: skip
  lines = shown.out.splitlines()
  assert lines[0] == pictures[2] + ' (90 x 100, 16 windows)'
  assert lines[1].startswith('  Background') and lines[1].endswith(' yes')
  assert [line.split()[-1] for line in lines[2:7]] == ['no'] * 5
  assert lines[7] == '  drawn in ' + str(out / 'photo_2_seen.png')
  picture = photo.read(str(out / 'photo_2_seen.png'))
  assert picture.shape[0] > 500 and (picture[0] == 255).all()


def test_bad_images_do_not_stop_the_others(run, exported, pictures, tmp_path,
                                           capsys):  # fmt: skip
  empty = tmp_path / 'empty.jpg'
  empty.write_bytes(b'')
  shown = _call(
    capsys, 1, '--checkpoint_path', run, str(empty), pictures[0], 'no.png'
  )
  assert shown.err.splitlines() == [
    'error: %s is empty (0 bytes)' % empty,
    'error: cannot read no.png: No such file or directory',
    'error: 2 of 3 images have no answer',
  ]
  assert len(shown.out.splitlines()) == 7
  shown = _call(capsys, 1, '--checkpoint_path', run, str(empty))
  assert shown.err == 'error: %s is empty (0 bytes)\n' % empty


@pytest.mark.parametrize(
  'words, code, message',
  [
    (['--threshold=x'], 2, '--threshold=x: expected a number from 0 to 1, or '
     'one for each class with commas between them'),
    (['--threshold=1.5'], 2, '--threshold=1.5: expected a number'),
    (['--threshold=nan'], 2, '--threshold=nan: expected a number'),
    (['--threshold=0.1,0.2'], 2, '--threshold=0.1,0.2 has 2 numbers; the '
     'classes are Background, Crack, Spallation, Efflorescence, ExposedBars, '
     'CorrosionStain'),
    (['--tile_side=0'], 2, '--tile_side must be at least 1'),
    (['--batch_size=0'], 2, '--batch_size must be at least 1'),
    (['--overlap=1'], 2, '--overlap=1: expected 0 to 0.9, a part of the side'),
    (['--csv=no/such/a.csv'], 1, 'there is no folder no/such for the CSV'),
    (['--overlay_dir=/dev/null/x'], 1, 'cannot make /dev/null/x: '),
  ],
)  # fmt: skip
def test_bad_usage(run, pictures, capsys, words, code, message):
  shown = _call(
    capsys, code, '--checkpoint_path', run, pictures[0], *words
  )  # fmt: skip
  assert shown.err.startswith('error: ' + message)
  assert shown.err.count('\n') == 1 and shown.out == ''


def test_files_that_cannot_be_written(run, pictures, tmp_path, capsys):
  (tmp_path / 'photo_0_seen.png').mkdir()
  words = ['--checkpoint_path', run, pictures[0]]
  shown = _call(capsys, 1, '--overlay_dir', str(tmp_path), *words)
  assert shown.err.startswith(
    'error: cannot write %s: ' % (tmp_path / 'photo_0_seen.png')
  )
  shown = _call(capsys, 1, '--csv', str(tmp_path), *words)
  assert shown.err == 'error: cannot write %s: Is a directory\n' % tmp_path


def test_no_image_is_written_over(pictures, tmp_path, monkeypatch, capsys):
  def opened(path):
    raise AssertionError('the network was opened')

  monkeypatch.setattr(trained, 'opened', opened)
  own = tmp_path / 'own'
  own.mkdir()
  taken = str(own / 'photo_seen.png')
  for source, target in ((pictures[0], taken), (pictures[1], 'photo.png')):
    shutil.copyfile(source, str(own / target))
  os.symlink('photo_seen.png', str(own / 'linked.csv'))
  words = ['--checkpoint_path=x', taken, str(own / 'photo.png')]
  for flag, value, target in (
    ('--overlay_dir', own, taken),
    ('--csv', taken, taken),
    ('--csv', own / 'linked.csv', own / 'linked.csv'),
  ):
    shown = _call(capsys, 2, flag, str(value), *words)
    assert shown.err == (
      'error: %s would be written over the image %s; give another %s\n'
      % (target, taken, flag)
    )
  with open(taken, 'rb') as file, open(pictures[0], 'rb') as original:
    assert file.read() == original.read()


def test_pictures_beside_their_photos(tmp_path, monkeypatch, capsys):
  _fake(monkeypatch)
  own = tmp_path / 'own'
  own.mkdir()
  path, twin = own / 'a.png', tmp_path / 'a.png'
  for file in (path, twin):
    file.write_bytes(png.encode(made_codebrim.picture(1, 16, 16)))
  before = path.read_bytes()
  _call(
    capsys, 0, '--checkpoint_path=x', '--overlay_dir', str(own), str(path),
    str(twin),
  )  # fmt: skip
  assert path.read_bytes() == before
  assert sorted(os.listdir(str(own))) == [
    'a.png', 'a_seen-2.png', 'a_seen.png'
  ]  # fmt: skip


@pytest.mark.parametrize('failure, code', [(KeyboardInterrupt, 130),
                                           (RunError('x'), 1)])  # fmt: skip
def test_answers_are_kept_when_a_later_image_fails(
  pictures, tmp_path, monkeypatch, capsys, failure, code
):
  _fake(monkeypatch)
  path, read = str(tmp_path / 'a.csv'), photo.read

  def fails(path):
    if path == pictures[2]:
      raise failure
    return read(path)

  monkeypatch.setattr(photo, 'read', fails)
  _call(capsys, code, '--checkpoint_path=x', '--csv', path, *pictures)
  with open(path) as file:
    rows = list(csv.DictReader(file))
  assert [row['image'] for row in rows] == pictures[:2]


def test_a_line_of_pixels(tmp_path, monkeypatch, capsys):
  _fake(monkeypatch)
  for height, width in ((2, 3000), (3000, 1)):
    path = tmp_path / 'narrow.png'
    path.write_bytes(png.encode(made_codebrim.picture(1, height, width)))
    _call(
      capsys, 0, '--checkpoint_path=x', '--overlay_dir', str(tmp_path),
      '--batch_size=1000', str(path),
    )  # fmt: skip
    assert photo.read(str(tmp_path / 'narrow_seen.png')).shape[1] > 500


@pytest.mark.parametrize('encoding', ['ascii', 'utf-8'])
def test_names_that_stdout_cannot_say(tmp_path, monkeypatch, encoding):
  _fake(monkeypatch)
  name = str(tmp_path / '\udcfc\n.png')
  with open(name, 'wb') as file:
    file.write(png.encode(made_codebrim.picture(1, 16, 16)))
  raw = io.BytesIO()
  monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, encoding))
  path = tmp_path / 'a.csv'
  words = ['--checkpoint_path=x', '--csv=%s' % path, name, name]
  assert predict.main(words + ['--overlay_dir=%s' % tmp_path]) == 0
  sys.stdout.flush()
  lines = raw.getvalue().decode('ascii').splitlines()
  assert len(lines) == 2 * 8
  assert lines[0].endswith(r'/\udcfc\n.png (16 x 16, 1 window)')
  assert lines[-1].endswith(r'/\udcfc\n_seen-2.png')
  assert path.read_bytes().count(b'\xfc\n.png",16,16,1,') == 2


def test_too_many_windows_of_one_image(pictures, monkeypatch, capsys):
  _fake(monkeypatch)
  monkeypatch.setattr(tiles, 'MAX_WINDOWS', 99)
  words = ['--checkpoint_path=x', '--tiles', '--tile_side=8']
  message = (
    'error: %s: --tile_side=8 gives 528 windows of 90 x 100 pixels; at most '
    '99 are looked at: a smaller --overlap or a larger --tile_side gives '
    'fewer\n' % pictures[2]
  )
  assert _call(capsys, 2, pictures[2], *words).err == message
  shown = _call(capsys, 1, pictures[2], pictures[0], *words)
  assert shown.err == message + 'error: 1 of 2 images have no answer\n'
  assert len(shown.out.splitlines()) == 7


def test_a_bar_on_a_terminal(pictures, monkeypatch, capsys):
  _fake(monkeypatch)
  screen = terminal.Terminal()
  monkeypatch.setattr(sys, 'stderr', screen)
  _call(capsys, 0, '--checkpoint_path=x', '--batch_size=2', *pictures)
  assert 'image 2/3:   0%|          | 0/3 [' in screen.getvalue()


def test_what_is_no_network_of_ours(folder, run, exported, tmp_path, capsys):
  def refused(path, code):
    shown = _call(capsys, code, '--checkpoint_path=%s' % path, 'a.png')
    assert shown.err.count('\n') == 1
    return shown.err

  assert refused(tmp_path, 1).startswith(
    'error: there is no checkpoint in %s: ' % tmp_path
  )
  prefix = checkpoints.locate(run).prefix
  for ending in ('.index', '.data-00000-of-00001'):
    target = tmp_path / ('model.ckpt-3' + ending)
    with open(prefix + ending, 'rb') as source:
      target.write_bytes(source.read())
  alone = str(tmp_path / 'model.ckpt-3')
  assert refused(alone, 1) == (
    'error: %s lies in no run directory of ours: there is no flags.json '
    'beside it, from the --output_dir of its training\n' % alone
  )
  flags = directory.read_flags(run)
  directory.write_flags(
    str(tmp_path), dict(flags, child_fixed_arc=None, controller_training=True)
  )
  assert refused(alone, 2) == (
    'error: %s is a search: only a network trained with --child_fixed_arc can '
    'be asked\n' % alone
  )
  note = tmp_path / 'model' / 'enas.json'
  note.parent.mkdir()
  note.write_text('{"task": "cifar10"}')
  assert refused(note.parent, 1).startswith('error: cannot read the model in')
  with open(os.path.join(exported, 'enas.json')) as file:
    text = file.read()
  other = str(folder / 'other')
  os.rename(exported, other)
  try:
    with open(os.path.join(other, 'enas.json'), 'w') as file:
      file.write(text.replace('"AEROBI"', '"cifar10"'))
    with pytest.raises(RunError, match='of the task cifar10, not of AEROBI'):
      with trained.opened(other, 'AEROBI'):
        pass
  finally:
    with open(os.path.join(other, 'enas.json'), 'w') as file:
      file.write(text)
    os.rename(other, exported)


@pytest.mark.parametrize(
  'changes',
  [
    {'image_size': None},
    {'image_size': 17},
    {'image_size': '16'},
    {'image_size': 10**9},
    {'classes': None},
    {'classes': ['Crack']},
    {'classes': [1, 2, 3, 4, 5, 6]},
    {'classes': 'Cracks'},
  ],
)
def test_a_note_that_does_not_fit_its_model(exported, tmp_path, capsys,
                                            changes):  # fmt: skip
  model = str(tmp_path / 'model')
  shutil.copytree(exported, model)
  with open(os.path.join(model, 'enas.json')) as file:
    note = dict(json.load(file), **changes)
  note = {name: value for name, value in note.items() if value is not None}
  with open(os.path.join(model, 'enas.json'), 'w') as file:
    json.dump(note, file)
  shown = _call(capsys, 1, '--checkpoint_path', model, 'a.png')
  assert shown.err == (
    'error: the model in %s is not what its enas.json says, image_size %r and '
    'classes %r: export it again\n'
    % (model, note.get('image_size'), note.get('classes'))
  )


def test_help_and_exit_codes_of_the_process():
  result = subprocess.run(
    [sys.executable, '-m', 'src.AEROBI.predict', '--checkpoint_path=x'],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
    cwd=ROOT,
  )
  assert result.returncode == 2
  assert result.stderr.splitlines()[-1] == (
    'python -m src.AEROBI.predict: the following arguments are required: IMAGE'
  )
