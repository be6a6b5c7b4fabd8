"""Reads listed images once: checks all, sums them up, keeps what fits."""

import concurrent.futures
import sys

import numpy as np
import tqdm

from src.files import png
from src.images import fingerprint, square, statistics, unreadable
from src.images.data import Data

_AT_ONCE = 512  # images between two looks at what threads have done


def decoded(listing, size, threads=4, most_bytes=1 << 30, skip=False,
            log=print):  # fmt: skip
  """Decodes every image of a listing.

  Args:
    listing: listing.Listing.
    size: int, pixels, see `square.read`.
    threads: int > 0, images decoded at a time.
    most_bytes: int, images stay in memory if all take no more than that.
    skip: bool, whether to go on without images that cannot be read.
    log: function of a str that prints one line.

  Returns:
    data.Data; without images in memory its `images` are files, for
    `from_disk`.

  Raises:
    RunError: images cannot be read and are not skipped, or none of a split is
      left.
  """
  count = sum(map(len, listing.images.values()))
  keeps = count * size * size * 3 <= most_bytes
  sums, bad = statistics.Sums(), []
  images, labels, digests = {}, {}, {}
  bar = tqdm.tqdm(
    total=count, desc='images', unit='img', disable=None, file=sys.stderr
  )
  with bar, concurrent.futures.ThreadPoolExecutor(threads) as pool:
    for split, every in listing.images.items():
      digest = fingerprint.Digest(listing.classes)
      shape = [len(every) if keeps else 0, size, size, 3]
      pixels, good = np.empty(shape, np.uint8), []
      for start in range(0, len(every), _AT_ONCE):
        part = every[start : start + _AT_ONCE]
        found = list(pool.map(lambda image: _load(image, size), part))
        whole = [i for i, result in enumerate(found) if not _is_bad(result)]
        bad += [str(result) for result in found if _is_bad(result)]
        block = np.array([found[place] for place in whole], np.uint8)
        block = block.reshape([-1] + shape[1:])
        digest.add(block)
        if split == 'train' and whole:
          sums.add(block)
        if keeps:
          pixels[len(good) : len(good) + len(whole)] = block
        good += [start + place for place in whole]
        bar.update(len(part))
      labels[split] = listing.labels[split][np.array(good, int)]
      digests[split] = digest.result(labels[split])
      if keeps:
        images[split] = pixels[: len(good)]
      else:
        images[split] = [every[place] for place in good]
  sizes = {split: len(of_split) for split, of_split in labels.items()}
  unreadable.refuse_or_skip(bad, skip, sizes, log)
  mean, std = sums.result()
  return Data(images, labels, mean, std, listing.classes, digests)


def _is_bad(result):
  return isinstance(result, png.ImageError)


def _load(image, size):
  try:
    return square.load(image, size)
  except png.ImageError as error:
    return error
