"""What a cell does when one of its nodes reads a second one as well.

The node's value is the mean of what it makes of both; in the reference the new
edge took the place of the old one, or did nothing, which `--edge_mode=replace`
repeats (docs/FIDELITY.md). An edge comes with each activation for the node that
it leads to, as in the reference.

  python -m src.recurrent.ablation_studies.edge_addition --load_path RUN
"""

import sys

from src.arc import edits
from src.recurrent.ablation_studies import core
from src.recurrent.study import command
from src.run.flags import Flag

MODES = ('add', 'replace')


def variants(cell, names, flags):
  """list of core.Variant; keys are from_to_activation."""
  return [
    core.Variant(
      ('%d_%d_%s' % (source, target, name),),
      _with_edge(cell, source, target, name, flags.edge_mode),
      source=source,
      target=target,
      activation=name,
    )
    for source, target in edits.addable(cell)
    for name in names
  ]


def _with_edge(cell, source, target, name, mode):
  if mode == 'replace':
    return edits.replaced_edge(cell, source, target, name)
  joined = edits.with_edge(cell, source, target)
  return edits.with_activation(joined, target, name)


STUDY = core.study(
  'edge_addition',
  variants,
  [Flag('edge_mode', MODES, 'add', 'a second parent, or what MENAS computes')],
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
