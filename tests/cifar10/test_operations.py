"""One's own operation: searched, fixed, counted, drawn; shared by actions."""

import re

import numpy as np
import pytest

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  CellsSpace,
  MacroSpace,
  Operation,
  arc_svg,
  count_multiply_adds,
  count_parameters,
  count_search_parameters,
)
from src.arc.counts import COSTS, Cost, Place
from src.cifar10 import general_child, micro_child
from src.cifar10.operations import BUILDERS
from src.nn import context as contexts
from src.nn import lazy, random_ops, variables
from src.tf1 import tf
from tests import graph_helpers
from tests.cifar10 import tiny

FILTERS, SIZE = 4, 8

# All that an operation is: its row, its function, its cost.
NOISE = Operation('noise', 'noisy scale', 'noise', params=(('sigma', 2.0),))


def _noise(operation, context, value):
  """A weight per channel, and multiplicative noise in training."""
  shape = [context.filters]
  scale = lazy.read(variables.create('noise_scale', shape, variables.ones))
  if context.use.noise:
    drawn = random_ops.uniform(tf.shape(value), context.key('noise'))
    value += operation.param('sigma') * tf.stop_gradient(value) * drawn
  return context.fmt.scale_channels(value, scale)


OWN = dict(BUILDERS, noise=_noise)
OWN_COSTS = dict(COSTS, noise=lambda operation, place: Cost(place.filters, 0))
# A list of one's own, with twenty actions for the noise; no prefix of any.
SPACE = MacroSpace(
  'own', [MACRO_OPERATIONS[2], NOISE, MACRO_OPERATIONS[5]], 3,
  [0] + [1] * 20 + [2],
)  # fmt: skip


def _child(space, training, fixed=None):
  """(session, images, arc, key, logits) on an open session."""
  config = general_child.ChildConfig(
    space, FILTERS, fixed_arc=fixed, builders=OWN
  )
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3])
    arc = tf.placeholder(tf.int32, [space.num_tokens])
    draw = tf.placeholder_with_default(3, [])
    use = contexts.training if training else config.evaluation
    use = use(lambda purpose: random_ops.key(1, purpose, draw))
    logits = general_child.logits(images, arc, config, use)
    trained = tf.trainable_variables()
    gradients = tf.gradients(logits[:1], trained) if training else None
    session = tiny.open_session(graph)
  tiny.randomize(session, np.random.RandomState(5))
  feeds = {images: np.random.RandomState(3).normal(size=[4, SIZE, SIZE, 3])}
  return session, feeds, arc, draw, logits, trained, gradients


def test_searched_and_fixed():
  session, feeds, arc, draw, logits, trained, gradients = _child(SPACE, True)
  names = [variable.op.name for variable in trained]
  # Twenty actions have one set of weights in each layer.
  assert len([name for name in names if name.endswith('noise_scale')]) == 3
  assert {name.split('/')[2] for name in names if 'branch' in name} == {
    'branch_0', 'branch_1', 'branch_2'
  }  # fmt: skip

  def run(fetches, text, number=3):
    fed = {arc: SPACE.parse(text).tokens, draw: number}
    return session.run(fetches, {**feeds, **fed})

  first = run(logits, '1 20 0 0 1 1')
  np.testing.assert_array_equal(run(logits, '7 2 0 0 1 1'), first)
  assert np.abs(run(logits, '7 2 0 0 1 1', 4) - first).max() > 1e-3
  assert np.abs(run(logits, '21 2 0 0 1 1') - first).max() > 1e-3
  # Only what was selected has a gradient, and only it runs.
  found = dict(zip(names, run(gradients, '9 0 0 21 0 0')))
  for layer, branch in enumerate((1, 0, 2)):
    for number in range(3):
      scope = 'child/layer_%d/branch_%d/' % (layer, number)
      of_branch = [found[name] for name in names if name.startswith(scope)]
      assert any(g.any() for g in of_branch) == (number == branch), scope
  fed = {**feeds, arc: SPACE.parse('0 0 0 0 0 0').tokens}
  ran = graph_helpers.executed(session, logits, fed)
  drawn = re.compile(r'child/(\w+)/branch_1/.*StatelessRandomUniform(V2)?$')
  assert not any(map(drawn.match, ran))
  fed[arc] = SPACE.parse('0 5 0 0 0 0').tokens
  ran = graph_helpers.executed(session, logits, fed)
  found = filter(None, map(drawn.match, ran))
  assert {match.group(1) for match in found} == {'layer_1'}

  fixed = SPACE.parse('3 0 1 20 0 1')
  session, feeds, _, _, logits, trained, _ = _child(SPACE, False, fixed)
  counted = sum(variable.shape.num_elements() for variable in trained)
  assert counted == count_parameters(
    fixed, FILTERS, operations=SPACE.actions, costs=OWN_COSTS
  )
  assert np.abs(session.run(logits, feeds)).max() > 0


