"""Networks with another number of reductions: built, counted, refused."""

import pytest

from src.arc import describe
from src.cifar10 import flags as flag_table
from src.cifar10.task import Cifar10
from src.nn.context import Use
from src.run.errors import UsageError
from src.tf1 import tf
from tests import flag_tables

MACRO = '--search_for=macro --child_num_layers=4 --child_out_filters=4'
MICRO = (
  '--search_for=micro --child_num_layers=3 --child_out_filters=4 '
  '--child_num_cells=2 --child_num_branches=5'
)
CELLS = '0 0 1 4 1 2 1 3 1 4 0 0 0 1 1 2'


def _flags(*words):
  needed = '--data_path=data --output_dir=run'
  return flag_tables.parse(flag_table, needed, *words)


@pytest.mark.parametrize('reductions', [1, 3])
@pytest.mark.parametrize(
  'words',
  [
    MACRO + " --child_fixed_arc='3 1 0 2 0 1 1 1 0 0'",
    MICRO + " --child_fixed_arc='%s'" % CELLS,
  ],
  ids=['macro', 'micro'],
)
def test_built_as_counted(words, reductions):
  flags = _flags(words, '--child_num_reductions=%d' % reductions)
  task = Cifar10()
  child = task.child(flags)
  with tf.Graph().as_default():
    images = tf.zeros([1, 32, 32, 3])
    child.build(images, None, Use())
    built = sum(v.shape.num_elements() for v in tf.trainable_variables())
    sizes = {
      op.outputs[0].shape[1].value
      for op in tf.get_default_graph().get_operations()
      if op.type == 'Conv2D'
    }
  network = task.record(flags).network
  counted, _ = describe.counted(child.fixed_arc, network, 'final')
  assert built == counted
  assert min(sizes) == 32 >> reductions
  halved = describe.summary(child.fixed_arc, network)
  assert reductions != 1 or 'macro' not in words or halved.endswith('layers 1')


@pytest.mark.parametrize(
  'words, message',
  [
    (MACRO + ' --child_num_reductions=4', 'room for less, expected under 4'),
    (MICRO + ' --child_num_reductions=5', '32x32 are too small for it'),
    (
      MICRO + ' --child_num_reductions=4 --child_use_aux_heads',
      'the auxiliary head of a micro network needs at least 65',
    ),
  ],
)
def test_too_many(words, message):
  with pytest.raises(UsageError, match=message):
    Cifar10().check(_flags(words))
