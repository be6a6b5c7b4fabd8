"""The image task of `src.cifar10.main`: CIFAR, or images of one's own."""

from src.cifar10 import (
  data_utils,
  download,
  graphs,
  layout,
  official,
)
from src.cifar10 import flags as flag_table
from src.cifar10.image_task import DERIVE_PURPOSE, ImageTask
from src.images import from_disk, in_memory, own
from src.run import (
  checkpoints,
  folders,
)
from src.run import flags as flags_lib
from src.run.errors import UsageError


class Cifar10(ImageTask):
  """CIFAR, or images of one's own."""

  name = 'cifar10'
  flag_table = flag_table
  of_data = ('num_classes',)

  def check(self, flags):
    super().check(flags)
    if flags.child_fixed_arc is None and flags.num_valids < 1:
      raise UsageError(
        '--num_valids=%d: a search needs validation images' % flags.num_valids
      )

  def child(self, flags):
    config = super().child(flags)
    if flags.num_classes is not None:  # else it is not known yet
      config = config._replace(num_classes=flags.num_classes)
    return config

  def record(self, flags, data=None):
    found = super().record(flags, data)
    if data is None:
      return found
    mean, std = (list(map(float, values)) for values in (data.mean, data.std))
    return found._replace(network=found.network._replace(mean=mean, std=std))

  def multi_label(self, flags):
    return flags.multi_label

  def holds_out(self, flags):
    """Whether training images are kept for validation: searches do."""
    return flags.child_fixed_arc is None

  def image_size(self, flags):
    return flags.child_img_size

  def read_data(self, flags, log):
    """data.Data; sets the flag num_classes to what there is."""
    if flags.download:
      archive = official.BINARY
      if flags.num_classes in (20, 100):
        archive = official.BINARY_100
      download.download(flags.data_path, archive=archive)
    found = layout.find(flags.data_path)
    searches = self.holds_out(flags)
    if isinstance(found, layout.Own):
      data = self._read_own(flags, found, searches, log)
    else:
      _refuse_for_batches(flags)
      data = data_utils.read_data(
        found, flags.num_valids if searches else 0, flags.num_classes, log
      )
    if flags.derive_split and searches:
      self.check_derive_split(flags, len(data.labels.get('valid', ())))
      data = data.with_part(
        'derive', 'valid', flags.derive_split, flags.seed, DERIVE_PURPOSE
      )
    if flags.mode == 'eval' and flags.eval_split not in data.labels:
      raise UsageError(
        '--eval_split=%s: a fixed network is trained on all images but '
        'those of the test set: use --eval_split=test' % flags.eval_split
      )
    flags.num_classes = len(data.classes)
    return data

  def examples(self, network, data_path, split, batch_size, threads, skip):
    """What a trained network is scored on.

    Args:
      network: `src.use.trained` Trained.
      data_path: str, see the flag.
      split: 'train', 'valid' or 'test'.
      batch_size: int, without effect here.
      threads: int, images decoded at a time.
      skip: bool, whether to leave out damaged images.

    Returns:
      (reader of an evaluation, labels of the training images, whether the
      images are made up)
    """
    del batch_size
    flags, _ = flags_lib.parse(self.flag_table.GROUPS, ['score'])
    vars(flags).update(
      network.flags,
      mode='train',
      download=False,
      data_path=data_path,
      child_fixed_arc='0',
      child_img_size=network.size,
      num_classes=len(network.names),
      multi_label=not network.one_label,
      loader_threads=threads,
      skip_unreadable_images=skip,
    )
    data = self.read_data(flags, print)
    if split not in data.labels:
      raise UsageError(
        '--split=%s: %s has none; there are %s'
        % (split, data_path, ' and '.join(sorted(data.labels)))
      )
    if data.classes != network.names:
      raise UsageError(
        'the classes of %s are %s, those of the network %s'
        % (data_path, ', '.join(data.classes), ', '.join(network.names))
      )
    reader = self.batches(flags, data).evaluation(split)
    return reader, data.labels['train'], False

  def _read_own(self, flags, found, searches, log):
    listed = found.list(found.path, flags.multi_label)
    if flags.num_classes not in (None, len(listed.classes)):
      raise UsageError(
        '--num_classes=%d: %s has %d classes (%s): leave it out'
        % (
          flags.num_classes,
          flags.data_path,
          len(listed.classes),
          folders.shortened(listed.classes),
        )
      )
    known, only = self._wanted(flags)
    data = own.read(listed, _options(flags), searches, log, only=only)
    if known is not None:
      data = data._replace(mean=known.mean, std=known.std)
    return data

  def _wanted(self, flags):
    """(Data without images, the one split to read); (None, None) for all."""
    if flags.mode not in ('eval', 'derive'):
      return None, None
    known = self.known(checkpoints.locate(flags.checkpoint_path).prefix)
    test = flags.mode == 'eval' and flags.eval_split == 'test'
    return known, known and ('test' if test else 'valid')

  def classes(self, data):
    """Names of the labels, a list of str."""
    return data.classes

  def run_config(self, flags, data):
    config = super().run_config(flags, data)
    if 'valid' in data.labels:
      config = config._replace(eval_splits=('valid', 'test'))
    return config

  def images(self, flags, data):
    return graphs.Images(data.mean, data.std, flags.child_img_size)

  def batches(self, flags, data):
    if data.on_disk:
      return from_disk.FromDisk(
        data, flags.batch_size, flags.child_img_size, flags.loader_threads
      )
    return in_memory.InMemory(data, flags.batch_size)


def _options(flags):
  return own.Options(
    flags.child_img_size,
    flags.split_fraction,
    flags.split_seed,
    flags.loader_threads,
    flags.decoded_mb << 20,
    flags.skip_unreadable_images,
  )


def _refuse_for_batches(flags):
  """Raises UsageError for flags that only images of one's own have."""
  if flags.child_img_size != 32:
    raise UsageError(
      '--child_img_size=%d: batches hold images of 32' % flags.child_img_size
    )
  if flags.multi_label:
    raise UsageError(
      '--multi_label: an image of the batches has one label; a CSV or an .npz '
      'file gives several'
    )
