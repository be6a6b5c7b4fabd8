"""What a cell does without one of its nodes.

Those that read it read what it read. Node 0 and the last node always stay.

  python -m src.recurrent.ablation_studies.node_removal --load_path RUN
"""

import sys

from src.arc import edits
from src.recurrent.ablation_studies import core
from src.recurrent.study import command


def variants(cell, names, flags):
  """list of core.Variant, one a node; keys are their numbers."""
  del names, flags
  return [
    core.Variant(('%d' % node,), edits.without_node(cell, node), node=node)
    for node in edits.removable(cell)
  ]


STUDY = core.study('node_ablation', variants)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
