"""Small image files, made for tests."""

import os

import numpy as np
from PIL import Image


def picture(number, height=6, width=8, channels=3):
  """uint8 [H, W, C], another one for each number."""
  draw = np.random.RandomState(number)
  return draw.randint(0, 256, [height, width, channels], np.uint8)


def write(root, name, number=None, image=None, **kwargs):
  """Writes root/name, and the folders to it; returns the path."""
  path = os.path.join(str(root), name)
  os.makedirs(os.path.dirname(path), exist_ok=True)
  if image is None:
    image = Image.fromarray(picture(number))
  image.save(path, **kwargs)
  return path


def folders(root, counts):
  """Writes PNG files.

  Args:
    root: path.
    counts: dict from a folder such as 'train/cat' to how many are in it.
  """
  number = sum(len(names) for _, _, names in os.walk(str(root)))
  for folder, count in counts.items():
    os.makedirs(os.path.join(str(root), folder), exist_ok=True)
    for _ in range(count):
      write(root, '%s/%03d.png' % (folder, number), number)
      number += 1
