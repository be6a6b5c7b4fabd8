"""CIFAR in memory: reading, the train/valid split, channel statistics.

Images stay uint8 from the file to the graph, which normalises each batch by
the `mean` and `std` found here; a float copy of the set would cost four times
the memory. The split and the log lines are those of melodyguan/enas,
`src/cifar10/data_utils.py`.
"""

import os

import numpy as np

from src.cifar10 import class_names, layout, official, unpickle
from src.images import statistics
from src.images.data import Data
from src.run.errors import RunError

_BATCHES, _BATCH_SIZE = 5, 10000  # of CIFAR-10's training images


def read_data(
  data_path, num_valids=5000, num_classes=None, log=print, tell=print
):
  """Reads CIFAR-10 or CIFAR-100 from their official batches.

  Looks in `data_path` and in the folders of the official archives below it,
  and takes the binary batches where both kinds are there. An official archive
  that is carried there, or named, is unpacked.

  Args:
    data_path: str, a folder with `data_batch_1[.bin]`, any further batches
      numbered without a gap, and `test_batch[.bin]`, or with CIFAR-100's
      `train.bin` and `test.bin`; or an archive; or what `layout.find` found.
    num_valids: int, how many of the last training images to hold out.
    num_classes: int, labels must lie in [0, num_classes); 10 unless given, of
      CIFAR-100 its 100, or 20 for the coarse labels.
    log: function of a str that takes a line of the run's log.
    tell: function of a str that prints one line at once: what is unpacked, and
      what looks wrong.

  Returns:
    `Data`.

  Raises:
    RunError: something is missing, damaged or does not fit the arguments.
  """
  if num_valids < 0:
    raise RunError('--num_valids=%s: expected at least 0' % num_valids)
  found = layout.find(data_path) if isinstance(data_path, str) else data_path
  if isinstance(found, layout.Packed):
    found = layout.find(official.unpack(found.path, found.archive, tell))
  folder, names = found.folder, found.train
  of_cifar100 = found.label_bytes == 2
  num_classes = _number_of_classes(num_classes, folder, of_cifar100)

  def _read_all(names):
    label = int(of_cifar100 and num_classes == 100), found.label_bytes
    return _read(folder, names, num_classes, label, log)

  log('-' * 80)
  log('Reading data')
  images, labels = {}, {}
  images['train'], labels['train'] = _read_all(names)
  _tell_if_partial(found, len(images['train']), tell)
  num_train = len(images['train']) - num_valids
  if num_train < 1:
    raise RunError(
      '--num_valids=%s: %s has only %s training images; hold out fewer'
      % (num_valids, folder, len(images['train']))
    )
  if num_valids:
    for part in (images, labels):
      part['valid'] = part['train'][num_train:]
      part['train'] = part['train'][:num_train]
  images['test'], labels['test'] = _read_all([found.test])

  log('Prepropcess: [subtract mean], [divide std]')  # spelt as in old logs
  mean, std = statistics.of(images['train'])
  log('mean: %s' % (mean * 255))
  log('std: %s' % (std * 255))
  classes = class_names.read(folder, num_classes, tell, of_cifar100)
  return Data(images, labels, mean, std, classes)


def _number_of_classes(given, folder, of_cifar100):
  if not of_cifar100:
    return 10 if given is None else given
  if given not in (None, 20, 100):
    raise RunError(
      '--num_classes=%s: %s holds CIFAR-100: expected 100, its fine labels, or '
      '20, its coarse ones' % (given, folder)
    )
  return given or 100


def _tell_if_partial(found, count, tell):
  """Says so if batches as large as CIFAR-10's are fewer than its five."""
  missing = [
    'data_batch_%s%s' % (number, found.suffix)
    for number in range(len(found.train) + 1, _BATCHES + 1)
  ]
  if missing and count == len(found.train) * _BATCH_SIZE:
    tell(
      'warning: %s has %s training images; if this is CIFAR-10, of %s, it was '
      'copied in part: %s missing'
      % (found.folder, count, _BATCHES * _BATCH_SIZE, ', '.join(missing))
    )


def _read(folder, names, num_classes, label, log):
  """Returns uint8 [N, 32, 32, 3] and int32 [N] of the named batches.

  label: in binary batches, which label of an image, and how many it has.
  """
  planes, labels = [], []
  for name in names:
    log(name)
    path = os.path.join(folder, name)
    try:
      if name.endswith('.bin'):
        rows, batch_labels = _read_binary(path, *label)
      else:
        rows, batch_labels = unpickle.read_batch(path)
    except OSError as error:
      raise RunError('cannot read %s: %s' % (path, error.strerror)) from error
    except ValueError as error:
      raise RunError(str(error)) from error
    if not batch_labels:
      raise RunError('%s holds no images; get the file again' % path)
    _check_labels(batch_labels, num_classes, path)
    planes.append(rows.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
    labels += batch_labels
  # Into memory of our own: by itself NumPy would keep the planes' order.
  images = np.empty([len(labels), 32, 32, 3], np.uint8)
  np.concatenate(planes, out=images)
  return images, np.array(labels, np.int32)


def _read_binary(path, label=0, label_bytes=1):
  """Returns uint8 rows [N, 3072] and a list of N labels."""
  values = np.fromfile(path, np.uint8)
  size = label_bytes + unpickle.ROW_BYTES  # labels, then the planes
  records, remainder = divmod(values.size, size)
  if values.size and values.size % (size + 1) == 0 != remainder:
    raise ValueError(
      "%s has %s bytes: these are records with two labels, as CIFAR-100's, "
      'which are called train.bin and test.bin' % (path, values.size)
    )
  if remainder:
    raise ValueError(
      '%s has %s bytes: %s records of %s bytes and %s bytes more; it is '
      'truncated or not in the CIFAR-10 binary format, get the file again'
      % (path, values.size, records, size, remainder)
    )
  values = values.reshape(records, size)
  return values[:, label_bytes:], values[:, label].tolist()


def _check_labels(labels, num_classes, path):
  for index, label in enumerate(labels):
    if not 0 <= label < num_classes:
      raise RunError(
        '%s: record %s has the label %s; with --num_classes=%s labels must lie '
        'in 0..%s' % (path, index, label, num_classes, num_classes - 1)
      )
