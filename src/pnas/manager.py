"""Children by the names of titu1994's implementation: a model, and its reward.

  manager = NetworkManager([x_train, y_train, x_valid, y_valid], epochs=5)
  reward = manager.get_rewards(model_fn, actions)

Thin: the network is that of `child`, trained as a search trains it.
"""

import tempfile

import numpy as np

from src.arc import PNAS_OPERATIONS, ArcError, PnasArc, PnasSpace, describe
from src.arc.record import Network
from src.images.data import Data
from src.nn import keyed
from src.pnas import child as child_lib
from src.pnas import search_flags
from src.pnas.task import Pnas, settle
from src.run import engines, retraining
from src.run.errors import RunError

_NAMES = tuple(operation.name for operation in PNAS_OPERATIONS)


class ModelGenerator:
  """The network of one child.

  Attributes:
    arc: PnasArc.
    filters: int, of the first cell.
    cells_per_stage: int, where the cell is none of the flat ones.
  """

  def __init__(self, actions, cell='flat', filters=32, cells_per_stage=2):
    """
    Args:
      actions: list of 4b inputs and names of operations.
      cell: 'flat', two cells that ignore the inputs as the original does; or
        'dag', a stack of cells that are wired by them.
      filters, cells_per_stage: see the class.

    Raises:
      ArcError: they are no cell.
    """
    self.arc = PnasArc.from_tokens(list(actions), None, _NAMES, cell)
    self.filters, self.cells_per_stage = filters, cells_per_stage

  def config(self, num_classes=10):
    """child.ChildConfig, by which the network is built in a graph."""
    flat = self.arc.cell == 'flat'
    space = PnasSpace(
      'pnas', PNAS_OPERATIONS, self.arc.num_blocks, cell=self.arc.cell
    )
    return child_lib.ChildConfig(
      space,
      self.arc,
      self.filters,
      1 if flat else self.cells_per_stage,
      num_classes=num_classes,
    )

  def summary(self, image_size=32, num_classes=10):
    """Lines that say what the network is, a list of str."""
    config = self.config(num_classes)
    network = Network(
      config.out_filters,
      config.num_layers,
      image_size,
      config.num_reductions,
      num_classes,
    )
    lines = ['%s: %s' % place for place in describe.places(self.arc)]
    counted = describe.counted(self.arc, network, 'final')
    return lines + ['%d parameters, %d multiply-adds' % counted]


def model_fn(actions):
  """The model of a child, a ModelGenerator."""
  return ModelGenerator(actions)


class NetworkManager:
  """Trains models on a data set."""

  def __init__(
    self, dataset, epochs=5, batchsize=128, learning_rate=0.001, seed=0
  ):
    """
    Args:
      dataset: (training images, labels, validation images, labels); images
        [N, H, H, 3] are uint8, or floats from 0 to 1; labels are ints [N], or
        [N, C] of zeros and ones.
      epochs: int.
      batchsize: int, the most images of a batch.
      learning_rate: float, its highest; it falls to a tenth along a cosine.
      seed: int.

    Raises:
      RunError: the data have another form.
    """
    self._task = _OfArrays(*dataset)
    flags = search_flags.parse(['manager'])
    self._flags = search_flags.child(flags)
    settle(self._flags)
    vars(self._flags).update(
      num_epochs=epochs,
      batch_size=min(batchsize, len(dataset[0])),
      child_lr=learning_rate,
      child_img_size=self._task.size,
      num_classes=self._task.num_classes,
      data_path='arrays',
    )
    self._seed = seed

  def get_rewards(self, model_fn, actions, display_model_summary=True):
    """The accuracy of a child's best epoch on the validation images.

    Args:
      model_fn: function of actions that returns a ModelGenerator.
      actions: list of 4b inputs and names of operations.
      display_model_summary: bool, whether to print what the network is.

    Returns:
      float; 0.0 where a number of the training was not finite.
    """
    model = model_fn(actions)
    if not isinstance(model, ModelGenerator):
      raise ArcError('a model function returns a ModelGenerator')
    if display_model_summary:
      for line in model.summary(self._task.size, self._task.num_classes):
        print(line)
    arc, flags = model.arc, self._flags
    flat = arc.cell == 'flat'
    vars(flags).update(
      cell=arc.cell,
      operators=','.join(_NAMES),
      B=arc.num_blocks,
      lookback=0 if flat else -2,
      lookforward=None,
      F=model.filters,
      N=model.cells_per_stage,
    )
    arc = self._task.parse_arc(flags, _written(arc))
    seed = keyed.seed_for(self._seed, 'child ' + str(arc))
    with tempfile.TemporaryDirectory() as folder:
      (score,) = retraining.score_all(
        self._task, flags, [(arc, seed)], folder, engines.Serial()
      )
    accuracy = 0.0 if score.failure else score.best.value
    print('Manager: Accuracy = ', accuracy)
    return accuracy

  get_reward = get_rewards


def _written(arc):
  """The text of a cell; a flat one's inputs mean nothing, and are zero."""
  child = arc.child()
  if arc.cell == 'flat':
    child[::2] = [0] * len(child[::2])
  return ' '.join(str(word).replace(' ', '_') for word in child)


class _OfArrays(Pnas):
  """The task on images that somebody has in memory."""

  def __init__(self, images, labels, valid_images, valid_labels):
    both = {
      'train': (_bytes(images), _numbers(labels)),
      'valid': (_bytes(valid_images), _numbers(valid_labels)),
    }
    for name, (found, of_found) in both.items():
      if len(found) != len(of_found) or not len(found):
        raise RunError(
          '%s: there are %d images and %d labels'
          % (name, len(found), len(of_found))
        )
    self.size = both['train'][0].shape[1]
    self.num_classes = max(
      [10] + [int(of_found.max()) + 1 for _, of_found in both.values()]
    )
    self._data = Data(
      {name: found for name, (found, _) in both.items()},
      {name: of_found for name, (_, of_found) in both.items()},
      np.zeros(3, np.float32),
      np.ones(3, np.float32),
      [str(number) for number in range(self.num_classes)],
    )

  def read_data(self, flags, log):
    """See `program.Task`."""
    return self._data


def _bytes(images):
  images = np.asarray(images)
  if images.ndim != 4 or images.shape[1] != images.shape[2]:
    raise RunError(
      'images have the shape %s, expected [N, H, H, 3]' % (list(images.shape),)
    )
  if images.dtype == np.uint8:
    return images
  if images.min() < 0 or images.max() > 1:
    raise RunError('images that are no bytes have values from 0 to 1')
  return np.round(255 * images).astype(np.uint8)


def _numbers(labels):
  labels = np.asarray(labels)
  if labels.ndim == 2 and labels.shape[1] > 1:
    labels = labels.argmax(1)
  return labels.reshape([-1]).astype(np.int32)
