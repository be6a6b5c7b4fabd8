"""Counts of micro networks against the published ones, and built graphs."""

import numpy as np
import pytest

from src.arc import ArcError, CellsSpace, MicroArc, micro_counts
from src.arc.operations import MACRO_OPERATIONS, MICRO_OPERATIONS

M5 = MicroArc.parse(
  '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 '
  '1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1'
)


def test_parameters_of_the_published_network():
  assert micro_counts.count_parameters(M5, 15, 36) == 3894372


def test_parameters_of_the_smallest_network_by_hand():
  """Three layers, of 2, 4 and 4 filters; cells of one block of identities."""
  arc = MicroArc.parse('0 4 1 4 0 4 1 4')
  stem = 27 * 3 + 2 * 3
  # Layer 0 halves: two calibrations, the base, two halvings.
  first = 2 * (3 * 2 + 4) + (2 * 2 + 4) + 2 * (2 * 2 + 4)
  # Layer 1: the stem's halving, the last output widened, and the same.
  second = (3 * 4 + 8) + (2 * 4 + 8) + (4 * 4 + 8) + 2 * (4 * 4 + 8)
  # Layer 2: the output of layer 0 is halved; the base.
  third = (2 * 4 + 8) + (4 * 4 + 8)
  expected = stem + first + second + third + 4 * 10
  assert micro_counts.count_parameters(arc, 1, 1) == expected


@pytest.mark.parametrize('seed', range(3))
def test_counts_are_those_of_the_built_graph(seed):
  micro_child = pytest.importorskip('src.cifar10.micro_child')
  from src.nn.context import Use
  from src.tf1 import tf

  space = CellsSpace('micro', MICRO_OPERATIONS, 3)
  arc = space.random(np.random.RandomState(seed))
  with tf.Graph().as_default() as graph:
    micro_child.network(
      tf.placeholder(tf.float32, [None, 32, 32, 3]),
      None,
      micro_child.ChildConfig(2, space, 4, fixed_arc=arc),
      Use(),
    )
    parameters = sum(v.shape.num_elements() for v in tf.trainable_variables())
  products = 0
  for op in graph.get_operations():
    if op.type in ('Conv2D', 'DepthwiseConv2dNative'):
      pixels = op.outputs[0].shape[1:3].num_elements()
      kernel = op.inputs[1].shape.as_list()
      # Halving is built as a 2x2 kernel with one weight in four not zero.
      share = 4 if op.type == 'Conv2D' and kernel[0] == 2 else 1
      products += pixels * int(np.prod(kernel)) // share
    elif op.type == 'MatMul':
      products += op.inputs[1].shape.num_elements()
  assert micro_counts.count_parameters(arc, 2, 4) == parameters
  assert micro_counts.count_multiply_adds(arc, 2, 4) == products


def test_what_cannot_be_counted_is_named():
  operations = MACRO_OPERATIONS[:1] + MICRO_OPERATIONS[1:]
  arc = MicroArc.parse('0 0 1 0 0 0 1 0')
  with pytest.raises(ArcError) as caught:
    micro_counts.count_parameters(arc, 3, 4, operations)
  assert str(caught.value) == (
    'operation conv_3x3 is of kind conv, which micro networks do not have'
  )
  with pytest.raises(ArcError, match='num_layers is 0'):
    micro_counts.count_parameters(arc, 0, 4)
