"""The folder of a study, made up: true scores, noise on each measurement."""

import csv
import os

import numpy as np

from src.arc import record, spaces
from src.arc.operations import MACRO_OPERATIONS
from src.view.study import folder

SPACE = spaces.MacroSpace('macro', MACRO_OPERATIONS, 5)


def write(directory, seeds=3, samples=30, gain=0.02, text=False, sample=4):
  """Writes all tables of a study into a directory.

  Args:
    directory: str.
    seeds: int.
    samples: int, of each arm; random has twice as many.
    gain: float, by which the controller's are better.
    text: bool, whether scores are perplexities instead of accuracies.
    sample: int, how many of each arm are retrained, beside the best two.
  """
  generator = np.random.RandomState(0)
  score = 'ppl' if text else 'accuracy'
  worth = {}

  def _noise(size):
    return generator.normal(0, size)

  def _value(accuracy):
    return 100 * np.exp(2 - 4 * accuracy) if text else accuracy

  def _arcs(count, skip_probability, more):
    arcs = []
    for _ in range(count):
      arc = str(SPACE.random(generator, skip_probability))
      worth.setdefault(arc, 0.5 + more + _noise(0.02))
      arcs.append(arc)
    return sorted(set(arcs), key=arcs.index)

  def _shared(name, arcs, header, shift):
    rows = [
      (_value(worth[arc] - 0.2 + shift + _noise(0.02)), arc) for arc in arcs
    ]
    rows.sort(reverse=not text)
    table(directory, name, header, [(arc, 1, value) for value, arc in rows])

  ranked = 'arc,times_sampled,valid_' + score
  for seed in range(seeds):
    at = 'seed_%d/' % seed
    shift = _noise(0.02)
    mine = _arcs(samples, 0.8, gain)
    _shared(at + 'controller/derived.csv', mine, ranked, shift + 0.05)
    for name, count, skips in (
      ('derived_random', 2 * samples, 0.5), ('derived_matched', samples, 0.8)
    ):  # fmt: skip
      arcs = _arcs(count, skips, 0)
      _shared(at + 'random/%s.csv' % name, arcs, ranked, shift)
    rows = [
      (arc, 'valid', 1, 2, _value(worth[arc] - 0.2 + shift + _noise(0.02)))
      for arc in mine
    ]
    header = 'arc,split,num_correct,num_examples,' + score
    table(directory, at + 'random/controller_scored.csv', header, rows)
    for arm in ('controller', 'random'):
      made = record.Record('cifar10', SPACE, record.Network())
      with open(os.path.join(directory, at, arm, record.FILE), 'w') as file:
        file.write(made.to_json())
  chosen = folder.to_retrain(folder.read(directory), 2, sample)
  header = 'arc,seed,valid_%s,test_%s,failure' % (score, score)
  for name, arcs, times in (
    ('headroom', _arcs(10, 0.5, 0), 2), ('retrained', chosen, 1)
  ):  # fmt: skip
    rows = [
      (arc, seed, _value(0.1), _value(worth[arc] + _noise(0.005)), '')
      for arc in arcs
      for seed in range(times)
    ]
    table(directory, name + '/scores.csv', header, rows)


def table(directory, name, header, rows):
  """Writes one CSV, and its folder."""
  path = os.path.join(directory, name)
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with open(path, 'w') as file:
    file.write(header + '\n')
    csv.writer(file, lineterminator='\n').writerows(rows)
