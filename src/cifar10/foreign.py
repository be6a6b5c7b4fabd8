"""Folders that hold something else than batches, and what to make of it.

Each function of `KINDS` knows one kind by the names of files, and returns a
clause that says what was found and what would be right, or None.
"""

import os
import re

from src.cifar10 import official
from src.images import listing
from src.run import folders

NAMES = (
  'data_batch_1.bin, data_batch_2.bin and so on, and test_batch.bin, or the '
  'same without .bin in the python version'
)


def cifar100(path, names):
  """CIFAR-100 in Python's version, which is pickled."""
  known = [n for n in names if n.lower().startswith('cifar-100-python')]
  if {'meta', 'test', 'train'} <= set(names) and os.path.isfile(
    os.path.join(path, 'train')
  ):
    known += ['test', 'train']
  if not known:
    return None
  return (
    'holds the python version of CIFAR-100 (%s), which is not read: get the '
    'binary one, %s, or run again with --download --num_classes=100'
    % (folders.shortened(known), official.BINARY_100.name)
  )


def _misnamed_batches(path, names):
  others = [
    name
    for name in names
    if re.search(r'batch(?!es\.meta)|\.(pkl|pickle)$', name, re.IGNORECASE)
    and os.path.isfile(os.path.join(path, name))
  ]
  if not others:
    return None
  return (
    'holds %s, but batches are called %s: rename them, or unpack them if they '
    'are packed' % (folders.shortened(others), NAMES)
  )


def _loose_images(path, names):
  """Image files that no folder gives a class."""
  images = [name for name in names if listing.is_image(name)]
  if not images:
    return None
  return (
    'holds image files (%s) of no class: give each class a folder with its '
    'images, or write a CSV with a line path,label for each and give that'
    % folders.shortened(images)
  )


KINDS = (cifar100, _misnamed_batches, _loose_images)
