"""`--mode=export`: a fresh process that knows nothing of us loads it."""

import importlib.util
import io
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from src.arc import text as text_lib
from src.cifar10 import main
from src.cifar10.task import Cifar10
from src.run import checkpoints, saved_model
from src.run.errors import RunError
from src.tf1 import tf
from tests import faq, tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
_CLASSES = 'ant bee cow doe elk fox gnu hen ibis jay'.split()


@pytest.fixture(scope='module')
def data_path(tmp_path_factory):
  folder = tmp_path_factory.mktemp('export') / 'data'
  tiny_runs.write_data(folder)
  (folder / 'batches.meta.txt').write_text('\n'.join(_CLASSES))
  return str(folder)


@pytest.fixture(scope='module')
def runs(data_path, tmp_path_factory):
  """Folders of a macro and of a micro network, and of a search: two steps."""
  folder = tmp_path_factory.mktemp('runs')
  for name, settings in [
    ('macro', tiny_runs.FIXED),
    ('micro', tiny_runs.MICRO_FIXED),
    ('search', tiny_runs.SEARCH),
  ]:
    flags, _ = tiny_runs.parse(
      tiny_runs.arguments(settings, data_path, folder / name)
    )
    tiny_runs.train(flags, lambda position: position == (0, 0, 2))
  return folder


def _png(image):
  stream = io.BytesIO()
  Image.fromarray(image).save(stream, 'PNG')
  return stream.getvalue()


def _export(run, *words):
  return main.main(
    ['main.py', '--mode=export', '--checkpoint_path=%s' % run] + list(words)
  )


def _logits(run, data_path, images):
  """What the network says, by the graph of an evaluation."""
  flags, _ = tiny_runs.parse(['main.py'])
  with open(str(run / 'flags.json')) as file:
    vars(flags).update(json.load(file))
  prefix = checkpoints.locate(str(run)).prefix
  task = Cifar10()
  data = task.read_data(flags, lambda line: None)
  with task.restored(flags, prefix, data) as (session, graph):
    return session.run(graph.infer.logits, {graph.infer.images: images})


@pytest.mark.parametrize('kind', ['macro', 'micro'])
def test_a_fresh_process_gets_the_same_numbers(
  runs, data_path, tmp_path, capsys, kind
):
  out = os.fsdecode(os.fsencode(str(tmp_path)) + b'/mod\xe4l')  # no UTF-8
  assert _export(runs / kind, '--export_dir=' + out) == 0
  assert capsys.readouterr().out == (
    'The network is in %s: see its enas.json\n' % text_lib.printable(out)
  )
  images = np.random.RandomState(1).randint(0, 256, [7, 32, 32, 3], np.uint8)
  Image.fromarray(images[0]).save(str(tmp_path / 'photo.png'))
  os.mkdir(str(tmp_path / 'outputs'))
  os.symlink(out, str(tmp_path / 'outputs' / 'saved_model'))
  lines = [line.split() for line in faq.run('photo.png', tmp_path)]
  expected = _logits(runs / kind, data_path, images)
  powers = np.exp(expected - expected.max(1, keepdims=True))
  shares = powers / powers.sum(1, keepdims=True)
  np.testing.assert_allclose(
    [float(share) for _, share in lines], shares[0], atol=6e-5
  )
  with saved_model.opened(out, saved_model.ENCODED) as (run, _):
    files = [_png(image) for image in images]
    of_files = run({'images': np.array(files, object)})['logits']
  np.testing.assert_allclose(of_files, expected, rtol=1e-5, atol=1e-6)
  with open(os.path.join(out, 'labels.txt')) as file:
    assert file.read().split() == _CLASSES
  with saved_model.opened(out) as (run, note):
    again = run({'images': images})
    assert [name for name, _ in lines] == note['classes']
    assert note == {
      'arc': {
        'macro': tiny_runs.FIXED_ARC,
        'micro': tiny_runs.FIXED_CELLS,
      }[kind],
      'checkpoint': os.path.basename(
        checkpoints.locate(str(runs / kind)).prefix
      ),
      'classes': _CLASSES,
      'image_size': 32,
      'one_label': True,
      'task': 'cifar10',
      'type': 'uint8',
    }
  np.testing.assert_allclose(again['logits'], expected, rtol=1e-5, atol=1e-6)
  np.testing.assert_allclose(again['probabilities'], shares, 1e-4, 1e-6)


