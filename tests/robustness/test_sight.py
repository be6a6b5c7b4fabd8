"""Which architectures do not see the image (spec D2)."""

import numpy as np
import pytest

from src.arc import MacroArc
from src.robustness import sets, sight
from src.robustness.experiments import space


def _space(name, layers=3, **options):
  return space(sets.find('poisoning', name)[1], layers, **options)


# Actions: 0 sees, 6 drops everything, 7 is stretched.
@pytest.mark.parametrize(
  ('tokens', 'skip_from', 'blind'),
  [
    ('6 0 0 0 1 1', 'layer', True),
    ('6 0 0 0 0 1', 'stem', True),
    ('6 0 1 0 0 0', 'stem', False),
    ('7 0 0 0 0 0', 'layer', False),
    ('0 6 0 0 0 0', 'layer', True),
    ('0 6 1 0 0 0', 'layer', False),
    ('0 6 0 0 1 0', 'layer', False),
    ('0 0 0 6 0 1', 'layer', False),
    ('0 0 0 6 0 0', 'layer', True),
  ],
)
def test_what_is_cut_off(tokens, skip_from, blind):
  made = _space('P6P3_002_100', skip_from=skip_from)
  arc = made.parse(tokens)
  assert isinstance(arc, MacroArc)
  assert sight.cut_off(arc, made.actions) == blind


@pytest.mark.parametrize(
  ('name', 'likely'),
  [
    ('P3_001_100', 0.143),
    ('P6P3_002_100', 0.125),
    ('P3_036_100', 0.86),
    ('P3_006', 0.0),
    ('P6P5_300', 0.163),
    ('P6P3_300_100', 0.49),
  ],
)
def test_how_likely_that_is(name, likely):
  """Of 12 layers it is all but certain that only layer 0 does it."""
  one = sets.find('poisoning', name)[1]
  assert abs(sight.expected(one) - likely) < 0.005
  made = _space(name, 12, skip_from='layer')
  generator = np.random.RandomState(3)
  blind = [
    sight.cut_off(made.random(generator, 0.4), made.actions)
    for _ in range(1000)
  ]
  assert abs(np.mean(blind) - likely) < 0.05
