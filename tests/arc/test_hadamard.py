"""lstm_style cells as values: text, JSON, pictures, readings."""

import json

import pytest

from src.arc import ArcError, HadamardArc, dag_json, palette, pasted, read_arc
from src.arc.__main__ import main
from src.arc.describe import counted, differences, places
from src.arc.draw import arc_svg
from src.arc.hadamard import NAMED
from src.arc.hadamard_picture import HadamardPage, label
from src.arc.record import Network

LSTM, GRU = HadamardArc.parse('lstm'), HadamardArc.parse('gru')
TEXT = 'lin x h tanh mul 0 c sigmoid one_minus c 1 h 0'
CELL = HadamardArc.parse(TEXT)


def test_what_the_named_cells_are():
  """As equations of their nodes."""
  assert [node.op for node in LSTM.nodes] == ['lin'] * 4 + [
    'mul', 'mul', 'add', 'mul'
  ]  # fmt: skip
  gates = [node.functions for node in LSTM.nodes[:4]]
  assert gates == [('sigmoid',)] * 3 + [('tanh',)]
  assert {node.inputs for node in LSTM.nodes[:4]} == {('x', 'h')}
  assert [node.inputs for node in LSTM.nodes[4:]] == [
    (1, 'c'), (0, 3), (4, 5), (2, 6)
  ]  # fmt: skip
  assert LSTM.nodes[7].functions == ('identity', 'tanh')
  assert (LSTM.c, LSTM.h, LSTM.num_nodes) == (6, 7, 8)
  assert [node.inputs for node in GRU.nodes] == [
    ('x', 'h'), ('x', 'h'), (1, 'h'), ('x', 2), (0, 'h'), (0, 3), (4, 5)
  ]  # fmt: skip
  assert GRU.nodes[5].functions == ('one_minus', 'identity')
  assert (GRU.c, GRU.h, GRU.num_nodes) == (6, 6, 7)
  assert sorted(NAMED) == ['gru', 'lstm']


@pytest.mark.parametrize('arc', [LSTM, GRU, CELL])
def test_written_and_read_again(arc):
  assert HadamardArc.parse(str(arc).upper()) == arc
  assert HadamardArc.from_json(arc.to_json()) == arc
  assert dag_json.to_dag_json(arc) == arc.to_json()
  assert pasted.one(arc.to_json()) == pasted.one(str(arc)) == str(arc)
  assert read_arc(str(arc)) == arc and hash(read_arc(str(arc))) == hash(arc)
  assert eval(repr(arc)) == arc
  assert HadamardArc(*arc) == arc
  assert arc.log_lines() == [str(arc)] and '\n' not in str(arc)


def test_text_of_a_cell():
  assert str(CELL) == TEXT
  assert json.loads(CELL.to_json()) == {
    'type': 'lstm_style', 'c': 1, 'h': 0,
    'nodes': [
      ['lin', 'x', 'h', 'tanh'], ['mul', '0', 'c', 'sigmoid', 'one_minus']
    ],
  }  # fmt: skip
  assert CELL.loose_ends == (1,) and LSTM.loose_ends == (7,)
  assert CELL.operation_counts() == [1, 0, 1]
  assert CELL != LSTM and read_arc('gru') == GRU


