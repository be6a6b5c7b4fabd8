"""Images and labels as arrays in .npz files, as MNIST is often handed on."""

import os

import numpy as np

from src.files import npz
from src.files.errors import FileError
from src.images.listing import Listing, split_files
from src.run.errors import RunError


def from_arrays(path, multi_label=False):
  """Reads .npz files with the arrays `images` and `labels`.

  Args:
    path: str, one file, or a folder with one for each split, such as
      `train.npz`. The arrays are `images`, uint8 [N, H, W] or [N, H, W, C] of
      one, three or four channels; `labels`, int [N], or [N, C] of zeros and
      ones; and, perhaps, `classes`, the names of the labels.
    multi_label: bool, whether an image may have any number of labels.

  Returns:
    listing.Listing; of one split, 'train', if there is one file.

  Raises:
    RunError: an array is missing or of another form.
  """
  files = {'train': path}
  if os.path.isdir(path):
    files = split_files(path, '.npz')
  if 'train' not in files:
    raise RunError('%s has no train.npz' % path)
  images, labels, classes = {}, {}, None
  for split, name in files.items():
    try:
      found = npz.read(name, ('images', 'labels'), ('classes',))
    except FileError as error:
      raise RunError(
        '%s; expected the arrays images and labels' % error
      ) from error
    images[split] = _rgb(found['images'], name)
    labels[split] = _checked(found['labels'], images[split], name, multi_label)
    if 'classes' in found and split == 'train':
      classes = [str(word) for word in found['classes'].tolist()]
  train = labels['train']
  count = train.shape[1] if multi_label else int(train.max()) + 1
  if classes is None:
    classes = list(map(str, range(count)))
  for split, of_split in labels.items():
    size = of_split.shape[1] if multi_label else int(of_split.max()) + 1
    if size > len(classes):
      raise RunError(
        '%s has the label %d, but there are %d classes'
        % (files[split], size - 1, len(classes))
      )
  return Listing(classes, images, labels)


def _rgb(images, name):
  """uint8 [N, H, W, 3]; one channel becomes three, the fourth is dropped."""
  if images.ndim == 3:
    images = images[..., None]
  if (
    images.dtype != np.uint8
    or images.ndim != 4
    or images.shape[-1] not in (1, 3, 4)
    or not images.size
  ):
    raise RunError(
      '%s: images is %s %s; expected uint8 [N, H, W] or [N, H, W, C] of 1, 3 '
      'or 4 channels' % (name, images.dtype, list(images.shape))
    )
  if images.shape[-1] == 1:
    return np.repeat(images, 3, axis=-1)
  return images[..., :3]


def _checked(labels, images, name, multi_label):
  wanted = 2 if multi_label else 1
  if labels.ndim == 2 and labels.shape[1] == 1 and not multi_label:
    labels = labels[:, 0]
  if labels.ndim != wanted or len(labels) != len(images):
    raise RunError(
      '%s: labels is %s; expected %s for %d images%s'
      % (
        name,
        list(labels.shape),
        '[N, C]' if multi_label else '[N]',
        len(images),
        ''
        if multi_label
        else ', or --multi_label for [N, C] of zeros and ones',
      )
    )
  whole = np.array_equal(labels, np.asarray(labels).astype(np.int64))
  if not whole or labels.min() < 0 or (multi_label and labels.max() > 1):
    raise RunError(
      '%s: labels must be %s'
      % (name, 'zeros and ones' if multi_label else 'whole numbers from 0 on')
    )
  return labels.astype(np.float32 if multi_label else np.int32)
