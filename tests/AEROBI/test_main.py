"""Whole runs on CODEBRIM's layout: logs, modes, resume, what can be wrong."""

import csv
import os
import re

import numpy as np
import pytest
from PIL import Image

from src.AEROBI import main
from src.files import png
from src.run import checkpoints
from src.view import report
from tests import faq
from tests import tiny_runs as image_runs
from tests.AEROBI import made_codebrim, tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
STEP = re.compile(
  r'epoch=\d+ {1,6}ch_step=\d+ {1,6} loss=\d\.\d{6} lr=\d\.\d{4} {3}'
  r'\|g\|=\d+\.\d{4} {1,4}tr_acc=\d {2}/  4 mins=\d+\.\d\d +$'
)
CONTROLLER = re.compile(
  r'ctrl_step=\d+ {1,6}loss=-?\d+\.\d{3} +ent=\d+\.\d\d +lr=0\.0010 '
  r'\|g\|=\d\.\d{4} {3}acc=\d\.\d{4} bl=-?\d\.\d\d {2}mins=\d+\.\d\d$'
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('aerobi')


@pytest.fixture(scope='module')
def data_path(folder):
  # A dot in the path, which upstream's lookup of labels could not bear.
  return tiny_runs.write_data(folder / 'data.v1')


@pytest.fixture(scope='module')
def search(folder, data_path):
  out = folder / 'search'
  argv = image_runs.arguments(tiny_runs.SEARCH, data_path, out)
  assert main.main(argv) == 0
  return out


@pytest.fixture(scope='module')
def fixed(folder, data_path):
  out = folder / 'fixed'
  argv = image_runs.arguments(tiny_runs.FIXED, data_path, out)
  assert main.main(argv) == 0
  return out


def _lines(run):
  with open(str(run / 'stdout')) as file:
    return file.read().splitlines()


def test_log_of_a_search(search):
  lines = _lines(search)
  assert sum(bool(STEP.match(line)) for line in lines) == 6
  assert sum(bool(CONTROLLER.match(line)) for line in lines) == 8
  headings = [line for line in lines if line.startswith('Epoch ')]
  assert headings == [
    'Epoch 0: Training controller',
    'Epoch 0: Eval',
    'Epoch 1: Training controller',
    'Epoch 1: Eval',
  ]
  assert lines.count('Here are 10 architectures') == 2
  assert sum(line.startswith('val_acc=') for line in lines) == 20
  assert sum(bool(re.match(r'\[\d( \d)*\]$', line)) for line in lines) == 60
  place = lines.index('Starting session')
  assert re.match(r'TensorFlow version:  \d+\.\d+', lines[place + 1])
  for split in ('valid', 'test'):
    found = [line for line in lines if line.startswith(split + '_accuracy: ')]
    assert len(found) == 2
  # The data set says what it holds.
  assert any(line.startswith('split ') for line in lines)
  assert 'without any label: 0 (train 0, val 0, test 0); they count as six ' \
    'zeros' in lines  # fmt: skip


def test_log_of_a_fixed_network(fixed):
  lines = _lines(fixed)
  assert [line for line in lines if line.startswith(('Epoch', 'Eval'))] == [
    'Epoch 0: Eval', 'Eval at 3', 'Eval at 3',
    'Epoch 1: Eval', 'Eval at 6', 'Eval at 6',
  ]  # fmt: skip
  assert 'Build valid graph' in lines and 'Build test graph' in lines
  assert (
    'layers 2: separable convolutions are built as plain ones, as upstream; '
    '--child_fixed_separable builds them as such'
  ) in lines
  losses = [
    float(line.split('loss=')[1].split()[0])
    for line in lines
    if line.startswith('epoch=')
  ]
  assert 0.3 < losses[0] < 1.5  # about ln 2 from a network that knows nothing
  # Headings count from 0; the report counts what was done.
  with open(report.write(str(fixed)), encoding='utf-8') as file:
    text = file.read()
  (fixed / 'report.html').unlink()
  assert '<b>2 of 2</b><span>epochs</span>' in text
  assert '6 classes: ' in text


def test_the_best_checkpoint_is_that_of_the_best_validation(fixed):
  table = image_runs.table(fixed, 'metrics.csv')
  accuracies = [
    float(row['accuracy']) for row in table if row['phase'] == 'valid'
  ]
  scores = [
    found.state['score']
    for found in checkpoints.find(str(fixed))
    if found.state['score'] is not None
  ]
  assert max(scores) == max(accuracies)
  assert {round(a * 6) for a in accuracies} <= set(range(7))


@pytest.mark.parametrize(
  ('settings', 'stops'),
  [
    (tiny_runs.SEARCH, [(0, 0, 2), (0, 1, 3), (0, 2, 4), (0, 3, 1)]),
    (tiny_runs.FIXED, [(0, 0, 1), (0, 1, 1), (1, 0, 2)]),
  ],
  ids=['search', 'fixed'],
)
def test_resume_is_exact(request, folder, data_path, settings, stops):
  name = request.node.callspec.id
  whole = request.getfixturevalue(name)
  out = folder / (name + ' in parts')
  tiny_runs.run(image_runs.arguments(settings, data_path, out), stops)
  for file in ('stdout', 'metrics.csv'):
    assert image_runs.text(out, file) == image_runs.text(whole, file)
  expected, found = image_runs.variables(whole), image_runs.variables(out)
  assert sorted(found) == sorted(expected)
  for variable, value in expected.items():
    np.testing.assert_array_equal(found[variable], value, variable)


def test_more_threads_are_the_same_run(folder, data_path, fixed):
  out = folder / 'one thread'
  argv = image_runs.arguments(
    tiny_runs.FIXED, data_path, out, '--loader_threads=1'
  )
  assert main.main(argv) == 0
  assert image_runs.text(out, 'metrics.csv') == image_runs.text(
    fixed, 'metrics.csv'
  )


def _csv(path):
  with open(str(path)) as file:
    return list(csv.DictReader(file))


def _eval(run, out, *words):
  argv = ['main.py', '--mode=eval', '--checkpoint_path=%s' % run]
  assert main.main(argv + ['--eval_output=%s' % out] + list(words)) == 0
  return _csv(out)


def test_evaluation_is_the_runs_own_and_the_same_each_time(fixed, tmp_path):
  logged = image_runs.table(fixed, 'metrics.csv')[-2:]
  for split, row, total in zip(('valid', 'test'), logged, ('6', '7')):
    words = ['--eval_split=' + split]
    found = _eval(fixed, tmp_path / 'out.csv', *words)
    assert found == _eval(fixed, tmp_path / 'out.csv', *words)
    assert (found[0]['num_examples'], found[0]['arc']) == (
      total,
      tiny_runs.FIXED_ARC,
    )
    assert (row['phase'], row['accuracy']) == (split, found[0]['accuracy'])


def test_protocols_count_differently(fixed, tmp_path):
  def total(*words):
    (row,) = _eval(fixed, tmp_path / 'out.csv', '--eval_split=test', *words)
    return row['num_examples']

  assert total('--eval_protocol=reference') == '8'  # two full batches
  assert total('--eval_windows=3') == '7'


def test_derivation_and_extraction(search, tmp_path, capsys):
  out = tmp_path / 'derived.csv'
  argv = ['main.py', '--mode=derive', '--checkpoint_path=%s' % search]
  assert (
    main.main(argv + ['--derive_samples=5', '--derive_output=%s' % out]) == 0
  )
  rows = _csv(out)
  assert sum(int(row['times_sampled']) for row in rows) == 5
  assert all(row['num_examples'] == '6' for row in rows)
  shown = capsys.readouterr().out
  assert "--child_fixed_arc='%s' --data_path=" % rows[0]['arc'] in shown
  assert shown.endswith(' --child_num_layers=3 --child_num_branches=6\n')
  assert len(rows[0]['arc'].split()) == 6


def test_export(fixed, tmp_path):
  from src.run import saved_model

  out = str(tmp_path / 'model')
  argv = ['main.py', '--mode=export', '--checkpoint_path=%s' % fixed]
  argv.append('--data_path=%s' % (tmp_path / 'gone'))  # it is not needed
  assert main.main(argv + ['--export_dir=' + out]) == 0
  images = np.random.RandomState(0).randint(0, 256, [3, 16, 16, 3], np.uint8)
  with saved_model.opened(out) as (run, note):
    found = run({'images': images.astype(np.float32)})
  Image.fromarray(images[0]).save(str(tmp_path / 'photo.png'))
  os.mkdir(str(tmp_path / 'outputs'))
  os.symlink(out, str(tmp_path / 'outputs' / 'saved_model'))
  assert faq.run('photo.png', tmp_path) == [
    '%-20s %.4f' % pair
    for pair in zip(note['classes'], found['probabilities'][0])
  ]
  assert note['classes'] == [
    'Background', 'Crack', 'Spallation', 'Efflorescence', 'ExposedBars',
    'CorrosionStain',
  ]  # fmt: skip
  assert (note['task'], note['image_size'], note['type']) == (
    'AEROBI',
    16,
    'float32',
  )
  np.testing.assert_allclose(
    found['probabilities'], 1 / (1 + np.exp(-found['logits'])), rtol=1e-4
  )


@pytest.mark.slow
def test_cells_can_be_searched_too(folder, data_path):
  out = folder / 'micro'
  argv = image_runs.arguments(tiny_runs.MICRO, data_path, out, '--report')
  assert main.main(argv) == 0
  assert sum(line.startswith('val_acc=') for line in _lines(out)) == 10
  # No script trains them from scratch, and the report names none.
  text = (out / 'report.html').read_text(encoding='utf-8')
  assert '_final.sh' not in text and 'No script trains cells' in text


# What can be wrong.


def _refused(capsys, code, *argv):
  capsys.readouterr()
  assert main.main(['main.py'] + list(argv)) == code
  shown = capsys.readouterr().err
  assert shown.count('\n') == 1, shown
  return shown[:-1]


def test_data_that_is_not_there(tmp_path, capsys):
  words = tiny_runs.SEARCH + ['--output_dir=%s' % (tmp_path / 'out')]
  assert _refused(capsys, 2, *words) == (
    'error: --data_path is needed: the folder of the data set'
  )
  line = _refused(capsys, 1, '--data_path=%s' % (tmp_path / 'no'), *words)
  assert line.startswith('error: ') and str(tmp_path / 'no') in line
  assert not (tmp_path / 'out').exists()


def test_damaged_images_are_refused_or_skipped(tmp_path, capsys):
  root = made_codebrim.write(tmp_path / 'data', tiny_runs.COUNTS)
  bad = sorted((root / 'train' / 'defects').iterdir())[0]
  bad.write_bytes(b'')
  words = image_runs.arguments(
    tiny_runs.FIXED, str(root), tmp_path / 'out', '--num_epochs=1'
  )[1:]
  line = _refused(capsys, 1, *words)
  assert line.startswith('error: 1 unreadable images: ') and bad.name in line
  assert not (tmp_path / 'out').exists()
  assert main.main(['main.py', '--skip_unreadable_images'] + words) == 0
  assert any(
    line.startswith('skipped 1 unreadable images: ')
    for line in _lines(tmp_path / 'out')
  )
  # An evaluation takes the flag over, and says what it leaves out.
  (root / 'SYNTHETIC_NOTICE.txt').write_text('made up')
  capsys.readouterr()
  where = '--checkpoint_path=%s' % (tmp_path / 'out')
  assert main.main(['main.py', '--mode=eval', where]) == 0
  said = capsys.readouterr().err.splitlines()
  assert [line.split()[0] for line in said] == ['SYNTHETIC', 'skipped']


def test_too_many_held_out_training_images(folder, data_path, capsys):
  words = image_runs.arguments(tiny_runs.SEARCH, data_path, folder / 'held')
  assert _refused(capsys, 2, *words[1:], '--rl_split=9').endswith(
    'of 12 training images a batch of 4 has to be left: give 8 or less'
  )


def test_windows_larger_than_prepared_images(tmp_path, capsys):
  root = made_codebrim.write(tmp_path / 'data', tiny_runs.COUNTS)
  (root / 'prepared.json').write_text('{"short_side": 12}')
  words = image_runs.arguments(tiny_runs.FIXED, str(root), tmp_path / 'out')
  assert _refused(capsys, 2, *words[1:]) == (
    'error: --child_img_size=16: the images in %s were reduced to a short '
    'side of 12: give --child_img_size=12 or less, or prepare them with '
    '--short_side=16' % root
  )


def test_an_image_that_breaks_during_a_run(
  folder, data_path, tmp_path, capsys, monkeypatch
):
  """The run ends in one line and goes on once the image is whole."""
  out = tmp_path / 'out'
  real, calls = png.read, []

  def _read(path):
    calls.append(path)
    if len(calls) == 20:
      raise png.ImageError('%s: broken' % path)
    return real(path)

  monkeypatch.setattr(png, 'read', _read)
  argv = image_runs.arguments(tiny_runs.FIXED, data_path, out)
  with image_runs.shared_graphs:
    assert main.main(argv) == 1
    assert capsys.readouterr().err.endswith(': broken\n')
    monkeypatch.setattr(png, 'read', real)
    assert main.main(argv) == 0
  assert len(image_runs.table(out, 'metrics.csv')) == 10
