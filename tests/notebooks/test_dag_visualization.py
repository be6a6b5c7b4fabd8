"""The notebook runs top to bottom on a fresh run, and is committed whole."""

import os
import pathlib
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from tests import made_log

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NOTEBOOK = ROOT / 'notebooks' / 'DAG_Visualization.ipynb'


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


def _read():
  return nbformat.read(str(NOTEBOOK), as_version=4)


def test_it_is_committed_with_its_pictures():
  kinds = _kinds(_read())
  everything = set.union(*kinds)
  assert {'image/png', 'image/svg+xml', 'text/html', 'image/gif'} <= everything
  text = NOTEBOOK.read_text(encoding='utf-8')
  assert len(text) < 3e6
  for cell in _read().cells:
    for output in cell.get('outputs', []):
      # Nothing of the machine it ran on.
      assert '/home/' not in str(output) and 'Traceback' not in str(output)


def test_it_calls_the_project_and_holds_no_code_of_its_own():
  code = [cell.source for cell in _read().cells if cell.cell_type == 'code']
  assert 'def ' not in ''.join(code) and 'class ' not in ''.join(code)
  assert len('\n'.join(code).splitlines()) < 40


@pytest.mark.slow
def test_it_runs_top_to_bottom_on_a_fresh_run(tmp_path, monkeypatch):
  (tmp_path / 'run').mkdir()
  made_log.write(tmp_path / 'run' / 'stdout', 3, 6)
  monkeypatch.setenv('ENAS_RUN', str(tmp_path / 'run'))
  monkeypatch.setenv('ENAS_OUT', str(tmp_path / 'out'))
  # The kernel is this very Python, whatever others are installed.
  monkeypatch.setenv('JUPYTER_PATH', os.path.join(sys.prefix, 'share/jupyter'))
  notebook = _read()
  committed = _kinds(notebook)
  for cell in notebook.cells:
    cell.pop('outputs', None)
    if cell.cell_type == 'code':
      cell.outputs = []
  NotebookClient(
    notebook,
    timeout=300,
    kernel_name='python3',
    resources={'metadata': {'path': str(NOTEBOOK.parent)}},
  ).execute()
  assert _kinds(notebook) == committed
  names = sorted(path.name for path in (tmp_path / 'out').iterdir())
  assert names == [
    'arc_0001.png', 'arc_0002.png', 'arc_0003.png', 'search.gif', 'search.mp4'
  ]  # fmt: skip
