"""Measures of recurrent cells."""

import numpy as np
import pytest

from src.arc import Dag, RecurrentArc
from src.arc.capacity import (
  MEASURES,
  canonical_id,
  measured,
  n_cell_params,
  n_paths,
)
from src.arc.dag_space import chain, tree
from src.arc.edits import with_edge, without_node
from tests.arc.published_cells import CELLS

NAMES = (
  'n_leaves', 'n_paths', 'depth', 'mean_leaf_depth', 'nonlinear_depth',
  'activation_entropy', 'state_depth'
)  # fmt: skip


def of_links(links):
  return RecurrentArc(links, ['tanh'] * (len(links) + 1))


@pytest.mark.parametrize(
  'arc, values',
  [
    (RecurrentArc.parse(CELLS[0]), (6, 6, 6, 4.3333, 7, 0.6792, 6)),
    (RecurrentArc.parse(CELLS[3]), (6, 6, 4, 2.1667, 5, 0.8240, 1)),
    (of_links(chain(12)), (1, 1, 11, 11, 12, 0, 11)),
    (of_links(tree(12)), (6, 6, 3, 2.8333, 4, 0, 3)),
    (of_links([0] * 11), (11, 11, 1, 1, 2, 0, 1)),
  ],
  ids=['paper', 'epoch 27', 'chain', 'tree', 'star'],
)
def test_measures_of_published_cells(arc, values):
  found = measured(arc)
  assert [found[name] for name in NAMES] == pytest.approx(values, abs=5e-5)
  assert measured(Dag.of(arc)) == found
  assert found['n_nodes'] == 12
  assert found['n_distinct_activations'] == len(set(arc.activations))
  # Two matrices of each edge, four and two biases of node 0.
  assert found['n_cell_params'] == 22 * 1000**2 + 4 * 1000**2 + 2 * 1000
  assert list(found) == list(MEASURES) + ['canonical_id']
  for name, measure in MEASURES.items():
    assert measure(arc) == found[name]


def test_sizes():
  arc = RecurrentArc.parse('0 0 1')
  assert n_cell_params(arc, 3) == 2 * (9 + 3 + 9) + 2 * 9
  assert n_cell_params(arc, 3, 5) == 2 * (15 + 3 + 9) + 2 * 9
  assert measured(arc, hidden=3)['n_cell_params'] == n_cell_params(arc, 3)


def test_identity_bends_nothing():
  arc = RecurrentArc.parse('2 0 0 1 2 0 2')
  assert MEASURES['nonlinear_depth'](arc) == 1
  assert MEASURES['nonlinear_depth'](RecurrentArc.parse('2 0 2')) == 0


def test_paths_through_several_parents():
  dag = Dag.of(of_links(chain(6)))
  for source, target in ((0, 2), (2, 4)):
    dag = with_edge(dag, source, target)
  assert n_paths(dag) == 4
  found = measured(with_edge(dag, 0, 5))
  assert (found['n_paths'], found['depth'], found['n_leaves']) == (5, 5, 1)
  assert found['n_cell_params'] == (2 * 8 + 4) * 1000**2 + 2 * 1000


def test_what_is_missing_does_not_count():
  found = measured(without_node(of_links(chain(4)), 1))
  assert found == measured(of_links(chain(3)))


def test_the_three_spellings_of_the_paper_are_one_cell():
  ids = [canonical_id(RecurrentArc.parse(text)) for text in CELLS]
  assert ids[0] == ids[1] == ids[2] != ids[3]
  assert len(ids[0]) == 12 and int(ids[0], 16)
  # It tells cells apart as the form of trees does.
  draw = np.random.RandomState(2)
  arcs = [RecurrentArc.random(5, draw) for _ in range(300)]
  forms = [arc.canonical(state_last=True) for arc in arcs]
  assert len(set(forms)) == len({canonical_id(arc) for arc in arcs})
  assert len(set(zip(forms, map(canonical_id, arcs)))) == len(set(forms))
