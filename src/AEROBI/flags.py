"""All flags of `src.AEROBI.main`: those of the image searches, and its own."""

from src.cifar10 import flags as image_flags
from src.run import flags as flags_lib
from src.run import ranges
from src.run.flags import Flag

_NOT_HERE = (
  'download', 'num_valids', 'num_classes', 'multi_label', 'split_fraction',
  'split_seed', 'decoded_mb',
)  # fmt: skip

_MORE = {
  'Data': [
    Flag(
      'data_path',
      'str',
      '',
      'folder of CODEBRIM with train, val, test and metadata',
      needed='the folder of the data set',
      may_change=True,
      inherited=True,
    ),
    Flag(
      'child_img_size',
      'int',
      224,
      'side in pixels of the windows that networks see; short sides of images '
      'are resized to it',
      ranges.at_least(image_flags.SMALLEST),
    ),
    Flag(
      'input_scaling',
      ('raw', 'unit', 'standardize'),
      'raw',
      'what networks are given: values from 0 to 255 as upstream, from 0 to '
      '1, or each image with mean 0 and variance 1',
    ),
    Flag(
      'rl_split',
      'int',
      0,
      "training images held out for the controller's rewards; 0: they are of "
      'the validation images, as upstream, by which the best checkpoint is '
      'chosen too',
    ),
  ],
  'Training': [
    Flag(
      'eval_protocol',
      ('exact', 'reference'),
      'exact',
      'exact: each image once, its middle; reference: as upstream, random '
      'windows from an endless queue, which counts some images twice and '
      'others not at all',
    ),
    Flag(
      'eval_windows',
      'int',
      1,
      'windows along the long side of each image whose mean logits are '
      'scored, with eval_protocol=exact',
      ranges.AT_LEAST_ONE,
    ),
  ],
}

GROUPS = flags_lib.changed(image_flags.GROUPS, _NOT_HERE, _MORE)

# Flags that upstream defines, or its scripts pass, and nothing there reads.
WITHOUT_EFFECT = image_flags.WITHOUT_EFFECT
