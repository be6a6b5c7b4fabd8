"""Digests of images, for `src.run.fingerprint`."""

import hashlib
import os

import numpy as np


class Digest:
  """SHA-256 of a split: its classes, pixels and labels."""

  def __init__(self, classes):
    """classes: list of str."""
    self._digest = hashlib.sha256('\n'.join(classes).encode('utf-8', 'replace'))

  def add(self, images):
    """Takes the next images in, uint8 [N, H, W, C]."""
    self._digest.update(np.ascontiguousarray(images))

  def result(self, labels):
    """Hex str; labels: array [N, ...] of all images."""
    self._digest.update(np.ascontiguousarray(labels))
    return self._digest.hexdigest()


def of(images, labels, classes=()):
  """Digests of images in memory, a dict from split to hex str.

  Args:
    images: dict from split to uint8 [N, H, W, C].
    labels: dict with the same keys to arrays.
    classes: list of str.
  """
  found = {}
  for split, pixels in images.items():
    digest = Digest(classes)
    digest.add(pixels)
    found[split] = digest.result(labels[split])
  return found


def of_files(paths, labels):
  """Digest of files too many to be read: their names, sizes and labels.

  Args:
    paths: list of str; folders do not count.
    labels: array [N, ...].

  Returns:
    hex str.
  """
  digest = hashlib.sha256()
  for path in paths:
    name = os.fsencode(os.path.basename(path))
    digest.update(b'%s %d\n' % (name, os.path.getsize(path)))
  digest.update(np.ascontiguousarray(labels))
  return digest.hexdigest()
