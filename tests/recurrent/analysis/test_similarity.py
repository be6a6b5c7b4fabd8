"""How alike pairs of cells are."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.recurrent.analysis import hidden_state_naive_similarity, similarity
from src.recurrent.analysis.hidden_state_similarity_distribution import distinct

ARCS = [
  RecurrentArc.parse(text)
  for text in ('0 0 1 1 2', '0 0 1 0 2', '1 0 1 1 2', '0 0 1')
]
HIDDEN = np.array([[1.0, 0], [0, 2], [3, 0], [0, 0]])


def test_pairs():
  found = similarity.pairs(ARCS, HIDDEN)
  assert list(zip(found.i, found.j)) == [
    (0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3),
  ]  # fmt: skip
  assert list(found.connections) == [1, 2, 1, 1, 1, 1]
  assert list(found.activations) == [2, 2, 2, 1, 2, 1]
  assert found.edit_distance[1] == 1 and found.edit_distance[2] == 1
  assert found.l2_distance[:2] == pytest.approx([np.sqrt(5), 2])
  assert found.cosine[:3] == pytest.approx([0, 1, 0])
  row = dict(zip(similarity.COLUMNS, found.rows(range(6))[1]))
  assert (row['common_links'], row['l2'], row['abs_ppl_diff']) == (2, 2, 1)


def test_statistics_and_pairs_of_results():
  found = hidden_state_naive_similarity.results(similarity.pairs(ARCS, HIDDEN))
  stats = {
    '%s_%s_%s' % (name, distance, test)
    for name in similarity.ATTRIBUTES
    for distance in similarity.DISTANCES
    for test in ('spearmanr', 'pearsonr')
  } | {name + '_l2_distance_reg' for name in similarity.ATTRIBUTES}
  pairs = {'%d_%d' % (i, j) for j in range(4) for i in range(j)}
  assert set(found) == stats | pairs
  assert found['0_2']['l2_distance'] == 2
  links = [found[pair]['connections'] for pair in sorted(pairs)]
  distances = [found[pair]['l2_distance'] for pair in sorted(pairs)]
  slope = np.polyfit(links, distances, 1)[0]
  line = found['connections_l2_distance_reg']
  assert line['slope'] == pytest.approx(slope)


def test_distinct_distances():
  distances = np.array([0.3, 0.1, 0.1000001, 0.2, 0.5, 0.6, 0.7])
  order = np.argsort(distances)
  assert distinct(distances, order) == [1, 3, 0, 4, 5]
