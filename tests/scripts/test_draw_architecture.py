"""The picture of the imports: found in the code, drawn, and up to date."""

import importlib.util
import os
import re

import pytest

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)


def _load():
  spec = importlib.util.spec_from_file_location(
    'draw_architecture', os.path.join(ROOT, 'scripts', 'draw_architecture.py')
  )
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


drawing = _load()
MADE = {
  'top': ['low', 'middle'],
  'middle': ['low'],
  'low': [],
  'alone': [],
}


@pytest.fixture
def project(tmp_path):
  """A source folder with the imports of MADE, in each way to write them."""
  for name, text in {
    'top/__init__.py': '"""The top. More of it."""\n',
    'top/deep/inner.py': 'from src.middle.part import x\nimport os\n',
    'top/outer.py': 'def f():\n  from src import low\n',
    'middle/__init__.py': '"""In the middle: half\nway."""\n',
    'middle/part.py': 'import src.low.thing\nimport src.middle\n',
    'low/__init__.py': '',
    'alone.py': '"""Alone & one file."""\nfrom low import y\n',
    '__init__.py': 'import src.top\n',
    'no_package/x.py': 'import src.top\n',
  }.items():
    path = tmp_path / 'src' / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
  (tmp_path / 'imgs').mkdir()
  return tmp_path


def test_packages_and_imports_are_found(project):
  imports, summaries = drawing.read(str(project / 'src'))
  assert imports == MADE
  assert summaries == {
    'top': 'The top',
    'middle': 'In the middle: half way',
    'low': '',
    'alone': 'Alone & one file',
  }


def test_floors():
  assert drawing.floors(MADE) == {'top': 2, 'middle': 1, 'low': 0, 'alone': 0}
  with pytest.raises(ValueError) as caught:
    drawing.floors({'a': ['b'], 'b': ['a']})
  assert str(caught.value) == 'a ring of imports: a -> b -> a'


def test_arrows_that_a_longer_way_implies_are_left_out():
  assert drawing.direct(MADE) == {
    'top': ['middle'],
    'middle': ['low'],
    'low': [],
    'alone': [],
  }


def test_arrows_pass_no_box(project):
  svg = drawing.draw(*drawing.read(str(project / 'src')))
  boxes = [
    [int(number) for number in match]
    for match in re.findall(
      r'<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"', svg
    )
  ]
  paths = re.findall(r'd="M(\d+) (\d+)V(\d+)H(\d+)"', svg)
  assert len(boxes) == 4 and len(paths) == 2
  for path in paths:
    x, top, bottom, right = (int(number) for number in path)
    for left, y, width, height in boxes:
      down = left < x < left + width and top < y + height and y < bottom
      across = y < bottom < y + height and x < left + width and left < right
      assert not down and not across


def test_picture_tells_its_imports(project):
  svg = drawing.draw(*drawing.read(str(project / 'src')))
  assert drawing.recorded(svg) == MADE
  assert 'Alone &amp; one file' in svg


def test_command(project, capsys):
  assert drawing.main([], str(project)) == 0
  assert drawing.main(['--check'], str(project)) == 0
  (project / 'src' / 'low' / 'new.py').write_text('import src.alone')
  assert drawing.main(['--check'], str(project)) == 1
  assert drawing.main(['--chek'], str(project)) == 2
  assert capsys.readouterr().out.splitlines() == [
    'wrote imgs/architecture.svg',
    'imgs/architecture.svg is out of date: run scripts/draw_architecture.py',
    "unknown argument '--chek': give none, or --check",
  ]


def test_the_projects_picture_is_up_to_date():
  assert drawing.main(['--check']) == 0


def test_every_package_says_what_it_is():
  imports, summaries = drawing.read(os.path.join(ROOT, 'src'))
  assert [name for name in imports if not summaries[name]] == []
  assert drawing.floors(imports)['arc'] == 0


def test_paths_in_the_page_exist():
  with open(os.path.join(ROOT, 'docs', 'ARCHITECTURE.md')) as file:
    text = file.read()
  paths = re.findall(
    r'`((?:src|tests|scripts|docs|imgs|benchmarks|docker)/[\w/.]+)`', text
  )
  assert len(paths) > 15
  missing = [
    path for path in paths if not os.path.exists(os.path.join(ROOT, path))
  ]
  assert missing == []