@pytest.mark.parametrize(
  ('text', 'part'),
  [
    ('', 'after 0 words, node 0, what it is: found the end, expected lin, add'),
    ('lin x 0 tanh c 0 h 0', "word 3 of 8, node 0, input b: found '0'"),
    ('lin x h elu c 0 h 0', "activation: found 'elu', expected tanh, relu"),
    ('add x h tanh c 0 h 0', "node 0, activation of b: found 'c'"),
    ('lin x h tanh tanh c 0 h 0', "node 1, or the end: found 'tanh'"),
    ('lin x h tanh c 1 h 0', "the node that is c_t: found '1', expected 0"),
    ('lin x h tanh c 0', 'after 6 words, the end: found the end, expected h'),
    ('lin x h tanh c 0 h 0 0', "word 9 of 9: found '0' after the node"),
    ('lin x h tanh', 'after 4 words, node 1, or the end: found the end'),
    ('lstn', "'lstn' is no lstm_style cell: expected lstm or gru"),
    (7, 'a cell is a string, found int'),
  ],
)
def test_one_line_for_what_is_no_cell(text, part):
  with pytest.raises(ArcError) as error:
    HadamardArc.parse(text)
  assert part in str(error.value) and '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('change', 'part'),
  [
    ({'nodes': 'lin x h tanh'}, 'field nodes is not a list of lists'),
    ({'nodes': [['lin', 'x', None, 'tanh']]}, 'field nodes is not a list of'),
    ({'nodes': [['lin', 'x', 'h', 'tanh', 'c']]}, 'expected 0'),
    ({'c': True}, "the node that is c_t: found 'true'"),
    ({'more': 1}, 'expected the fields c, h, nodes'),
    ({'type': 'recurrent'}, '"type": "lstm_style"'),
  ],
)
def test_one_line_for_json_of_no_cell(change, part):
  data = dict(json.loads(CELL.to_json()), **change)
  with pytest.raises(ArcError) as error:
    HadamardArc.from_json(json.dumps(data))
  assert part in str(error.value)


def test_inputs_in_one_order():
  one = HadamardArc.parse('lin h x tanh mul c 0 relu tanh c 1 h 1')
  other = HadamardArc.parse('lin x h tanh mul 0 c tanh relu c 1 h 1')
  assert one.canonical() != one
  assert (
    one.canonical()
    == other.canonical()
    == (HadamardArc.parse('lin x h tanh mul c 0 relu tanh c 1 h 1'))
  )
  # What is applied goes with its input.
  swapped = HadamardArc.parse('lin x h tanh mul 0 c relu tanh c 1 h 1')
  assert swapped.canonical() != other.canonical()


def test_in_words():
  assert places(CELL) == [
    ('node 0', 'tanh of lin of input and state h before'),
    ('node 1', 'sigmoid of node 0 * one_minus of state c before'),
    ('state c', 'node 1'),
    ('state h', 'node 0'),
  ]
  assert ('state h', 'node 7', 'node 6') in differences(LSTM, GRU)


def test_counts():
  network = Network(hidden_size=10, vocabulary_size=7)
  for arc, matrices, biases in ((LSTM, 8, 4), (GRU, 6, 3)):
    count = 70 + 100 * matrices + 10 * biases
    assert counted(arc, network, 'final') == (count, count)
  assert counted(LSTM, Network(), 'final') is None


def test_pictures(tmp_path):
  assert label(LSTM, 0) == ('sigmoid(lin)', '(0)')
  assert label(LSTM, 6) == ('identity + identity', '(6) = c[t]')
  assert label(GRU, 6)[1] == '(6) = c[t] = h[t]'
  svg = arc_svg(GRU, title='gru')
  for text in ('x[t]', 'h[t-1]', 'c[t-1]', 'one_minus * identity', 'gru'):
    assert '>%s<' % text in svg
  # An arrow for each input of each node, all inside of the page.
  assert svg.count('<polygon') == 2 * GRU.num_nodes
  page = HadamardPage(GRU)
  found = _Painter()
  page.paint(found, 1.0, 2.0)
  assert len(found.wires) == 14
  for wire in found.wires:
    for x, y in wire:
      assert 1 <= x <= 1 + page.width and 2 <= y <= 2 + page.height
  palette.draw_dag(LSTM, str(tmp_path / 'lstm.png'))
  assert (tmp_path / 'lstm.png').stat().st_size > 5000


class _Painter:
  """Keeps the wires that a page draws."""

  def __init__(self):
    self.wires = []

  def wire(self, points, *_, **__):
    self.wires.append(points)

  def __getattr__(self, name):
    return lambda *_, **__: None


def test_command_line(capsys):
  assert main(['info', 'lstm']) == 0
  told = capsys.readouterr().out
  assert told.startswith('lstm_style cell\n')
  assert 'node 7   identity of node 2 * tanh of node 6' in told
  assert 'nonlinear_depth         3' in told
