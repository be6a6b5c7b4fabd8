"""What a run directory's `space.json` says: which space a run searched.

A run writes it, the readers of its directory need no guess: what numbers in an
architecture mean, and how networks of it are counted and drawn.
"""

import json
import os
import typing

from src.arc import spaces
from src.arc import text as text_lib
from src.arc.errors import ArcError

FILE = 'space.json'


class Network(typing.NamedTuple):
  """What networks of a run have beside their architecture.

  Attributes:
    out_filters: int, width of the first stage in channels; None where nothing
      can be counted.
    num_layers: int, layers of the network that cells are stacked to.
    image_size: int, in pixels.
    num_reductions: int, how often the resolution is halved.
    num_classes: int.
    classes: list of their names; None in the records of older runs.
    mean: list of the channel means that images are standardised by, of values
      scaled to 0..1; None if they are not, or in the records of older runs.
    std: list of their standard deviations, or None as well.
    separable: bool, whether the final network builds separable convolutions as
      such.
    view: str, what the network of one architecture is made of: 'final' layers,
      or those of the 'search'; see `counts`.
    loose_ends: bool, whether a recurrent cell's output is the mean of its loose
      ends; None for what goes with its format.
    hidden_size: int, of a language model; None for images.
    vocabulary_size: int, its words.
  """

  out_filters: typing.Optional[int] = None
  num_layers: typing.Optional[int] = None
  image_size: int = 32
  num_reductions: int = 2
  num_classes: int = 10
  classes: typing.Optional[list] = None
  mean: typing.Optional[list] = None
  std: typing.Optional[list] = None
  separable: bool = False
  view: str = 'final'
  loose_ends: typing.Optional[bool] = None
  hidden_size: typing.Optional[int] = None
  vocabulary_size: typing.Optional[int] = None


class Record(typing.NamedTuple):
  """What a run searched, or trained one architecture of.

  Attributes:
    package: str, the package under `src` whose run it is, such as 'cifar10'.
    space: a value of `src.arc.spaces`, or None where no architecture tells.
    network: `Network`.
  """

  package: str
  space: typing.Any
  network: Network

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(
      {
        'package': self.package,
        'space': json.loads(self.space.to_json()),
        'network': self.network._asdict(),
      },
      sort_keys=True,
    )


def from_json(text):
  """The Record that `to_json` wrote; raises ArcError when it is none."""
  try:
    data = json.loads(text)
    return Record(
      str(data['package']),
      spaces.from_json(json.dumps(data['space'])),
      Network(**data['network']),
    )
  except ArcError:
    raise
  except (KeyError, TypeError, ValueError) as error:
    raise ArcError('not the record of a run in JSON: %s' % error) from None


def read(directory):
  """The Record of a run directory, or None if it has no `space.json`.

  Raises:
    ArcError: the file is damaged; the message names it.
  """
  path = os.path.join(directory, FILE)
  if not os.path.exists(path):
    return None
  try:
    with text_lib.open_text(path) as file:
      return from_json(file.read())
  except (OSError, ArcError) as error:
    raise ArcError('cannot read %s: %s' % (path, error)) from error
