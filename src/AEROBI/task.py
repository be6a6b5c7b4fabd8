"""Multi-label searches and trainings on CODEBRIM.

Networks and controllers are those of `src.cifar10`, with a sigmoid head, batch
normalisation's epsilon 1e-4 and a controller of two LSTM layers. Source:
`src/AEROBI` of the CODEBRIM fork of melodyguan/enas.
"""

import sys

from src.AEROBI import codebrim, on_disk, pipeline, unreadable
from src.AEROBI import flags as flag_table
from src.AEROBI.crops import Crops
from src.arc import MacroArc
from src.cifar10 import image_ops
from src.cifar10.image_task import DERIVE_PURPOSE, ImageTask
from src.images.data import Data
from src.run.errors import UsageError
from src.tf1 import VERSION

BN_EPSILON = 1e-4
LSTM_LAYERS = 2
NUM_CLASSES = len(codebrim.CLASSES)


class Aerobi(ImageTask):
  """Any of six labels an image; images are read from disk."""

  name = 'AEROBI'
  flag_table = flag_table

  def check(self, flags):
    super().check(flags)
    if flags.rl_split and flags.rl_split < flags.batch_size:
      raise UsageError(
        '--rl_split=%d: expected 0, or at least one batch of %d'
        % (flags.rl_split, flags.batch_size)
      )
    if flags.eval_windows > 1 and flags.eval_protocol == 'reference':
      raise UsageError(
        '--eval_windows=%d: the reference looks at one random window of an '
        'image; leave out --eval_protocol=reference' % flags.eval_windows
      )

  def child(self, flags):
    return (
      super()
      .child(flags)
      ._replace(num_classes=NUM_CLASSES, bn_epsilon=BN_EPSILON)
    )

  def image_size(self, flags):
    return flags.child_img_size

  def controller(self, flags):
    config = super().controller(flags)
    return config and config._replace(lstm_num_layers=LSTM_LAYERS)

  def multi_label(self, flags):
    del flags
    return True

  def run_config(self, flags, data):
    return (
      super()
      .run_config(flags, data)
      ._replace(eval_splits=('valid', 'test'), first_epoch=0)
    )

  def read_data(self, flags, log):
    """codebrim.Codebrim."""
    data = codebrim.read(flags.data_path, log)
    if data.short_side is not None and flags.child_img_size > data.short_side:
      raise UsageError(
        '--child_img_size=%d: the images in %s were reduced to a short side '
        'of %d: give --child_img_size=%d or less, or prepare them with '
        '--short_side=%d'
        % (
          flags.child_img_size,
          flags.data_path,
          data.short_side,
          data.short_side,
          flags.child_img_size,
        )
      )
    data = unreadable.refuse_or_skip(
      data, flags.skip_unreadable_images, flags.loader_threads, log
    )
    count = len(data.train.paths)
    if flags.rl_split and flags.rl_split + flags.batch_size > count:
      raise UsageError(
        '--rl_split=%d: of %d training images a batch of %d has to be left: '
        'give %d or less'
        % (flags.rl_split, count, flags.batch_size, count - flags.batch_size)
      )
    if flags.child_fixed_arc is None:
      self.check_derive_split(flags, len(data.val.paths))
    return data

  def examples(self, network, data_path, split, batch_size, threads, skip):
    """See `Cifar10.examples`."""
    data = codebrim.read(data_path)
    name = on_disk.NAMES[split]
    if data.short_side is not None and data.short_side < network.size:
      raise UsageError(
        'the network looks at %d pixels, but the images in %s were reduced to '
        'a short side of %d: give those that python -m src.AEROBI.prepare '
        'makes with --short_side=%d or without it'
        % (network.size, data_path, data.short_side, network.size)
      )
    data = unreadable.refuse_or_skip(data, skip, threads, names=[name])
    reader = pipeline.evaluation(
      getattr(data, name), batch_size, network.size, threads=threads
    )
    return reader, data.train.labels, data.synthetic

  def tell(self, line):
    """Says on stderr that results are of some images, or of made-up ones."""
    if line.startswith(('skipped ', 'SYNTHETIC ')):
      print(line, file=sys.stderr)

  def classes(self, data):
    """Names of the labels, a list of str; no data are needed."""
    del data
    return list(codebrim.CLASSES)

  def known(self, prefix):
    """See `ImageTask`; there is nothing that a run must remember."""
    del prefix
    return Data({}, {}, None, None, list(codebrim.CLASSES))

  def decode(self, flags, strings):
    size = self.image_size(flags)
    return image_ops.decode(strings, size, smooth=False)

  def images(self, flags, data):
    del data
    return Crops(flags.child_img_size, flags.input_scaling, flags.eval_windows)

  def batches(self, flags, data):
    reward = derive = None
    if flags.rl_split:
      data, reward = on_disk.held_out(
        data, 'train', flags.rl_split, flags.seed,
        'training images held out for rewards',
      )  # fmt: skip
    if flags.derive_split and flags.child_fixed_arc is None:
      data, derive = on_disk.held_out(
        data, 'valid', flags.derive_split, flags.seed, DERIVE_PURPOSE
      )
    return on_disk.OnDisk(
      data,
      flags.batch_size,
      flags.child_img_size,
      flags.seed,
      flags.eval_protocol,
      flags.eval_windows,
      flags.loader_threads,
      reward,
      derive,
    )

  def build(self, flags, data, worker=None):
    experiment, values, lines = super().build(flags, data, worker)
    lines = _notes(flags, self.child(flags)) + lines
    return experiment, values, lines + ['TensorFlow version:  ' + VERSION]


def _notes(flags, child):
  """Lines for what the log should say of a fixed network."""
  arc = child.fixed_arc
  if not isinstance(arc, MacroArc) or flags.child_fixed_separable:
    return []
  operations = arc.layer_operations(child.space.actions)
  separable = [
    str(layer)
    for layer, operation in enumerate(operations)
    if operation.kind == 'separable'
  ]
  return separable and [
    'layers %s: separable convolutions are built as plain ones, as upstream; '
    '--child_fixed_separable builds them as such' % ', '.join(separable)
  ]
