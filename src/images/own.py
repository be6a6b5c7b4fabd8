"""A data set of one's own: listed, split, decoded, and told about."""

import typing

from src.images import decode, listing, split
from src.run import folders
from src.run.errors import RunError


class Options(typing.NamedTuple):
  """How a data set is read.

  Attributes:
    size: int, side of the squares that images become, in pixels.
    fraction: float, share of each class that a split takes which there is not.
    split_seed: int, which images it takes.
    threads: int, images decoded at a time.
    most_bytes: int, images are kept decoded if all take no more than that.
    skip_unreadable: bool, whether to go on without images that are damaged.
  """

  size: int = 32
  fraction: float = 0.1
  split_seed: int = 0
  threads: int = 4
  most_bytes: int = 1 << 30
  skip_unreadable: bool = False


def read(found, options, needs_valid, log, tell=print, only=None):
  """Reads all images of a listing.

  Args:
    found: listing.Listing; splits that it lacks are taken from training.
    options: Options.
    needs_valid: bool, whether there has to be a validation split.
    log: function of a str that takes a line of the run's log.
    tell: function of a str that prints one line at once: what looks wrong.
    only: str, the one split whose images are wanted; all unless given.

  Returns:
    data.Data; without the training images its statistics are None.

  Raises:
    RunError: there are too few images or classes, or some cannot be read.
  """
  if found.labels['train'].ndim == 1 and len(found.classes) < 2:
    raise RunError(
      'all images are of one class, %s: a network needs two to tell apart'
      % ', '.join(found.classes)
    )
  for name in ('test', 'valid'):
    if name in found.images or (name == 'valid' and not needs_valid):
      continue
    taken = split.held_out(
      found.labels['train'], options.fraction, options.split_seed, name
    )
    log(
      'there is no split %s: %d of %d training images are held out for it '
      '(--split_fraction=%g, --split_seed=%d)'
      % (name, taken.sum(), taken.size, options.fraction, options.split_seed)
    )
    found = found.moved('train', taken, name)
  if only is not None:
    found = found.part(only)
  pairs = listing.in_two_splits(found)
  if pairs:
    tell(
      'warning: %d images lie in two splits, so that what is measured on them '
      'is too good: %s'
      % (len(pairs), folders.shortened(['%s and %s' % pair for pair in pairs]))
    )
  data = decode.decoded(
    found,
    options.size,
    options.threads,
    options.most_bytes,
    options.skip_unreadable,
    log,
  )
  for line in summary(data):
    log(line)
  return data


def summary(data):
  """How many images of each class and split there are, as lines."""
  splits = sorted(data.labels, key=list(listing.SPLITS).index)
  width = max([len('images')] + [len(name) for name in data.classes])
  lines = [
    '%-*s' % (width, 'images') + _cells(len(data.labels[s]) for s in splits)
  ]
  for number, name in enumerate(data.classes):
    counts = []
    for part in splits:
      labels = data.labels[part]
      chosen = labels[:, number] if labels.ndim == 2 else labels == number
      counts.append(chosen.sum())
    lines.append('%-*s' % (width, name) + _cells(counts))
  return [
    '%-*s' % (width, 'split') + ''.join('%9s' % s for s in splits)
  ] + lines


def _cells(numbers):
  return ''.join('%9d' % number for number in numbers)
