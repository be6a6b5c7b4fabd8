"""A folder of made results: true errors, noise on each measurement."""

import csv
import os

import numpy as np

from src.robustness import results, sets

EPOCHS, LAYERS = 12, 6


def errors_of(poisons, controller):
  """{mode: true error} of a space."""
  harm = 0.1 * np.log1p(poisons) / np.log(301)
  more = {'rl': 0.0, 'uniform': 0.02, 'frozen': 0.03}[controller]
  return {'ref': 0.3 + 4 * harm + more, 'clean': 0.3 + harm + more}


def table(
  folder, name, one, seed=69, controller='rl', ending='', epochs=EPOCHS
):
  """Writes the table of a run; returns its rows.

  Args:
    folder: str.
    name: str, up to the time.
    one: Experiment.
    seed, controller: of the run.
    ending: str, the rest of the name; that of a concluded run unless given.
    epochs: int, rows.
  """
  generator = np.random.RandomState(seed + one.num_actions + len(controller))
  share = 1 - 6.0 / one.num_actions
  rows = []
  for epoch in range(epochs):
    bad = round(LAYERS * share * (1 - 0.02 * epoch), 2)
    row = dict.fromkeys(results.COLUMNS, 0.5)
    row.update(
      good_layers_avg=LAYERS - bad, bad_layers_avg=bad, epoch=epoch,
      seed=seed, controller=controller, reward_avg=float('nan'),
      entropy_op=1.25 if controller == 'rl' else float('nan'),
    )  # fmt: skip
    for mode, error in errors_of(one.num_actions - 6, controller).items():
      row['test_' + mode] = 1 - error - 0.01 * generator.normal()
    rows.append(row)
  path = os.path.join(folder, name)
  path += ending or '+20261129T0908%02d.000001.csv' % (seed % 60)
  with open(path, 'w') as file:
    writer = csv.DictWriter(file, results.COLUMNS, lineterminator='\n')
    writer.writeheader()
    writer.writerows(rows)
  return rows


def folder(path):
  """Fills a folder: two families, the clean space, controllers, seeds.

  P3_100 has four numbers of poison actions, P1 two, each three seeds; P3_036
  has all controllers.
  """
  for seed in (69, 70, 71):
    suffix = '' if seed == 69 else '+seed%d' % seed
    for set_name, name in (
      ('baseline', 'space_0'), ('poisoning', 'P3_006_100'),
      ('poisoning', 'P3_036_100'), ('poisoning', 'P3_300_100'),
      ('poisoning', 'P1_006'),
    ):  # fmt: skip
      _, one = sets.find(set_name, name)
      named = '%s_%s' % (set_name, name)
      table(path, named + suffix, one, seed)
      if name == 'P3_036_100':
        for controller in ('uniform', 'frozen'):
          table(path, named + '+' + controller + suffix, one, seed, controller)