@pytest.mark.skipif(
  not importlib.util.find_spec('tf2onnx'), reason='no tf2onnx: see the FAQ'
)
@pytest.mark.parametrize('kind', ['macro', 'micro'])
def test_onnx_gives_the_same_numbers(runs, data_path, tmp_path, kind):
  import onnxruntime

  out, file = str(tmp_path / 'model'), str(tmp_path / 'network.onnx')
  assert _export(runs / kind, '--export_dir=' + out) == 0
  words = ['--saved-model', out, '--signature_def', 'serving_default']
  subprocess.check_call(
    [sys.executable, '-m', 'tf2onnx.convert', '--output', file] + words
  )
  images = np.random.RandomState(1).randint(0, 256, [7, 32, 32, 3], np.uint8)
  network = onnxruntime.InferenceSession(file)
  (found,) = network.run(['logits'], {'images': images})
  expected = _logits(runs / kind, data_path, images)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.skipif(
  not tf.__version__.startswith('2'), reason='the converter of TensorFlow 2.x'
)
@pytest.mark.parametrize('kind', ['macro', 'micro'])
def test_tensorflow_lite_gives_the_same_numbers(
  runs, data_path, tmp_path, kind
):
  out = tmp_path / 'outputs' / 'saved_model'
  out.parent.mkdir()
  assert _export(runs / kind, '--export_dir=%s' % out) == 0
  faq.run('TFLiteConverter', tmp_path)
  images = np.random.RandomState(1).randint(0, 256, [7, 32, 32, 3], np.uint8)
  network = tf.lite.Interpreter(str(tmp_path / 'outputs' / 'network.tflite'))
  found = network.get_signature_runner('serving_default')(images=images)
  expected = _logits(runs / kind, data_path, images)
  np.testing.assert_allclose(found['logits'], expected, rtol=1e-4, atol=1e-4)


def test_it_lies_beside_the_checkpoint_and_is_not_overwritten(runs, capsys):
  assert _export(runs / 'macro') == 0
  path = runs / 'macro' / 'saved_model'
  assert saved_model.is_one(str(path)) and not saved_model.is_one(str(runs))
  before = tiny_runs.snapshot(path)
  capsys.readouterr()
  assert _export(runs / 'macro') == 1
  assert capsys.readouterr().err == (
    'error: %s is there already: choose another --export_dir or '
    '--export_version\n' % path
  )
  assert tiny_runs.snapshot(path) == before


def test_a_search_has_no_network_to_export(runs, capsys):
  assert _export(runs / 'search') == 2
  assert capsys.readouterr().err == (
    'error: --mode=export needs the checkpoint of a fixed network: train one '
    'with --child_fixed_arc\n'
  )


def test_a_place_that_cannot_be_written(runs, tmp_path, capsys):
  (tmp_path / 'file').write_text('')
  target = str(tmp_path / 'file' / 'model')
  assert _export(runs / 'macro', '--export_dir=' + target) == 1
  assert capsys.readouterr().err == (
    'error: cannot write %s: Not a directory\n' % target
  )


def test_damaged_models_are_one_line(runs, tmp_path):
  with pytest.raises(RunError, match='cannot read the model in .*No such file'):
    with saved_model.opened(str(tmp_path)):
      pass
  out = tmp_path / 'model'
  assert _export(runs / 'macro', '--export_dir=%s' % out) == 0
  note = (out / 'enas.json').read_text()
  for text in ('[1, 2]', '3'):
    (out / 'enas.json').write_text(text)
    with pytest.raises(RunError) as caught:
      with saved_model.opened(str(out)):
        pass
    assert str(caught.value) == (
      'cannot read the model in %s: enas.json is no object of JSON' % out
    )
  (out / 'enas.json').write_text(note)
  (out / 'saved_model.pb').write_bytes(b'no model')
  with pytest.raises(RunError) as caught:
    with saved_model.opened(str(out)):
      pass
  assert str(caught.value).startswith('cannot read the model in %s: ' % out)
  assert '\n' not in str(caught.value)


def test_what_the_caller_does_wrong_is_not_the_models_fault(runs, tmp_path):
  out = str(tmp_path / 'model')
  words = ['--export_dir=' + out, '--export_version=3']
  assert _export(runs / 'macro', *words) == 0
  # As TensorFlow Serving looks for models: a folder of numbered folders.
  assert os.listdir(out) == ['3']
  assert 'saved_model.pb' in os.listdir(os.path.join(out, '3'))
  with pytest.raises(KeyError, match='mine'):
    with saved_model.opened(os.path.join(out, '3')):
      raise KeyError('mine')
