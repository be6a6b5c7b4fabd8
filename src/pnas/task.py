"""The task of `src.pnas.main`: one cell, stacked and trained on images."""

import numpy as np

from src.arc import PNAS_OPERATIONS, PNAS_PAPER_OPERATIONS, PnasArc, PnasSpace
from src.arc.errors import ArcError
from src.arc.operations import operations_named
from src.arc.pnas import split_words
from src.cifar10 import config as config_lib
from src.cifar10 import experiment, graphs, image_ops
from src.cifar10.task import Cifar10
from src.images import in_memory
from src.nn import optimizers, schedules
from src.pnas import child as child_lib
from src.pnas import flags as flag_table
from src.run.errors import UsageError
from src.run.trainer import NotFinite

_NUM_CLASSES = {'cifar100': 100}
_ADAM = optimizers.Adam(0.9, 0.999, 1e-8)


def settle(flags):
  """Sets what follows from other flags; does nothing the second time."""
  vars(flags).update(flag_table.FIXED)
  text = getattr(flags, 'child_fixed_arc', None) or ''
  if _is_json(text):  # which says more than its numbers do
    arc = PnasArc.from_json(text)
    vars(flags).update(
      child_fixed_arc=str(arc),
      operators=','.join(arc.operations),
      cell=arc.cell,
      concat=arc.concat,
    )
  flat = flags.cell == 'flat'
  if flags.lookback is None:
    flags.lookback = 0 if flat else -2
  if flags.lookforward is None and flat:
    flags.lookforward = 0
  if not flags.data_path:
    flags.data_path = 'data/' + flags.dataset
    if flags.num_classes is None:
      flags.num_classes = _NUM_CLASSES.get(flags.dataset)
  flags.child_lr_cosine = flags.child_lr_schedule == 'restarts'


def _is_json(text):
  return text.lstrip().startswith('{')


def operations_of(flags):
  """The operations that flags name, a tuple of `Operation`; raises ArcError."""
  if not flags.operators:
    return PNAS_PAPER_OPERATIONS
  words = [word.strip() for word in flags.operators.split(',')]
  spelt = {
    operation.name.replace(' ', '_'): operation.name
    for operation in PNAS_OPERATIONS
  }
  try:
    return operations_named([spelt.get(word, word) for word in words])
  except ArcError as error:
    raise ArcError('--operators: %s' % error) from error


def space_of(flags, words=()):
  """The PnasSpace of flags that are settled; raises ArcError.

  Args:
    flags: flag values.
    words: list, of a cell; without --B it has as many blocks as that.
  """
  operations = operations_of(flags)
  num_blocks = flags.B or max(len(words) // 4, 1)
  return PnasSpace(
    'pnas',
    operations,
    num_blocks,
    flags.lookback,
    flags.lookforward,
    flags.cell,
    flags.concat,
    [
      ('operators', ','.join(operation.name for operation in operations)),
      ('cell', flags.cell),
      ('concat', flags.concat),
    ],
  )


def _words(flags, text):
  """The numbers and names of a cell; ArcError if it is of other cells."""
  if not _is_json(text):
    return split_words(text, [of.name for of in operations_of(flags)])
  arc = PnasArc.from_json(text)
  if (arc.cell, arc.concat) != (flags.cell, flags.concat):
    raise ArcError(
      'the cell needs --cell=%s --concat=%s' % (arc.cell, arc.concat)
    )
  return arc.child()


class Plain(graphs.Images):
  """Images that are trained on as they are, but for what is cut out."""

  __slots__ = ()

  def augment(self, value, key, cutout_size):
    """See `graphs.Images`."""
    return image_ops.random_cutout(value, key, cutout_size)


class Experiment(experiment.Experiment):
  """A training that ends where an answer is no number.

  Such answers would count as class 0, and so be right for a tenth.
  """

  steadied_by = 'a smaller --child_lr'

  def _hits(self, feeds):
    infer = self.graph.infer
    hits, logits = self.session.run([infer.hits, infer.logits], feeds)
    if not np.isfinite(logits).all():
      raise NotFinite('evaluation after step %d: no number' % self._step())
    return int(hits)


class Pnas(Cifar10):
  """The network of one cell, of a search or its result."""

  name = 'pnas'
  flag_table = flag_table
  distributed = False
  modes = {
    mode: function for mode, function in Cifar10.modes.items()
    if mode != 'derive'
  }  # fmt: skip

  def check(self, flags):
    if flags.child_fixed_arc is None:
      raise UsageError(
        '--child_fixed_arc is needed: the cell to train; src.pnas.train '
        'searches for one'
      )
    settle(flags)
    super().check(flags)

  def space(self, flags):
    settle(flags)  # flags that are read back from a run are not checked
    return space_of(flags, _words(flags, flags.child_fixed_arc or ''))

  def parse_arc(self, flags, text):
    settle(flags)
    words = _words(flags, text)
    return space_of(flags, words).from_tokens(words)

  def child(self, flags):
    return child_lib.ChildConfig(
      space=self.space(flags),
      fixed_arc=self.parse_arc(flags, flags.child_fixed_arc),
      out_filters=flags.F,
      cells_per_stage=flags.N,
      num_reductions=flags.child_num_reductions,
      num_classes=flags.num_classes or 10,  # not known yet
      keep_prob=flags.child_keep_prob,
      drop_path_keep_prob=flags.child_drop_path_keep_prob,
      use_aux_heads=flags.child_use_aux_heads,
      data_format=config_lib.data_format(flags),
    )

  def with_advice(self, flags, error):
    del flags
    return error

  def random_arc(self, flags):
    return self.space(flags).random

  def controller(self, flags):
    """None: there is nothing to sample."""

  def holds_out(self, flags):
    """Whether there are validation images, which then judge."""
    return flags.num_valids > 0

  def read_data(self, flags, log):
    data = super().read_data(flags, log)
    if flags.input_scaling == 'unit':
      data = data._replace(
        mean=np.zeros(3, np.float32), std=np.ones(3, np.float32)
      )
    if flags.subset is not None:
      data = _first(data, flags.subset)
    return data

  def images(self, flags, data):
    kind = graphs.Images if flags.augment else Plain
    return kind(data.mean, data.std, flags.child_img_size)

  def batches(self, flags, data):
    """An epoch of images in memory has each of them once."""
    if data.on_disk:
      return super().batches(flags, data)
    return in_memory.InMemory(data, flags.batch_size, fill=False)

  def run_config(self, flags, data):
    judge = 'valid' if 'valid' in data.labels else 'test'
    return super().run_config(flags, data)._replace(eval_splits=(judge,))

  def child_training(self, flags, num_batches):
    training = super().child_training(flags, num_batches)
    if flags.child_optimizer == 'adam':
      training = training._replace(optimizer=_ADAM)
    if flags.child_lr_schedule == 'cosine':
      schedule = schedules.Cosine(
        flags.child_lr,
        flags.child_lr * flags.child_lr_floor,
        training.num_steps,
        1,
      )
      training = training._replace(schedule=schedule)
    return training

  def experiment(self, flags, *parts):
    del flags
    return Experiment(*parts)


def _first(data, count):
  """The data with the first training images only."""
  images, labels = dict(data.images), dict(data.labels)
  images['train'] = images['train'][:count]
  labels['train'] = labels['train'][:count]
  return data._replace(images=images, labels=labels)
