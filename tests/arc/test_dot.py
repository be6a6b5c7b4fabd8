"""Cells in the seeds' palette, as text for Graphviz."""

import re

from src.arc import RecurrentArc
from src.arc.dot import arrows, to_dot
from src.arc.edits import with_edge, without_node
from src.arc.recurrent import ENAS_LM
from tests.arc.published_cells import CELLS

EPOCH_27 = RecurrentArc.parse(CELLS[3])


def test_the_published_drawing():
  text = to_dot(EPOCH_27)
  labels = re.findall(r'\[label="(.*)", fillcolor=(\w+)\];', text)
  assert len(labels) == 16 and len(re.findall(' -> ', text)) == 20
  assert labels[:4] == [
    ('x[t]', 'white'),
    ('h[t-1]', 'skyblue'),
    (r'ReLU\n(0)', 'pink'),
    (r'tanh\n(1)', 'yellow'),
  ]
  assert labels[5] == (r'identity\n(3)', 'orange')
  assert labels[-2:] == [('avg', 'seagreen3'), ('h[t]', 'skyblue')]
  for line in (
    '"x[t]" -> "0"',
    '"0" -> "11"',
    '"11" -> "avg"',
    '"avg" -> "h[t]"',
  ):
    assert '  %s;\n' % line in text
  assert '"0" -> "avg"' not in text
  assert r'"1" [label="sigmoid\n(1)", fillcolor=greenyellow]' in to_dot(
    RecurrentArc.parse('0 0 3')
  )
  assert text.startswith('digraph cell {\n') and text.endswith('}\n')


def test_edited_cells():
  assert len(arrows(with_edge(EPOCH_27, 1, 3))) == 21
  # Node 1 gone, its three readers read node 0; node 2, one of six ends, gone.
  assert len(arrows(without_node(EPOCH_27, 1))) == 19
  assert '"2"' not in to_dot(without_node(EPOCH_27, 2))


def test_other_outputs():
  arc = RecurrentArc.parse('0 2 1 0', format=ENAS_LM)
  assert [a for a in arrows(arc, arc.averaged()) if a[1] == 'avg'] == [
    (1, 'avg'),
    (2, 'avg'),
  ]
