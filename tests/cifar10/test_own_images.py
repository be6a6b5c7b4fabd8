"""Images of one's own through the whole program: the same numbers as batches.

The embedded formats are told apart in `test_layout`, single files and splits in
`tests/images`.
"""

import csv
import json
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from src.cifar10 import data_utils, main
from src.cifar10.task import Cifar10
from src.images import own
from src.run import saved_model
from src.use import predict, score
from tests import tiny_runs


def _run(settings, data_path, out, *more):
  argv = tiny_runs.arguments(settings, data_path, out, *more)
  return main.main(argv)


@pytest.fixture(name='folder', scope='module')
def _folder(tmp_path_factory):
  return tmp_path_factory.mktemp('own')


@pytest.fixture(name='batches', scope='module')
def _batches(folder):
  """The tiny batches, and the same images as PNG files in folders."""
  path = tiny_runs.write_data(folder / 'batches')
  data = data_utils.read_data(path, tiny_runs.NUM_VALID, log=lambda line: None)
  for split, images in data.images.items():
    for number, image in enumerate(images):
      place = folder / 'png' / split / data.classes[data.labels[split][number]]
      place.mkdir(parents=True, exist_ok=True)
      Image.fromarray(image).save(str(place / ('%04d.png' % number)))
  return path


@pytest.fixture(name='search', scope='module')
def _search(folder, batches):
  """A search on the folders; returns its directory."""
  with tiny_runs.shared_graphs:
    assert _run(tiny_runs.SEARCH, batches, folder / 'of_batches') == 0
    assert _run(tiny_runs.SEARCH, folder / 'png', folder / 'of_png') == 0
    more = ['--decoded_mb=0', '--loader_threads=2']
    assert _run(tiny_runs.SEARCH, folder / 'png', folder / 'disk', *more) == 0
  return folder / 'of_png'


def test_folders_give_the_numbers_of_batches(folder, search):
  for other in (folder / 'of_batches', folder / 'disk'):
    for name in ('metrics.csv', 'architectures.csv'):
      assert (other / name).read_text() == (search / name).read_text()
    wanted, found = map(tiny_runs.variables, (other, search))
    for name, value in wanted.items():
      np.testing.assert_array_equal(found[name], value, name)


def test_the_run_remembers_its_data(search):
  network = json.loads((search / 'space.json').read_text())['network']
  assert network['classes'] == list('0123456789')
  assert len(network['mean']) == len(network['std']) == 3
  flags = json.loads((search / 'flags.json').read_text())
  assert flags['num_classes'] == 10, 'as the data say'


def test_resume_without_saying_how_many_classes(folder, search, capsys):
  assert _run(tiny_runs.SEARCH, folder / 'png', search) == 0
  assert 'This run is complete' in capsys.readouterr().out
  more = ['--num_classes=11']
  assert _run(tiny_runs.SEARCH, folder / 'png', search, *more) == 2
  assert '--num_classes=10, not 11' in capsys.readouterr().err


def test_a_run_follows_its_images_but_takes_no_others(
  folder, search, tmp_path, capsys
):
  copy = tmp_path / 'elsewhere'
  shutil.copytree(str(folder / 'png'), str(copy))
  assert _run(tiny_runs.SEARCH, copy, search, '--decoded_mb=0') == 0
  assert 'This run is complete' in capsys.readouterr().out
  path = next((copy / 'test').glob('*/*.png'))
  Image.fromarray(np.zeros([32, 32, 3], np.uint8)).save(str(path))
  before = tiny_runs.snapshot(search)
  assert _run(tiny_runs.SEARCH, copy, search) == 1
  assert 'holds other data than this run was trained on (other: test)' in (
    capsys.readouterr().err
  )
  assert tiny_runs.snapshot(search) == before
  assert _run(tiny_runs.SEARCH, folder / 'png', search) == 0


def test_evaluation_reads_no_training_images(folder, search, tmp_path, capsys):
  copy = tmp_path / 'png'
  shutil.copytree(str(folder / 'png'), str(copy))
  for path in (copy / 'train').glob('*/*.png'):
    path.write_bytes(b'damaged')
  arcs = tmp_path / 'arcs'
  arcs.write_text('0 1 1 0 0 1\n')
  argv = ['main.py', '--checkpoint_path=%s' % search, '--mode=eval']
  argv += ['--eval_arcs_file=%s' % arcs, '--eval_split=test']
  rows = []
  for data_path in (folder / 'png', copy):
    out = tmp_path / 'scores.csv'
    more = ['--data_path=%s' % data_path, '--eval_output=%s' % out]
    assert main.main(argv + more) == 0, capsys.readouterr().err
    rows.append(out.read_text())
  assert rows[0] == rows[1]


