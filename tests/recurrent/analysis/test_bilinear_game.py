"""The game of two: distances, and gradients by plain steps ahead."""

import csv

import numpy as np
import pytest
from matplotlib.image import imread

from src.recurrent.analysis import bilinear_game as game

DISTANCES = {
  ('base', 'simultaneous'): 1.744146,
  ('base', 'alternating'): 1.036564,
  ('extrapolation', 'simultaneous'): 0.573510,
  ('extrapolation', 'alternating'): 0.585450,
  ('unrolled', 'simultaneous'): 0.179117,
  ('unrolled', 'alternating'): 0.325574,
  ('unrolled_as_there', 'simultaneous'): 0.179850,
  ('unrolled_as_there', 'alternating'): 0.323248,
}


def test_where_50_steps_lead():
  for (rule, moves), far in DISTANCES.items():
    path = game.trajectory(game.RULES[rule], moves)
    assert len(path) == 51
    assert game.distance(path) == pytest.approx(far, abs=5e-7), (rule, moves)
  # Closed forms: a plain step turns and lengthens by the root of 1 + a^2.
  plain = game.trajectory(game.base, 'simultaneous', steps=3, a=0.5)
  assert game.distance(plain) == pytest.approx(1.25**1.5, rel=1e-12)


def test_rules_look_ahead():
  """The gradient of x y is (y, x), that of one and of two steps ahead."""
  x, y, a = 0.7, -1.3, 0.2
  for rule, steps in (('base', 0), ('extrapolation', 1), ('unrolled', 2)):
    at = game.trajectory(game.base, 'simultaneous', steps, (x, y), a)[-1]
    assert game.RULES[rule](x, y, a) == pytest.approx((at[1], at[0])), rule
  field = game.field(game.base, 'alternating', np.array([x, y]), a)
  assert field == pytest.approx([a * y, -a * (x + a * y)])


def test_tables_and_pictures(tmp_path, capsys):
  assert game.main(['x', '--results_dir', str(tmp_path)]) == 0
  assert '0.585450' in capsys.readouterr().out
  folder = tmp_path / 'bilinear_game'
  with (folder / 'results.csv').open() as file:
    rows = list(csv.DictReader(file))
  assert {(r['rule'], r['moves']) for r in rows} == set(DISTANCES)
  pictures = list(folder.glob('*.png'))
  assert len(pictures) == 6
  for path in pictures:
    assert imread(str(path))[..., :3].std() > 0.02
