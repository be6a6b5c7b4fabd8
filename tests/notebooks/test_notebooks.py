"""The notebooks run top to bottom on fresh data, and are committed whole."""

import os
import pathlib
import re
import sys

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from tests import made_log

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / 'notebooks'
# Which kinds of pictures each shows.
SHOWN = {
  'DAG_Visualization': {'image/png', 'image/svg+xml', 'text/html', 'image/gif'},
  'Own_Images': {'image/png', 'image/svg+xml'},
}


def _kinds(notebook):
  """Which kinds of output each code cell has."""
  kinds = []
  for cell in notebook.cells:
    if cell.cell_type == 'code':
      found = set()
      for output in cell.outputs:
        assert output.output_type != 'error', output
        found |= set(output.get('data', {'text/plain': ''}))
      kinds.append(found)
  return kinds


def _read(name):
  return nbformat.read(str(FOLDER / (name + '.ipynb')), as_version=4)


def test_each_is_listed():
  assert {path.stem for path in FOLDER.glob('*.ipynb')} == set(SHOWN)


@pytest.mark.parametrize('name', sorted(SHOWN))
def test_they_are_committed_with_their_pictures(name):
  notebook = _read(name)
  assert SHOWN[name] <= set.union(*_kinds(notebook))
  assert (FOLDER / (name + '.ipynb')).stat().st_size < 3e6
  for cell in notebook.cells:
    for output in cell.get('outputs', []):
      # Nothing of the machine it ran on; pictures are base64 or SVG.
      text = str(output.get('text', output.get('data', {}).get('text/plain')))
      assert not re.search(r'(^|[\s"\'=])/\w+/', text)
      assert '/home/' not in str(output) and 'Traceback' not in str(output)


@pytest.mark.parametrize('name', sorted(SHOWN))
def test_they_call_the_project_and_hold_no_code_of_their_own(name):
  code = [cell.source for cell in _read(name).cells if cell.cell_type == 'code']
  assert not re.search(r'^ *(def|class) ', '\n'.join(code), re.M)
  assert len('\n'.join(code).splitlines()) < 90


def _run(name, tmp_path, monkeypatch):
  """Runs one; returns the kinds of its outputs and the notebook."""
  monkeypatch.setenv('ENAS_OUT', str(tmp_path / 'out'))
  # The kernel is this very Python, whatever others are installed.
  monkeypatch.setenv('JUPYTER_PATH', os.path.join(sys.prefix, 'share/jupyter'))
  notebook = _read(name)
  for cell in notebook.cells:
    cell.pop('outputs', None)
    if cell.cell_type == 'code':
      cell.outputs = []
  NotebookClient(
    notebook,
    timeout=300,
    kernel_name='python3',
    resources={'metadata': {'path': str(FOLDER)}},
  ).execute()
  return _kinds(notebook), notebook


@pytest.mark.slow
def test_a_search_becomes_a_video(tmp_path, monkeypatch):
  (tmp_path / 'run').mkdir()
  made_log.write(tmp_path / 'run' / 'stdout', 3, 6)
  monkeypatch.setenv('ENAS_RUN', str(tmp_path / 'run'))
  kinds, _ = _run('DAG_Visualization', tmp_path, monkeypatch)
  assert kinds == _kinds(_read('DAG_Visualization'))
  names = sorted(path.name for path in (tmp_path / 'out').iterdir())
  assert names == [
    'arc_0001.png', 'arc_0002.png', 'arc_0003.png', 'search.gif', 'search.mp4'
  ]  # fmt: skip


@pytest.mark.slow
def test_a_folder_becomes_a_network(tmp_path, monkeypatch):
  for number in range(60):
    place = tmp_path / 'data' / 'abc'[number % 3] / ('%02d.png' % number)
    place.parent.mkdir(parents=True, exist_ok=True)
    colour = tuple(80 * (number % 3 == c) + number for c in range(3))
    Image.new('RGB', (20, 20), colour).save(str(place))
  monkeypatch.setenv('ENAS_DATA', str(tmp_path / 'data'))
  monkeypatch.setenv('ENAS_EPOCHS', '1')
  monkeypatch.setenv('ENAS_SAMPLES', '2')
  kinds, notebook = _run('Own_Images', tmp_path, monkeypatch)
  assert kinds == _kinds(_read('Own_Images'))
  made = {path.name for path in (tmp_path / 'out').iterdir()}
  assert {'search', 'final', 'scores', 'saved_model'} <= made
  last = notebook.cells[-1].outputs[-1]['text']
  assert 'network.onnx' in made or 'tf2onnx is not installed' in last
