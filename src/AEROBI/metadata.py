"""The label of a crop: CODEBRIM's XML, and the names that share a row.

The reference takes labels by the position of the child elements and cuts names
at the first dot of the whole path, so that any dot in a folder's name loses
all labels; here both go by name (docs/FIDELITY.md).
"""

import os
import re

from src.files import checked_xml
from src.run.errors import RunError

CLASSES = (
  'Background',
  'Crack',
  'Spallation',
  'Efflorescence',
  'ExposedBars',
  'CorrosionStain',
)
_AUGMENTED = re.compile(r'_-_.*\Z')
_COPY = re.compile(r'_copy\d+\Z')


def read(path):
  """Reads one of the two metadata files.

  Args:
    path: str, `metadata/background.xml` or `metadata/defects.xml`.

  Returns:
    dict of each crop's name without its extension to a tuple of six ints, 0
    or 1, in the order of `CLASSES`.

  Raises:
    RunError: no XML, or a row without a name, without one of the six classes,
      with another value, or that contradicts another row of the same name.
  """
  labels = {}
  for number, row in enumerate(checked_xml.read(path), 1):
    name = row.get('name')
    if not name:
      raise RunError('%s: row %d has no attribute "name"' % (path, number))
    label = tuple(_flag(row, name, path) for name in CLASSES)
    stem = _stem(name)
    if labels.setdefault(stem, label) != label:
      raise RunError('%s has two different rows for %s' % (path, name))
  return labels


def find(labels, name):
  """The label of a file, or None.

  Tried are the name itself, the name without the `_-_...` of an augmented
  crop, and the name without the `_copyNN` of an oversampled one, too.

  Args:
    labels: dict, as `read` returns it.
    name: str, a file name without folders.
  """
  exact = _stem(name)
  plain = _AUGMENTED.sub('', exact)
  for stem in (exact, plain, _COPY.sub('', plain)):
    if stem in labels:
      return labels[stem]
  return None


def _stem(name):
  stem, extension = os.path.splitext(name)
  return stem if extension.lower() == '.png' else name


def _flag(row, name, path):
  crop = row.get('name')
  found = row.findall(name)
  if len(found) != 1:
    raise RunError(
      '%s: the row of %s has %d elements %s; each of %s must be there once'
      % (path, crop, len(found), name, ', '.join(CLASSES))
    )
  text = (found[0].text or '').strip()
  if text not in ('0', '1'):
    raise RunError(
      '%s: the row of %s has %s = %r; it must be 0 or 1'
      % (path, crop, name, text)
    )
  return int(text)
