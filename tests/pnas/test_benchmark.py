"""The benchmark of predictors: its cells, and one level of what it asks for."""

import numpy as np

from benchmarks import pnas_predictor


def test_the_published_cells():
  levels = pnas_predictor.read()
  assert [len(cells) for cells, _ in levels] == [36, 64, 64, 64, 64]
  assert [cells.shape[1:] for cells, _ in levels] == [
    (b, 4) for b in (1, 2, 3, 4, 5)
  ]
  # The means and maxima by level that the project itself published.
  assert ['%.4f' % accuracies.mean() for _, accuracies in levels] == [
    '0.4333', '0.5466', '0.5506', '0.5181', '0.5256'
  ]  # fmt: skip
  assert ['%.4f' % accuracies.max() for _, accuracies in levels] == [
    '0.6428', '0.6476', '0.6357', '0.6251', '0.6302'
  ]  # fmt: skip
  cells = np.concatenate([cells.reshape([-1, 4]) for cells, _ in levels])
  assert not cells[:, ::2].any() and cells[:, 1::2].max() == 5


def test_what_the_papers_perceptron_finds_after_one_level():
  entrant = pnas_predictor.ENTRANTS['mlp']._replace(levels=1)
  rows, spread, (spelt, networks, conv) = pnas_predictor.ranked(
    entrant, pnas_predictor.read(), 0
  )
  ((fitted, following),) = rows
  assert fitted > 0.9 and following >= entrant.least[0]
  assert 0.001 < spread < 0.1
  assert spelt >= 8 and spelt > networks > 2 and conv


def test_the_largest_level():
  cells = pnas_predictor.largest_level()
  assert cells.shape == (256 * 1176, 5, 4)
  assert len(np.unique(cells[:1176, 4], axis=0)) == 1176
  assert (cells[:, :, ::2].max(), cells[:, :, 1::2].max()) == (5, 7)
