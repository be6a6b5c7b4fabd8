"""How predictors of cells rank 292 published ones, and how fast they score.

  python -m benchmarks.pnas_predictor [--seeds=3] [--predictors mlp lstm]
    [--explore=0.1]
  python -m benchmarks.pnas_predictor --speed [--members=5]

Each is fitted to the cells of the levels 1 to b and ranks those of b + 1, which
it has not seen; Spearman's correlation, means over seeds. The cells are in
`pnas_cells.txt`. With --speed, it scores as many cells of five blocks as the
largest level of the paper's search has, 256 x 1176.
"""

import argparse
import os
import resource
import time
import typing

import numpy as np

from src.arc import PNAS_SEED_OPERATIONS, PnasSpace
from src.pnas import explore, recipes, space
from src.pnas.predictor import Predictor
from src.view import compare

PAIRS = os.path.join(os.path.dirname(__file__), 'pnas_cells.txt')
NUM_OPS = 6
SPACE = PnasSpace('flat', PNAS_SEED_OPERATIONS[:NUM_OPS], 5, 0, 0, cell='flat')
CONV = 3  # of 1x7-7x1
KEPT = 64
_MLP, _LSTM = recipes.MLP, recipes.LSTM
_SYMMETRIC = _MLP.network._replace(symmetric=True)


class Entrant(typing.NamedTuple):
  """A predictor that is tried.

  Attributes:
    recipe: Recipe.
    least: what it has to reach on the levels 2, 3, ...
    levels: int, the most blocks that it is fitted to.
    spare: int, rows of its tables that no cell reads.
    beside: Recipe of a second predictor; their mean is the score. Or None.
  """

  recipe: typing.Any
  least: tuple = ()
  levels: int = 4
  spare: int = 0
  beside: typing.Any = None


ENTRANTS = {
  'mlp': Entrant(_MLP, (0.75, 0.65, 0.58, 0.58)),
  'lstm': Entrant(_LSTM, (0.65, 0.60, 0.60, 0.58)),
  'reference': Entrant(recipes.reference(cells=100), (0.62,), 1, 1),
  'mlp-alone': Entrant(_MLP._replace(members=1)),
  'lstm-alone': Entrant(_LSTM._replace(members=1)),
  'mlp-symmetric': Entrant(_MLP._replace(network=_SYMMETRIC)),
  'mlp-batches': Entrant(_MLP._replace(batch_size=32, epochs=20)),
  'mlp+lstm': Entrant(_MLP, beside=_LSTM),
  'mlp-symmetric+lstm': Entrant(
    _MLP._replace(network=_SYMMETRIC), beside=_LSTM
  ),
  'lstm-swap': Entrant(_LSTM._replace(swap=True)),
}


def read(path=PAIRS):
  """The published cells.

  Args:
    path: str, a file as `pnas_cells.txt` says of itself.

  Returns:
    list of (int32 [n, b, 4], float32 [n]), one for each number of blocks.
  """
  levels = {}
  with open(path, encoding='utf-8', errors='strict') as file:
    lines = [line for line in file if not line.startswith('#')]
  for pair in ' '.join(lines).split():
    digits, accuracy = pair.split('=')
    ops = np.array(list(map(int, digits))).reshape([-1, 2])
    cell = np.stack([0 * ops, ops], -1).reshape([-1, 4])
    levels.setdefault(len(cell), []).append((cell, int(accuracy) / 1e4))
  return [
    (
      np.array([c for c, _ in found], np.int32),
      np.float32([a for _, a in found]),
    )
    for _, found in sorted(levels.items())
  ]


def diversity(predictor, cells, share=0.0):
  """What the 64 cells that are kept of the second level are.

  Args:
    predictor: Predictor, fitted to the first level.
    cells: int32 array [n, 1, 4], that level.
    share: float, see `explore.chosen`.

  Returns:
    (int, new blocks as they are spelt; int, those that differ by more than the
    order of their branches; bool, whether four times 1x7-7x1 is among them)
  """
  candidates = space.expanded(SPACE, cells, dedup=False)
  scores = predictor.predict(candidates)
  chosen = candidates[explore.chosen(candidates, scores, KEPT, share)]
  blocks = {tuple(cell[-1, 1::2]) for cell in chosen}
  networks = {tuple(sorted(block)) for block in blocks}
  conv = (chosen[:, :, 1::2] == CONV).all((1, 2)).any()
  return len(blocks), len(networks), bool(conv)


