"""What a network says about a photograph, as a whole or tile by tile."""

import typing

import numpy as np

from src.run.errors import RunError
from src.use import tiles

BACKGROUND = 'Background'  # a class of what shows nothing
_CERTAIN = 1e-7  # probabilities nearer to 0 or 1 are taken for this near


class Prediction(typing.NamedTuple):
  """The answer about one photo.

  Attributes:
    names: the C class names.
    probabilities: float64 [C].
    decisions: bool [C], whether a class is seen.
    thresholds: float64 [C], the probabilities from which on it is.
    tiles: tiles.Tiles, which windows the network saw.
    of_tiles: float32 [T, C], what it said about each.
  """

  names: tuple
  probabilities: np.ndarray
  decisions: np.ndarray
  thresholds: np.ndarray
  tiles: tiles.Tiles
  of_tiles: np.ndarray


def predict(
  photo,
  network,
  side=None,
  overlap=tiles.OVERLAP,
  batch_size=16,
  threshold=None,
  progress=lambda batches, total: batches,
):
  """Asks a network about a photo.

  As a whole, the photo is seen in windows along its long side, and the mean of
  their log-odds counts; where an image has one label, of their logarithms. In
  tiles, a class is as probable as in the tile where it is most so, and the
  background as in the tile where it is least so: a photo is mere background if
  all of it is. Where an image has one label, the mean of the tiles counts.

  Args:
    photo: uint8 [H, W, 3], RGB.
    network: trained.Trained.
    side: int, of the tiles in pixels of the photo, or None for the whole.
    overlap: float in [0, 1), of neighbouring windows, at least.
    batch_size: int > 0; the last batch may be smaller.
    threshold: float, or one for each class; ties count as seen. 0.5 unless
      given; where an image has one label 0, and only the most probable class
      is seen at all.
    progress: function of (iterable, total=its length) that gives the same
      iterable, such as `tqdm.tqdm`.

  Returns:
    `Prediction`.

  Raises:
    tiles.TooManyWindows: so finely that no one would wait for it.
    RunError: the network's answers are no probabilities of C classes.
  """
  height, width = photo.shape[:2]
  names, size = network.names, network.size
  if side is None:
    where = tiles.whole(height, width, size, overlap)
  else:
    where = tiles.cut(height, width, size, side, overlap)
  batches = tiles.batches(photo, where, batch_size, network.window)
  count = -(-len(where.places) // batch_size)
  of_tiles = np.concatenate(
    [
      _checked(network.predict(batch), len(batch), names)
      for batch in progress(batches, total=count)
    ]
  )
  if network.one_label:
    found = _mean_logarithm(of_tiles) if side is None else of_tiles.mean(axis=0)
  elif side is None:
    found = _mean_odds(of_tiles)
  else:
    found = of_tiles.max(axis=0)
    if BACKGROUND in names:
      column = list(names).index(BACKGROUND)
      found[column] = of_tiles[:, column].min()
  found = found.astype(float)
  if threshold is None:
    threshold = 0 if network.one_label else 0.5
  thresholds = np.broadcast_to(np.asarray(threshold, float), found.shape)
  decisions = found >= thresholds.astype(np.float32)
  if network.one_label:
    decisions &= np.arange(len(found)) == found.argmax()
  return Prediction(tuple(names), found, decisions, thresholds, where, of_tiles)


def lines(path, found, most=None):
  """A `Prediction` as lines: the file, then each class.

  Args:
    path: str.
    found: Prediction.
    most: int, only so many classes, the most probable ones first; None for all
      in their order.
  """
  count = len(found.tiles.places)
  shape = found.tiles.shape
  header = '%s (%d x %d, %d window%s)' % (
    path, shape[1], shape[0], count, 's'[: count > 1]
  )  # fmt: skip
  rows = list(zip(*found[:3]))
  if most is not None:
    rows = sorted(rows, key=lambda row: -row[1])[:most]
  width = max(len(name) for name, _, _ in rows)
  return [header] + [
    '  %-*s %.4f %s' % (width, name, probability, 'yes' if seen else 'no')
    for name, probability, seen in rows
  ]


def _checked(values, count, names):
  values = np.asarray(values, np.float32)
  if values.shape != (count, len(names)):
    raise RunError(
      'the network gives %s for %d images; the classes are %s'
      % (list(values.shape), count, ', '.join(names))
    )
  if not (values.min() >= 0 and values.max() <= 1):
    raise RunError(
      'the network gives values that are no probabilities, such as nan: give '
      'an earlier --checkpoint_path'
    )
  return values


def _mean_logarithm(values):
  """Mean of the logarithms over the windows, as probabilities of one label."""
  if len(values) == 1:
    return values[0].astype(float)
  logarithms = np.log(np.maximum(values.astype(float), _CERTAIN)).mean(axis=0)
  mean = np.exp(logarithms - logarithms.max())
  return mean / mean.sum()


def _mean_odds(values):
  """Mean of the log-odds over the windows, as a probability."""
  if len(values) == 1:
    return values[0].astype(float)
  values = np.clip(values.astype(float), _CERTAIN, 1 - _CERTAIN)
  return 1 / (1 + np.exp(-np.log(values / (1 - values)).mean(axis=0)))
