"""Recurrent cells in ENAS-pytorch's JSON."""

import json

import numpy as np
import pytest

from src.arc import ArcError, RecurrentArc, pasted
from src.arc.dag_json import from_dag_json, to_dag_json
from src.arc.edits import with_edge, without_node
from tests.arc.published_cells import CELLS

PAPER = RecurrentArc.parse(CELLS[0])
MEAN = [[12, 'avg']]
OF_PAPER = {
  '-1': [[0, 'tanh']],
  '-2': [[0, 'tanh']],
  '0': [[1, 'tanh']],
  '1': [[2, 'ReLU'], [3, 'tanh']],
  '2': [[4, 'tanh'], [5, 'tanh'], [6, 'ReLU']],
  '4': [[7, 'ReLU']],
  '7': [[8, 'ReLU']],
  '8': [[9, 'ReLU'], [10, 'ReLU'], [11, 'ReLU']],
  '3': MEAN,
  '5': MEAN,
  '6': MEAN,
  '9': MEAN,
  '10': MEAN,
  '11': MEAN,
  '12': [[13, 'h[t]']],
}


def test_the_cell_of_the_paper():
  text = to_dag_json(PAPER)
  assert json.loads(text) == OF_PAPER
  assert text.startswith(
    '{\n    "-1": [\n        [\n            0,\n            "tanh"\n'
  )
  assert list(json.loads(text)) == sorted(OF_PAPER)


def test_round_trips():
  draw = np.random.RandomState(0)
  cells = [RecurrentArc.parse(text) for text in CELLS]
  cells += [RecurrentArc.random(size, draw) for size in (1, 2, 5, 30)]
  for arc in cells:
    assert from_dag_json(to_dag_json(arc)) == arc
    assert from_dag_json(to_dag_json(arc).lower()) == arc


def test_graphs_are_written_but_not_read():
  data = json.loads(to_dag_json(with_edge(PAPER, 0, 3)))
  assert data['0'] == [[1, 'tanh'], [3, 'tanh']]
  with pytest.raises(ArcError, match='key .1.: node 3 reads another already'):
    from_dag_json(json.dumps(data))
  text = to_dag_json(without_node(PAPER, 2))
  assert json.loads(text)['1'][1:] == [
    [4, 'tanh'], [5, 'tanh'], [6, 'ReLU']
  ]  # fmt: skip
  with pytest.raises(ArcError, match='its keys have gaps'):
    from_dag_json(text)


def test_commands_take_such_a_file(tmp_path):
  path = tmp_path / 'dag.json'
  path.write_text(json.dumps(OF_PAPER))
  assert pasted.one(str(path)) == CELLS[0]
  assert [pasted.plain(t) for _, t in pasted.several(path.read_text())] == [
    CELLS[0]
  ]
  path.write_text(json.dumps(dict(OF_PAPER, x=1)))
  with pytest.raises(ArcError, match="not a cell in JSON: key 'x'"):
    pasted.one(str(path))


@pytest.mark.parametrize(
  'change, message',
  [
    ({'-1': None}, "key '-1': expected a list of pairs"),
    ({'-2': [[0, 'ReLU']]}, "'-2': node 0 applies one activation"),
    ({'-2': []}, "key '-2': only node 0 reads it"),
    ({'-2': [[1, 'tanh']]}, "key '-2': only node 0 reads it"),
    ({'0': [[1, 'gelu']]}, "node 1 applies 'gelu', expected .*, ReLU, "),
    ({'0': [['1', 'tanh']]}, "key '0': expected a list of pairs"),
    ({'0': [[True, 'tanh']]}, "key '0': expected a list of pairs"),
    ({'0': [[1, 'tanh', 2]]}, "key '0': expected a list of pairs"),
    ({'x': []}, "key 'x': keys are numbers of nodes"),
    ({'14': []}, 'its keys have gaps'),
    ({'13': []}, 'a cell of 13 nodes, whose loose ends lead to 12'),
    ({'03': []}, "key '03': keys are numbers of nodes"),
    ({'7': MEAN}, 'node 8 reads no node'),
    ({'4': [[7, 'ReLU'], [12, 'avg']]}, r"key '4': expected \[7, .ReLU.\]"),
    ({'3': []}, r"key '3': expected \[12, .avg.\]"),
    ({'3': [[13, 'avg']]}, 'one number named avg, found 12 and 13'),
    ({'12': [[13, 'y[t]']]}, r"key '12': expected \[13, .h\[t\].\]"),
    (
      {'1': [[3, 'tanh']], '3': [[2, 'ReLU']]},
      'node 2, predecessor: found 3, expected 0 or 1',
    ),
  ],
)
def test_what_is_damaged(change, message):
  with pytest.raises(ArcError, match=message) as error:
    from_dag_json(json.dumps(dict(OF_PAPER, **change)))
  assert str(error.value).startswith('not a cell in JSON: ')
  assert '\n' not in str(error.value)


@pytest.mark.parametrize('text', ['', '{', '[]', '3', '{"0": []}', '[' * 99999])
def test_what_is_something_else(text):
  with pytest.raises(ArcError, match='not a cell in JSON: ') as error:
    from_dag_json(text)
  assert '\n' not in str(error.value)
