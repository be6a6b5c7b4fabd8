"""A cell, and what changes of it do to its perplexity, with trained weights.

Nothing is trained again. Source: `ablation_studies` of MENAS, whose keys
results.json has.
"""

import typing

from src.arc import describe
from src.arc.dag import Dag
from src.arc.dag_json import shown_name
from src.recurrent.ablation_studies import chart
from src.recurrent.study import command

SPLITS = (('validation', 'valid'), ('test', 'test'))
COLUMNS = (
  'study', 'run', 'variant', 'node', 'from', 'to', 'activation', 'split', 'ppl',
  'original_ppl', 'delta', 'arc',
)  # fmt: skip
_TOLD = 5  # variants at either end


class Variant(typing.NamedTuple):
  """A cell with a change made to it.

  Attributes:
    key: tuple of str, where results.json has it.
    dag: RecurrentArc or Dag.
    node: int, the node that is changed; '' if there is not one.
    source, target: ints, the edge that is added; '' likewise.
    activation: str, what is applied now; '' if nothing else is.
  """

  key: tuple
  dag: typing.Any
  node: typing.Any = ''
  source: typing.Any = ''
  target: typing.Any = ''
  activation: str = ''

  @property
  def place(self):
    """str, where in a picture it stands."""
    if self.source != '':
      return '%d to %d' % (self.source, self.target)
    return shown_name(self.activation) if self.node == '' else '%d' % self.node


def study(folder, variants, flags=()):
  """The command.Study of changes.

  Args:
    folder: str, as MENAS names it.
    variants: function of (RecurrentArc, names of the space's activations, flag
      values) that returns a list of Variant.
    flags: list of Flag, more of its own.
  """

  def _run(opened, output):
    cell = opened.cell()
    made = variants(cell, opened.space.activations, opened.flags)
    _ablate(folder, opened, output, cell, made)

  return command.Study(_run, folder, flags=flags)


def _ablate(folder, opened, output, cell, made):
  original = opened.scores(cell)
  found = {name: {'original_performance': original[s]} for name, s in SPLITS}
  print('Cell: %s' % str(cell))
  for name, split in SPLITS:
    print(
      'Original performance on entire %s set: %.4f' % (name, original[split])
    )
  rows, scored = [], []
  for variant in [None] + list(made):
    if variant is not None:
      scores = opened.scores(variant.dag)
      scored.append((variant, scores))
      for name, split in SPLITS:
        _put(found[name], variant.key, scores[split])
        rows.append(row(folder, opened.name, variant, split, scores, original))
    for name, split in SPLITS:
      found[name].update(_extremes(original[split], split, scored))
    output.results(found, COLUMNS, rows)
  if not scored:
    print('This cell has nothing that could be changed so.')
    return
  split = opened.flags.split
  _tell(scored, original, split)
  output.figure(
    folder + '.png',
    chart.variants(
      [(v.place, v.activation, scores[split]) for v, scores in scored],
      original[split],
      '%s of %s' % (folder.replace('_', ' '), opened.name),
      'perplexity, %s' % split,
    ),
  )


def _put(found, key, value):
  for part in key[:-1]:
    found = found.setdefault(part, {})
  found[key[-1]] = value


def row(folder, run, variant, split, scores, original):
  return (
    folder,
    run,
    ' '.join(variant.key),
    variant.node,
    variant.source,
    variant.target,
    variant.activation,
    split,
    scores[split],
    original[split],
    scores[split] - original[split],
    spelt(variant.dag),
  )


def spelt(arc):
  """str, a cell as its numbers; of any other graph, node:parents:activation."""
  dag = Dag.of(arc)
  if all(dag.alive) and all(len(reads) < 2 for reads in dag.parents):
    return str(dag.arc())
  return ' '.join(
    '%d:%s:%s'
    % (node, '+'.join(map(str, dag.parents[node])), dag.activations[node])
    for node in dag.nodes
  )


def _extremes(original, split, scored):
  """dict of the largest gain, and of the largest loss as a negative number.

  None where no change is one.
  """
  gains = [original - scores[split] for _, scores in scored]
  return {
    'max_improvement': max([gain for gain in gains if gain > 0], default=None),
    'max_decrease': min([gain for gain in gains if gain < 0], default=None),
  }


def _tell(scored, original, split):
  """Prints the variants that are best, and worst."""
  order = sorted(scored, key=lambda entry: entry[1][split])
  if len(order) > 2 * _TOLD:
    order = order[:_TOLD] + order[-_TOLD:]
  table = [('variant', 'valid', 'test', 'delta (%s)' % split)] + [
    (
      ' '.join(variant.key),
      '%.2f' % scores['valid'],
      '%.2f' % scores['test'],
      '%+.2f' % (scores[split] - original[split]),
    )
    for variant, scores in order
  ]
  for line in describe.side_by_side(table):
    print(line)