def test_counted_and_drawn():
  arc = SPACE.parse('3 0 1 20 0 1')
  shown = {'operations': SPACE.actions, 'costs': OWN_COSTS}
  twins = SPACE.parse('0 0 1 0 0 1')
  one = COSTS['conv'](MACRO_OPERATIONS[2], Place('search', FILTERS, SIZE))
  for layers, other in ((2, twins), (0, arc)):
    found = count_parameters(other, FILTERS, 'search', **shown)
    assert found - count_parameters(arc, FILTERS, 'search', **shown) == (
      layers * (one.parameters - FILTERS)
    )
  assert count_multiply_adds(arc, FILTERS, **shown) < (
    count_multiply_adds(twins, FILTERS, **shown)
  )
  # The model has it once a layer, whatever the number of its actions.
  plain = SPACE._replace(operations=SPACE.operations[::2])
  assert count_search_parameters(SPACE, FILTERS, costs=OWN_COSTS) == (
    count_search_parameters(plain, FILTERS) + 3 * FILTERS
  )
  with pytest.raises(ArcError, match="operation noise: cannot count kind 'no"):
    count_parameters(arc, FILTERS, operations=SPACE.actions)
  drawing = arc_svg(arc, operations=SPACE.actions)
  assert drawing.count('>noisy scale<') == 2


@pytest.mark.parametrize('skip_from', ['stem', 'layer'])
def test_actions_that_share_an_operation_cost_no_nodes(skip_from):
  sizes = []
  for shares in (None, list(range(3)) * 22):
    space = MacroSpace(
      'm', MACRO_OPERATIONS[3:], 2, shares, skip_from=skip_from
    )
    session, feeds, arc, _, logits, _, _ = _child(space, True)
    sizes.append(len(session.graph.get_operations()))
    texts = ('0 2 1', '0 2 0') if shares is None else ('63 65 1', '33 5 0')
    found = [
      session.run(logits, {**feeds, arc: space.parse(text).tokens})
      for text in texts
    ]
    if shares is None:
      expected = found
  np.testing.assert_array_equal(found, expected)
  assert np.abs(found[0] - found[1]).max() > 1e-3
  # A lookup of a layer's operation: the table, its axis, the rest.
  assert sizes[1] - sizes[0] <= 4 * 2


def test_what_nothing_builds():
  layer = MacroSpace('m', [NOISE], 1)
  cells = CellsSpace('c', MACRO_OPERATIONS[:1], 1)
  for config, space, message in (
    (
      general_child.ChildConfig(layer, FILTERS),
      layer,
      "operation noise: nothing builds kind 'noise', expected conv, separable",
    ),
    (
      micro_child.ChildConfig(1, cells, FILTERS),
      cells,
      "operation conv_3x3: kind 'conv' is not built in a cell search network",
    ),
  ):
    with tf.Graph().as_default(), pytest.raises(ArcError, match=message):
      config.build(
        tf.placeholder(tf.float32, [None, SIZE, SIZE, 3]),
        tf.placeholder(tf.int32, [space.num_tokens]),
        contexts.training(lambda purpose: tf.constant([1, 2])),
      )
