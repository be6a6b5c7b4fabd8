"""CODEBRIM on disk: which crops are there, and the six labels of each.

Source: `src/AEROBI/data_utils.py` of MrtnMndt/meta-learning-CODEBRIM.
"""

import json
import os
import typing

import numpy as np

from src.AEROBI import metadata, record
from src.arc import text as text_lib
from src.run import folders
from src.run.errors import RunError

CLASSES = metadata.CLASSES
SPLITS = record.SPLITS
NOTICE = 'SYNTHETIC_NOTICE.txt'
PREPARED = 'prepared.json'


class Split(typing.NamedTuple):
  """One of the three parts.

  Attributes:
    paths: list of N str, the PNG files, sorted by folder and name.
    labels: float32 [N, 6], 0 or 1, in the order of `CLASSES`.
  """

  paths: list
  labels: np.ndarray


class Codebrim(typing.NamedTuple):
  """The data set.

  Attributes:
    train: `Split`.
    val: `Split`.
    test: `Split`.
    synthetic: bool, whether the pictures are made up.
    short_side: int, what prepare has reduced the short sides to, or None:
      larger windows than that would be blurred.
  """

  train: Split
  val: Split
  test: Split
  synthetic: bool
  short_side: typing.Optional[int]


def read(root, log=print):
  """Lists the crops of all splits with their labels; opens no image.

  Args:
    root: str, the folder that holds train, val, test and metadata.
    log: function of a str that prints one line.

  Returns:
    `Codebrim`.

  Raises:
    RunError: the folder is missing or is another variant of the data set, a
      split is empty, or files have no label.
  """
  _check_layout(root)
  labels = {
    kind: metadata.read(os.path.join(root, 'metadata', kind + '.xml'))
    for kind in record.KINDS
  }
  unlabelled, splits = [], []
  for split in SPLITS:
    rows = []
    for kind, path in _files(os.path.join(root, split)):
      label = metadata.find(labels[kind], os.path.basename(path))
      if label is None:
        unlabelled.append(os.path.relpath(path, root))
      else:
        rows.append((path, label))
    splits.append((split, rows))
  if unlabelled:
    raise RunError(
      '%d files below %s have no row in metadata/background.xml or '
      'metadata/defects.xml: %s'
      % (len(unlabelled), root, folders.shortened(unlabelled))
    )
  for split, rows in splits:
    if not rows:
      raise RunError('%s holds no images' % os.path.join(root, split))
  data = Codebrim(
    *[
      Split([path for path, _ in rows], np.array([y for _, y in rows], 'f4'))
      for _, rows in splits
    ],
    synthetic=os.path.exists(os.path.join(root, NOTICE)),
    short_side=short_side_of(root),
  )
  for line in summary(data):
    log(line)
  return data


def summary(data):
  """What is in the data set, as lines: counts of each class and split."""
  columns = ('images',) + CLASSES
  lines = ['split ' + ' '.join('%14s' % name for name in columns)]
  for name in SPLITS:
    labels = getattr(data, name).labels
    counts = [len(labels)] + labels.sum(axis=0).astype(int).tolist()
    lines.append('%-5s ' % name + ' '.join('%14d' % n for n in counts))
  empty = [
    int((getattr(data, name).labels.sum(axis=1) == 0).sum()) for name in SPLITS
  ]
  lines.append(
    'without any label: %d (train %d, val %d, test %d); they count as six '
    'zeros' % (sum(empty), *empty)
  )
  if data.short_side is not None:
    lines.append('images are reduced to a short side of %d' % data.short_side)
  if data.synthetic:
    lines.append(
      'SYNTHETIC images: what is measured on them is no CODEBRIM result'
    )
  return lines


def short_side_of(root):
  """What prepare has reduced a data set's short sides to, or None.

  Raises:
    RunError: its note is damaged.
  """
  path = os.path.join(root, PREPARED)
  if not os.path.exists(path):
    return None
  try:
    with text_lib.open_text(path) as source:
      found = json.load(source)['short_side']
    if found is None or (isinstance(found, int) and found > 0):
      return found
  except (OSError, ValueError, LookupError, TypeError):
    pass
  raise RunError(
    '%s is damaged: prepare the data set again with python -m '
    'src.AEROBI.prepare' % path
  )


def _check_layout(root):
  if not root:
    raise RunError('no data path is given; ' + record.ADVICE)
  if os.path.isfile(root):
    raise RunError(
      '%s is a file; unpack it with python -m src.AEROBI.prepare and give the '
      'folder' % root
    )
  if not os.path.isdir(root):
    raise RunError('there is no folder %s; %s' % (root, record.ADVICE))
  names = folders.listing(root)
  missing = [part for part in record.PARTS if part not in names]
  if not missing:
    return
  variant = record.wrong_variant(
    names, lambda name: folders.listing(os.path.join(root, name))
  )
  raise RunError(
    '%s has no %s; %s' % (root, ', '.join(missing), variant or record.ADVICE)
  )


def _files(folder):
  """Yields (kind, path) of all crops below a split's folder, sorted."""
  try:
    kinds = [n for n in sorted(os.listdir(folder)) if not folders.ignored(n)]
    for kind in kinds:
      if kind not in record.KINDS:
        raise RunError(
          '%s holds %s; only %s belong there'
          % (folder, kind, ' and '.join(record.KINDS))
        )
      for name in sorted(os.listdir(os.path.join(folder, kind))):
        if not folders.ignored(name):
          yield kind, os.path.join(folder, kind, name)
  except OSError as error:
    raise RunError(
      'cannot list %s: %s' % (error.filename, error.strerror)
    ) from error
