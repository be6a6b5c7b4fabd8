"""Recurrent cells in the JSON of ENAS-pytorch, such as its dag.json.

An object whose keys are numbers of nodes and whose entries list who reads them:
pairs of a number and what that node applies. Key -1 is the input and -2 the
state before, both read by node 0; loose ends are read by number N, 'avg', and
this by number N + 1, 'h[t]'.
"""

import json
import re

from src.arc import tokens as tokens_lib
from src.arc.dag import Dag
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.arc.recurrent import LEGACY, RecurrentArc

INPUTS = ('-1', '-2')
MEAN = 'avg'
STATE = 'h[t]'
_NAMES = {'relu': 'ReLU'}
_NUMBER = re.compile(r'(?:-[12]|0|[1-9][0-9]{0,5})\Z')


def shown_name(activation):
  """An activation's name as ENAS-pytorch writes it."""
  return _NAMES.get(activation, activation)


def to_dag_json(arc):
  """str, a `RecurrentArc` or a `Dag` as JSON, its keys sorted as text.

  A `HadamardArc`, which that form has no words for, in its own.
  """
  if isinstance(arc, HadamardArc):
    return arc.to_json()
  return json.dumps(_readers(Dag.of(arc)), indent=4, sort_keys=True)


def _readers(dag):
  """dict from key to list of [number, name]."""
  mean = dag.num_nodes
  first = [0, shown_name(dag.activations[0])]
  found = {key: [first] for key in INPUTS}
  for node in dag.nodes:
    found['%d' % node] = [
      [child, shown_name(dag.activations[child])]
      for child in dag.children(node)
    ] or [[mean, MEAN]]
  found['%d' % mean] = [[mean + 1, STATE]]
  return found


def is_dag_json(data):
  """Whether what JSON says is meant as such a cell."""
  return isinstance(data, dict) and any(key in data for key in INPUTS)


def from_dag_json(text):
  """The `RecurrentArc` of a text as `to_dag_json` writes it.

  Raises:
    ArcError: it is something else, or damaged; one line that says where.
  """
  try:
    data = json.loads(text)
  except (TypeError, ValueError, RecursionError) as error:
    raise ArcError('not a cell in JSON: %s' % error) from None
  if not is_dag_json(data):
    raise ArcError(
      'not a cell in JSON: expected an object with the keys -1 and -2'
    )
  links = {key: _links(key, entry) for key, entry in data.items()}
  for key in INPUTS:
    found = links.pop(key, ())
    if [number for number, _ in found] != [0]:
      raise _wrong(key, 'only node 0 reads it')
  size = _size(links)
  sources, names = {}, {0: _links('-1', data['-1'])[0][1]}
  if _links('-2', data['-2'])[0][1] != names[0]:
    raise _wrong('-2', 'node 0 applies one activation')
  for key, found in links.items():
    for number, name in found:
      if 0 < number < size and key != '%d' % size:
        if number in sources:
          raise _wrong(key, 'node %d reads another already' % number)
        sources[number], names[number] = int(key), name
  for node in range(1, size):
    if node not in sources:
      raise ArcError('not a cell in JSON: node %d reads no node' % node)
  for node, name in sorted(names.items()):
    if name not in LEGACY.activations:
      raise ArcError(
        'not a cell in JSON: node %d applies %s, expected one of %s'
        % (
          node,
          tokens_lib.quote(name),
          ', '.join(map(shown_name, LEGACY.activations)),
        )
      )
  try:
    arc = RecurrentArc(
      [sources[node] for node in range(1, size)],
      [names[node] for node in range(size)],
    )
  except ArcError as error:
    raise ArcError('not a cell in JSON: %s' % error) from None
  _check_ends(links, _readers(Dag.of(arc)))
  return arc


def _links(key, entry):
  """list of (int, lower-case name) of an entry."""
  if not _NUMBER.match(key):
    raise _wrong(key, 'keys are numbers of nodes')
  good = isinstance(entry, list) and all(
    isinstance(pair, list)
    and len(pair) == 2
    and type(pair[0]) is int
    and isinstance(pair[1], str)
    for pair in entry
  )
  if not good:
    raise _wrong(key, 'expected a list of pairs of a number and a name')
  return [(number, name.lower()) for number, name in entry]


def _size(links):
  """N: the number of the mean."""
  found = {n for entry in links.values() for n, name in entry if name == MEAN}
  if len(found) != 1:
    raise ArcError(
      'not a cell in JSON: loose ends lead to one number named avg, found %s'
      % (' and '.join(map(str, sorted(found))) or 'none')
    )
  size = found.pop()
  if {int(key) for key in links} != set(range(len(links))):
    raise ArcError('not a cell in JSON: its keys have gaps')
  if size != len(links) - 1:
    raise ArcError(
      'not a cell in JSON: a cell of %d nodes, whose loose ends lead to %d'
      % (len(links) - 1, size)
    )
  return size


def _check_ends(links, expected):
  """That loose ends lead to the mean and to nothing else, and it to h[t]."""
  for key, entry in links.items():
    wanted = sorted((number, name.lower()) for number, name in expected[key])
    if sorted(entry) != wanted:
      raise _wrong(
        key,
        'expected %s'
        % ' and '.join('[%d, "%s"]' % tuple(pair) for pair in expected[key]),
      )


def _wrong(key, why):
  return ArcError(
    'not a cell in JSON: key %s: %s' % (tokens_lib.quote(key), why)
  )
