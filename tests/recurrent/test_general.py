"""Cells of any graph against slow numpy, and against the way of searches."""

import numpy as np
import pytest

from src.arc import RecurrentArc, edits
from src.arc.dag import Dag
from src.arc.dag_space import DagSpace
from src.recurrent import child, general, in_use
from src.tf1 import tf
from tests import graph_helpers
from tests.recurrent import slow_child
from tests.recurrent.test_child import reference_weights

_ROWS = [
  ('0 0 0 1 0 2 0', 1, '.037577 .200863 -.048221'),
  ('0 0 0 1 0 2 0', 2, '.029308 .034606 -.078638'),
]


@pytest.mark.parametrize('all_nodes', [False, True])
@pytest.mark.parametrize('last', [False, True])
@pytest.mark.parametrize('weights', child.EDGE_WEIGHTS)
def test_trees_are_the_same_both_ways(weights, last, all_nodes):
  """Of 50 random cells; and a smaller one than the largest."""
  draw, space = np.random.RandomState(0), DagSpace(6, 3)
  config = child.ChildConfig(
    7, space, 4, 4, edge_weights=weights, last_node=last,
    all_nodes=all_nodes, init_range=0.9, state_bound=1.0,
  )  # fmt: skip
  tokens = tf.placeholder(tf.int32, [len(space.decisions)])
  plain = in_use.infer(config, child.weights(config, tokens), 'plain')
  any_cell = general.build(config)
  ids, targets = draw.randint(7, size=[2, 3, 5])
  with graph_helpers.loaded_session() as session:
    for _ in range(50 if weights == 'per_edge' and last else 5):
      arc = space.random(draw)
      found = session.run(
        [plain.loss, plain.final],
        {plain.inputs: ids, plain.targets: targets, tokens: space.tokens(arc)},
      )
      feeds = any_cell.feeds(Dag.of(arc))
      infer = any_cell.infer
      feeds.update({infer.inputs: ids, infer.targets: targets})
      other = session.run([infer.loss, infer.final], feeds)
      for one, two in zip(found, other):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-5)


def _step(dag, size=4):
  """Output of a step with the published weights, and slow numpy's."""
  config = child.ChildConfig(2, DagSpace(size), 3, 3, batch_norm=False)
  built = general.build(config)
  infer = built.infer
  state = np.array([[0.1, 0.2, -0.3]])
  values = {'child/' + k: v for k, v in reference_weights().items()}
  feeds = built.feeds(dag)
  feeds.update({infer.inputs: [[0]], infer.state: state})
  with graph_helpers.loaded_session(values) as session:
    found = session.run(infer.final, feeds)
  nodes = slow_child.nodes(
    reference_weights(), np.array([[0.5, -1, 2]]), state,
    {n: dag.parents[n] for n in dag.nodes if n}, dag.activations,
  )  # fmt: skip
  return found, nodes[size - 1]


@pytest.mark.parametrize(('text', 'node', 'expected'), _ROWS)
def test_a_chain_without_a_node(text, node, expected):
  dag = edits.without_node(RecurrentArc.parse(text), node)
  found, slow = _step(dag)
  np.testing.assert_allclose(found[0], slow[0], rtol=0, atol=1e-6)
  expected = np.array(expected.split(), float)
  np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-5)


def test_a_second_parent_counts_as_much_as_the_first():
  chain = RecurrentArc.parse('0 0 0 1 0 2 0')
  dag = edits.with_edge(chain, 0, 2)
  assert dag.parents[2] == (0, 1)
  found, slow = _step(dag)
  np.testing.assert_allclose(found, slow, rtol=0, atol=1e-6)
  plain, _ = _step(Dag.of(chain))
  assert np.abs(found - plain).max() > 1e-3