class _Several:
  """Predictors whose mean is the score."""

  def __init__(self, entrant, num_inputs, seed):
    sizes = num_inputs + entrant.spare, NUM_OPS + entrant.spare
    self._all = [
      Predictor(recipe, *sizes, seed=seed)
      for recipe in (entrant.recipe, entrant.beside)
      if recipe is not None
    ]

  def fit(self, levels):
    for predictor in self._all:
      predictor.fit(levels)

  def predict_each(self, cells):
    return np.concatenate([one.predict_each(cells) for one in self._all])

  def predict(self, cells):
    return self.predict_each(cells).mean(0)

  def close(self):
    for predictor in self._all:
      predictor.close()


def ranked(entrant, levels, seed, share=0.0):
  """What one seed finds.

  Returns:
    ([(rho on what was fitted, rho on the next level)], the spread of members,
    mean over levels; diversity)
  """
  predictor = _Several(entrant, len(levels), seed)
  rows, spreads, different = [], [], None
  for b in range(1, entrant.levels + 1):
    predictor.fit(levels[:b])
    scores = np.concatenate([predictor.predict(of) for of, _ in levels[:b]])
    each = predictor.predict_each(levels[b][0])
    rows.append(
      (
        compare.spearman(
          scores, np.concatenate([accuracies for _, accuracies in levels[:b]])
        ).rho,
        compare.spearman(each.mean(0), levels[b][1]).rho,
      )
    )
    spreads.append(each.std(0).mean())
    different = different or diversity(predictor, levels[0][0], share)
  predictor.close()
  return rows, float(np.mean(spreads)), different


def report(name, entrant, levels, seeds, share):
  """Prints an entrant's lines."""
  found = [ranked(entrant, levels, seed, share) for seed in range(seeds)]
  rows = np.array([rows for rows, _, _ in found])
  for what, column in [('fitted', 0), ('next', 1)]:
    values = rows[:, :, column]
    print(
      '%-14s %-7s %s   least %s'
      % (
        name,
        what,
        ' '.join('%.3f' % value for value in values.mean(0)),
        ' '.join('%.3f' % value for value in values.min(0)),
      )
    )
  print(
    '%-14s members differ by %.4f; new blocks of the best %d: %s'
    % (
      name,
      np.mean([spread for _, spread, _ in found]),
      KEPT,
      ', '.join(
        '%d (%d networks) with%s 1x7-7x1 four times'
        % (spelt, networks, '' if conv else 'out')
        for _, _, (spelt, networks, conv) in found
      ),
    )
  )
  reached = rows[:, : len(entrant.least), 1].mean(0)
  if entrant.least:
    met = (reached >= entrant.least).all()
    print(
      '%-14s asked for %s: %s'
      % (
        name,
        ' '.join('%.2f' % value for value in entrant.least),
        'reached' if met else 'MISSED',
      ),
      flush=True,
    )


def largest_level():
  """int32 [301056, 5, 4], as many and as alike as in the paper's search."""
  draw = np.random.RandomState(0)
  parents = np.stack([draw.randint(5, size=[256, 4]) for _ in range(4)], -1)
  halves = np.array([[i, o] for i in range(6) for o in range(8)])
  blocks = np.array(
    [np.concatenate([a, b]) for k, a in enumerate(halves) for b in halves[k:]]
  )
  larger = np.empty([256, len(blocks), 5, 4], np.int32)
  larger[:, :, :4], larger[:, :, 4] = parents[:, None], blocks
  return larger.reshape([-1, 5, 4])


def speed(names, members):
  """Prints cells a second and memory."""
  cells = largest_level()
  for name in names:
    recipe = ENTRANTS[name].recipe
    recipe = recipe._replace(members=min(members, recipe.members))
    predictor = Predictor(recipe, 7, 9)
    predictor.predict(cells[:100])
    start, cpu = time.time(), time.process_time()
    predictor.predict(cells)
    seconds, cpu = time.time() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    print(
      '%-10s x%d %8d cells %7.2f s %9.0f cells/s, %9.0f a second of one core, '
      'peak %.0f MB'
      % (
        name,
        recipe.members,
        len(cells),
        seconds,
        len(cells) / seconds,
        len(cells) / cpu,
        peak,
      ),
      flush=True,
    )
    predictor.close()


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--seeds', type=int, default=3)
  parser.add_argument(
    '--predictors',
    nargs='+',
    choices=sorted(ENTRANTS),
    default=['mlp', 'lstm', 'reference'],
  )
  parser.add_argument('--explore', type=float, default=0.0)
  parser.add_argument('--speed', action='store_true')
  parser.add_argument('--members', type=int, default=5)
  args = parser.parse_args()
  if args.speed:
    speed(args.predictors, args.members)
    return
  levels = read()
  for name in args.predictors:
    report(name, ENTRANTS[name], levels, args.seeds, args.explore)


if __name__ == '__main__':
  main()
