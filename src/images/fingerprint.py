"""Digests of images, for `src.run.fingerprint`."""

import hashlib
import os

import numpy as np


def of(images, labels, classes=()):
  """SHA-256 of each split, a dict from its name to hex str.

  Pixels count where images are in memory; else, as reading all takes too long,
  names without folders and sizes of files.

  Args:
    images: dict from split to uint8 [N, H, W, C] or to a list of files.
    labels: dict with the same keys to arrays.
    classes: list of str.
  """
  found = {}
  for split, content in images.items():
    digest = hashlib.sha256('\n'.join(classes).encode('utf-8', 'replace'))
    if isinstance(content, list):
      for path in content:
        name = os.fsencode(os.path.basename(path))
        digest.update(b'%s %d\n' % (name, os.path.getsize(path)))
    else:
      digest.update(np.ascontiguousarray(content))
    digest.update(np.ascontiguousarray(labels[split]))
    found[split] = digest.hexdigest()
  return found
