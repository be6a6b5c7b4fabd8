#!/usr/bin/env python3
"""Draws which package imports which, from the imports under src.

  scripts/draw_architecture.py            writes imgs/architecture.svg
  scripts/draw_architecture.py --check    exit code 1 if that is out of date

A package stands above all that it imports. An arrow that a longer way implies
is left out; the small print has every import. Packages, their floors and what
each says of itself (the first sentence of its docstring) are found in the code.
"""

import ast
import os
import pathlib
import re
import sys
from xml.sax import saxutils

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURE = os.path.join('imgs', 'architecture.svg')
BOX = (600, 48)  # width and height, in pixels
STEP = (44, 66)
MARGIN = 16


def read(source):
  """The packages and top modules of a source folder.

  Args:
    source: str, the folder `src`.

  Returns:
    (imports, summaries): dict of name to sorted list of the names it imports,
    and dict of name to the first sentence about it.
  """
  used, summaries = {}, {}
  for path in sorted(pathlib.Path(source).iterdir()):
    head = path / '__init__.py' if path.is_dir() else path
    if (
      path.name == '__init__.py' or not head.match('*.py') or not head.exists()
    ):
      continue
    files = path.rglob('*.py') if path.is_dir() else [path]
    used[path.stem] = {word for file in files for word in _imported(file)}
    text = ' '.join((ast.get_docstring(_tree(head)) or '').split())
    summaries[path.stem] = re.split(r'\.(?=\s|\Z)', text)[0]
  imports = {
    name: sorted((words & set(used)) - {name}) for name, words in used.items()
  }
  return imports, summaries


def _tree(file):
  return ast.parse(file.read_bytes())


def _imported(file):
  """Names X of `import src.X...`, `from src.X... import` and `from src import
  X`."""
  for node in ast.walk(_tree(file)):
    paths = []
    if isinstance(node, ast.Import):
      paths = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
      paths = ['%s.%s' % (node.module, alias.name) for alias in node.names]
    for path in paths:
      parts = path.split('.')
      if parts[0] == 'src' and len(parts) > 1:
        yield parts[1]


def floors(imports):
  """dict of name to its floor: 0, or one above the highest that it imports.

  Raises:
    ValueError: packages import each other in a ring.
  """
  found = {}

  def floor(name, above):
    if name in above:
      raise ValueError('a ring of imports: %s' % ' -> '.join(above + (name,)))
    if name not in found:
      below = [floor(other, above + (name,)) for other in imports[name]]
      found[name] = max(below, default=-1) + 1
    return found[name]

  for name in imports:
    floor(name, ())
  return found


def direct(imports):
  """dict of name to what it imports and reaches on no longer way."""
  reached = {}
  for name in sorted(imports, key=floors(imports).get):
    reached[name] = set(imports[name]).union(
      *(reached[other] for other in imports[name])
    )
  return {
    name: [
      other
      for other in names
      if not any(other in reached[third] for third in names)
    ]
    for name, names in imports.items()
  }


def draw(imports, summaries):
  """The picture as SVG text; `recorded` reads the imports back.

  Packages go down a staircase, so that what is below one is free for its line,
  and what is left of one for the arrows to it.
  """
  floor = floors(imports)
  order = sorted(imports, key=lambda name: (-floor[name], name))
  places = {
    name: (MARGIN + STEP[0] * index, MARGIN + STEP[1] * index)
    for index, name in enumerate(order)
  }
  width, height = (
    2 * MARGIN + STEP[axis] * (len(order) - 1) + BOX[axis] for axis in (0, 1)
  )
  lines = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" '
    'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">'
    % (width, height),
    '<title>Which package of src imports which</title>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
    'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/>'
    '</marker>',
  ]
  arrows = dict.fromkeys(order, 0)
  shown = direct(imports)
  for name in order:
    x, y = places[name]
    for other in shown[name]:
      arrows[other] += 1
      lines.append(
        '<path d="M%d %dV%dH%d" fill="none" stroke="#666" '
        'marker-end="url(#tip)"/>'
        % (
          x + STEP[0] // 2,
          y + BOX[1],
          places[other][1] + 9 * arrows[other],
          places[other][0],
        )
      )
  for name in order:
    lines += _box(name, places[name], imports[name], summaries[name])
  return '\n'.join(lines + ['</svg>', ''])


def _box(name, place, others, summary):
  x, y = place
  small = 'imports ' + (', '.join(others) or 'nothing of ours')
  return [
    '<g data-package="%s" data-imports="%s">' % (name, ' '.join(others)),
    '<rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#eef5fb" '
    'stroke="#0072b2"/>' % (x, y, *BOX),
    '<text x="%d" y="%d" font-size="15" font-weight="bold">%s</text>'
    % (x + 12, y + 20, name),
    '<text x="%d" y="%d" font-size="12">%s</text>'
    % (x + 112, y + 20, saxutils.escape(summary)),
    '<text x="%d" y="%d" font-size="11" fill="#555">%s</text>'
    % (x + 112, y + 38, small),
    '</g>',
  ]


def recorded(svg):
  """The imports that a picture shows, as `read` gives them."""
  found = re.findall(r'data-package="(\w+)" data-imports="([\w ]*)"', svg)
  return {name: others.split() for name, others in found}


def main(argv, root=ROOT):
  """Draws or checks; returns the exit code."""
  imports, summaries = read(os.path.join(root, 'src'))
  path = os.path.join(root, PICTURE)
  if argv == ['--check']:
    with open(path, encoding='utf-8') as file:
      if recorded(file.read()) == imports:
        return 0
    print('%s is out of date: run scripts/draw_architecture.py' % PICTURE)
    return 1
  if argv:
    print('unknown argument %r: give none, or --check' % argv[0])
    return 2
  with open(path, 'w', encoding='utf-8') as file:
    file.write(draw(imports, summaries))
  print('wrote ' + PICTURE)
  return 0


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
