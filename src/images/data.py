"""What a data set of images is, wherever it comes from."""

import typing

import numpy as np

from src.images import split as split_lib


class Data(typing.NamedTuple):
  """Images, their labels, and what networks must know of them.

  Attributes:
    images: dict of 'train', 'valid' (absent without a valid set) and 'test' to
      uint8 [N, H, W, 3], RGB; or, of images that are decoded each time, to a
      list of N str, their files.
    labels: dict with the same keys to int32 [N], or float32 [N, C] of zeros and
      ones where an image may have any number of labels.
    mean: float32 [3], channel means of the training images scaled to 0..1;
      None where those were not read.
    std: float32 [3], their population standard deviations.
    classes: list of str, the names of the labels.
    digests: dict from split to `fingerprint` of its images, or None where they
      are in memory and nobody made them.
  """

  images: dict
  labels: dict
  mean: np.ndarray
  std: np.ndarray
  classes: list
  digests: typing.Optional[dict] = None

  def with_part(self, name, split, count, seed, purpose):
    """Data in which part of a split is one of its own.

    Args:
      name: str, the new split.
      split: str, the one that loses these images.
      count: int, how many.
      seed, purpose: see `split.parted`.
    """
    images, labels = dict(self.images), dict(self.labels)
    whole, of_whole = images[split], labels[split]
    places = split_lib.parted(len(of_whole), count, seed, purpose)
    for part, chosen in zip((split, name), places):
      labels[part] = of_whole[chosen]
      if isinstance(whole, list):
        images[part] = [whole[place] for place in chosen]
      else:
        images[part] = whole[chosen]
    return self._replace(images=images, labels=labels)

  @property
  def on_disk(self):
    """Whether images are decoded each time."""
    return any(isinstance(images, list) for images in self.images.values())
