"""Search spaces: what they read, draw, count, and how they are written."""

import json

import numpy as np
import pytest

from src.arc import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  ArcError,
  CellsSpace,
  MacroArc,
  MacroSpace,
  Operation,
  RecurrentSpace,
  spaces,
)
from src.arc.record import FILE, Network, Record, from_json, read

BLUR = Operation('blur', 'blur', 'blur', 3, (('sigma', 2.0),))
SHARED = MacroSpace(
  'shared',
  MACRO_OPERATIONS[2:4] + (BLUR,),
  4,
  [0, 1] + [2] * 300,
  skip_from='layer',
  flags=[('set', 'mine'), ('child_num_layers', 4)],
)
SPACES = [
  SHARED,
  MacroSpace('macro', MACRO_OPERATIONS, 3),
  MacroSpace('partial', MACRO_OPERATIONS[:2], 3, num_filters=4),
  MacroSpace('connection', MACRO_OPERATIONS, 5, fixed_operations=True),
  CellsSpace('micro', MICRO_OPERATIONS, 5),
  RecurrentSpace(4).first_actions(2),
]


@pytest.mark.parametrize('space', SPACES, ids=lambda space: space.name)
def test_what_a_space_draws_it_reads(space):
  draw = np.random.RandomState(0)
  assert spaces.from_json(space.to_json()) == space
  for _ in range(20):
    arc = space.random(draw)
    assert len(arc.tokens) == space.num_tokens
    assert space.from_tokens(np.array(arc.tokens)) == arc
    assert space.parse('\n'.join(arc.log_lines())) == arc
    if space.name == 'connection':
      assert set(arc.ops) == {0}
    if hasattr(arc, 'operation_counts'):
      counts = space.operation_counts(arc)
      assert len(counts) == len(space.operations)
      assert sum(counts) == sum(arc.operation_counts())


def test_actions_that_share_an_operation():
  assert SHARED.num_actions == 302
  assert SHARED.actions[1:3] == (MACRO_OPERATIONS[3], BLUR)
  arc = SHARED.parse('301 2 1 0 0 1 1 0 0 0')
  assert SHARED.operation_counts(arc) == [1, 1, 2]
  # What is one network has one form: that with the first such action.
  same = SHARED.parse('2 299 1 0 0 1 1 0 0 0')
  assert SHARED.canonical(arc) == SHARED.canonical(same)
  assert str(SHARED.canonical(arc)) == '2 2 1 0 0 1 1 0 0 0'
  # Skip bit j is layer j, and that of the layer before is one of them.
  assert [arc.skip_sources(layer) for layer in range(4)] == [(), (1,), (2,), ()]
  assert MacroArc.from_json(arc.to_json()) == arc
  assert repr(arc).endswith("num_operations=302, skip_from='layer')")
  with pytest.raises(ArcError, match="found '302', expected 0 to 301"):
    SHARED.parse('302 2 1 0 0 1 1 0 0 0')
  with pytest.raises(ArcError, match=r"skip bit 0 \(from layer 0\): found '2'"):
    SHARED.parse('0 2 2 0 0 1 1 0 0 0')
  assert BLUR.param('sigma') == 2.0 and BLUR.param('rate', 1) == 1
  with pytest.raises(ArcError, match='blur of kind blur needs .* rate'):
    BLUR.param('rate')


@pytest.mark.parametrize(
  'make, message',
  [
    (lambda: MacroSpace('a', [], 3), 'space a: it has no operations'),
    (lambda: CellsSpace('a', [BLUR, BLUR], 3), 'two operations .* name blur'),
    (
      lambda: MacroSpace('a', [BLUR], 3, [0, 1]),
      'space a: action 1 is operation 1, expected 0 to 0',
    ),
    (
      lambda: MacroSpace('a', MACRO_OPERATIONS[:2], 3, [0, 0]),
      'space a: no action is operation sep_conv_3x3',
    ),
    (
      lambda: MacroSpace('a', [BLUR], 3, [0, 0], 4),
      'space a: with channel ranges, each operation is one action',
    ),
    (lambda: MacroSpace('a', [BLUR], 0), 'num_layers is 0'),
    (lambda: MacroSpace('a', [BLUR], 3, num_filters=1), 'num_filters is 1'),
    (lambda: MacroSpace('a', [BLUR], 3, skip_from='x'), "'x', expected stem"),
    (lambda: spaces.from_json('{"type": "tree"}'), 'not a search space'),
    (lambda: spaces.from_json('[]'), 'not a search space'),
    (
      lambda: spaces.from_json(SHARED.to_json().replace('kernel', 'size')),
      'not a search space',
    ),
    (lambda: from_json('{"package": 1}'), 'not the record of a run'),
  ],
)
def test_what_is_no_space(make, message):
  with pytest.raises(ArcError, match=message):
    make()


def test_the_record_of_a_run(tmp_path):
  assert read(str(tmp_path)) is None
  record = Record('cifar10', SHARED, Network(36, 4, num_classes=100))
  (tmp_path / FILE).write_text(record.to_json())
  assert read(str(tmp_path)) == record
  assert json.loads(record.to_json())['space']['name'] == 'shared'
  (tmp_path / FILE).write_text('{')
  with pytest.raises(ArcError, match='cannot read .*space.json'):
    read(str(tmp_path))