@pytest.mark.parametrize('kind', ['macro', 'micro'])
def test_any_number_of_labels_at_another_size(tmp_path, capsys, kind):
  """A CSV, from search settings to a fixed network and its export."""
  rows = [['path', 'label']]
  draw = np.random.RandomState(1)
  for number in range(40):
    labels = [name for name in ('dark', 'wide', 'red') if draw.rand() < 0.5]
    shape = (18, 30 if 'wide' in labels else 20, 3)
    pixels = draw.randint(0, 99 if 'dark' in labels else 255, shape)
    pixels[..., 1:] //= 1 + 3 * ('red' in labels)
    name = 'p%02d.png' % number
    Image.fromarray(pixels.astype(np.uint8)).save(str(tmp_path / name))
    rows.append([name, ';'.join(labels)])
  with (tmp_path / 'set.csv').open('w', newline='') as file:
    csv.writer(file).writerows(rows)
  settings = tiny_runs.FIXED if kind == 'macro' else tiny_runs.MICRO_FIXED
  more = ['--child_img_size=20', '--multi_label', '--split_fraction=0.25']
  more += ['--nochild_use_aux_heads']
  out = tmp_path / 'out'
  assert _run(settings, tmp_path / 'set.csv', out, *more) == 0
  (row,) = [r for r in tiny_runs.table(out, 'metrics.csv') if r['epoch'] == '2'
            and r['phase'] == 'test']  # fmt: skip
  assert 0 <= float(row['accuracy']) <= 1
  os.remove(str(tmp_path / 'set.csv'))  # the run knows all that is needed
  model = tmp_path / 'model'
  argv = ['main.py', '--mode=export', '--checkpoint_path=%s' % out]
  assert main.main(argv + ['--export_dir=%s' % model]) == 0
  with saved_model.opened(str(model)) as (ask, note):
    assert note['classes'] == ['dark', 'red', 'wide']
    assert note['image_size'] == 20
    images = draw.randint(0, 255, [3, 20, 20, 3]).astype(np.uint8)
    found = ask({'images': images})['probabilities']
  assert found.shape == (3, 3) and not np.allclose(found.sum(axis=1), 1)


def test_a_network_is_asked_and_scored(folder, batches, tmp_path, capsys):
  out, model = tmp_path / 'out', tmp_path / 'model'
  assert _run(tiny_runs.FIXED, folder / 'png', out, '--num_epochs=1') == 0
  argv = ['main.py', '--mode=export', '--checkpoint_path=%s' % out]
  assert main.main(argv + ['--export_dir=%s' % model]) == 0
  (row,) = [r for r in tiny_runs.table(out, 'metrics.csv')
            if r['phase'] == 'test']  # fmt: skip
  tables = []
  for path in (out, model):
    capsys.readouterr()
    words = ['--checkpoint_path=%s' % path]
    more = ['--data_path=%s' % (folder / 'png'), '--out=%s' % (tmp_path / 's')]
    assert score.main(words + more) == 0
    shown = capsys.readouterr().out
    assert 'accuracy %.4f' % float(row['accuracy']) in shown
    table = tmp_path / 'answers.csv'
    words += ['--csv=%s' % table, '--overlay_dir=%s' % (tmp_path / 'seen')]
    assert predict.main(words + [str(folder / 'png' / 'test' / '3')]) == 0
    shown = capsys.readouterr().out
    count = tiny_runs.NUM_TEST // 10
    assert shown.count('(32 x 32, 1 window)') == count
    assert shown.count(' yes') == count and shown.count(' no') == 4 * count
    with table.open() as file:
      tables.append(list(csv.DictReader(file)))
  assert len(os.listdir(str(tmp_path / 'seen'))) == count
  assert (tmp_path / 's' / 'confusion.png').exists()
  for one, other in zip(*tables):
    for name in '0123456789':
      assert float(one[name]) == pytest.approx(float(other[name]), abs=1e-5)


def test_flags_reach_the_reader(folder, batches, monkeypatch):
  seen = []

  class Enough(Exception):
    pass

  def _read(found, options, needs_valid, log, only=None):
    seen.append((options, needs_valid, only))
    raise Enough

  monkeypatch.setattr(own, 'read', _read)
  words = ['--child_img_size=40', '--split_fraction=0.3', '--split_seed=4']
  words += ['--loader_threads=9', '--decoded_mb=2', '--skip_unreadable_images']
  argv = tiny_runs.arguments(tiny_runs.FIXED, folder / 'png', 'out', *words)
  with pytest.raises(Enough):
    Cifar10().read_data(tiny_runs.parse(argv)[0], print)
  wanted = own.Options(40, 0.3, 4, 9, 2 << 20, skip_unreadable=True)
  assert seen == [(wanted, False, None)]


def test_refusals(folder, batches, tmp_path, capsys):
  for data_path, more, why in (
    (batches, ['--child_img_size=64'], 'batches hold images of 32'),
    (batches, ['--multi_label'], 'an image of the batches has one label'),
    (folder / 'png', ['--num_classes=7'], 'has 10 classes (0, 1, 2'),
  ):
    out = tmp_path / 'out'
    assert _run(tiny_runs.SEARCH, data_path, out, *more) == 2
    assert why in capsys.readouterr().err and not out.exists()
