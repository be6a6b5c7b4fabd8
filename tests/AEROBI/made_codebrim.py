"""A tiny folder in CODEBRIM's layout, with pixels that mean nothing."""

import numpy as np

from src.AEROBI import codebrim
from src.files import png


def row(name, label):
  """One line of metadata; `label` is a string such as '010010'."""
  children = ''.join(
    '<%s>%s</%s>' % (tag, digit, tag)
    for tag, digit in zip(codebrim.CLASSES, label)
  )
  return '<Defect name="%s">%s</Defect>' % (name, children)


def write_xml(path, rows):
  path.parent.mkdir(parents=True, exist_ok=True)
  text = '<Annotation>%s</Annotation>' % ''.join(
    row(name, label) for name, label in rows
  )
  path.write_text(text)


def picture(number, height=20, width=30):
  """uint8 [height, width, 3], another for each number."""
  return np.random.RandomState(number).randint(
    0, 256, [height, width, 3], np.uint8
  )


def write(root, counts=(3, 2, 2), height=20, width=30):
  """Writes `counts` crops per split; one background each, then defects.

  Returns:
    pathlib.Path, the root.
  """
  number, rows = 0, {'background': [], 'defects': []}
  for split, count in zip(codebrim.SPLITS, counts):
    for place in range(count):
      kind = 'background' if place == 0 else 'defects'
      label = '100000' if place == 0 else '0' + format(1 + number % 31, '05b')
      name = 'image_%07d_crop_%07d.png' % (number, number)
      folder = root / split / kind
      folder.mkdir(parents=True, exist_ok=True)
      pixels = picture(number, height + number, width)
      (folder / name).write_bytes(png.encode(pixels))
      rows[kind].append((name, label))
      number += 1
  for kind in rows:
    write_xml(root / 'metadata' / (kind + '.xml'), rows[kind])
  return root
