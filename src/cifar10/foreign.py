"""Folders that hold something else than batches, and what to make of it.

Each function of `KINDS` knows one kind by the names of files, and returns a
clause that says what was found and what would be right, or None.
"""

import os
import re

from src.run import folders

NAMES = (
  'data_batch_1.bin, data_batch_2.bin and so on, and test_batch.bin, or the '
  'same without .bin in the python version'
)
_IMAGES = re.compile(r'.*\.(bmp|gif|jpe?g|png|ppm|tiff?|webp)', re.IGNORECASE)


def cifar100(path, names):
  """CIFAR-100's batches, folders or archives."""
  known = [n for n in names if n in ('train.bin', 'test.bin')]
  if {'meta', 'test', 'train'} <= set(names) and os.path.isfile(
    os.path.join(path, 'train')
  ):
    known += ['test', 'train']
  known += [n for n in names if n.lower().startswith('cifar-100')]
  if not known:
    return None
  return (
    f'holds CIFAR-100 ({folders.shortened(known)}): its records have two '
    f'labels, those read here one; write them with the label to learn alone '
    f'as data_batch_1.bin and test_batch.bin, and give --num_classes=100, or '
    f'20 for the coarse labels'
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
    f'holds {folders.shortened(others)}, but batches are called {NAMES}: '
    f'rename them, or unpack them if they are packed'
  )


def _image_folders(path, names):
  """Image files in the folder, one folder down, or two."""
  classes = [name for name in names if _has_images(os.path.join(path, name))]
  for split in names:
    below = os.path.join(path, split)
    classes = classes or [
      name
      for name in sorted(folders.listing(below))
      if _has_images(os.path.join(below, name))
    ]
  if len(classes) > 1:
    found = f'folders of images ({folders.shortened(classes)})'
  elif _has_images(path):
    found = f'image files ({folders.shortened(names)})'
  else:
    return None
  return (
    f'holds {found}, but images are read from batches only: write each at '
    f'32x32 as a record of 3,073 bytes, its label and its red, green and blue '
    f'plane, to data_batch_1.bin and test_batch.bin, the names of the classes '
    f'to batches.meta.txt, one a line, and give their number as --num_classes'
  )


KINDS = (cifar100, _misnamed_batches, _image_folders)


def _has_images(folder):
  return any(map(_IMAGES.fullmatch, folders.listing(folder)))
