"""What a cell does when one of its nodes applies another activation.

  python -m src.recurrent.ablation_studies.single_activation_replacement \\
    --load_path RUN
"""

import sys

from src.arc import edits
from src.recurrent.ablation_studies import core
from src.recurrent.study import command


def variants(cell, names, flags):
  """list of core.Variant; keys are activation, then node."""
  del flags
  return [
    core.Variant(
      (name, '%d' % node),
      edits.with_activation(cell, node, name),
      node=node,
      activation=name,
    )
    for name in names
    for node in range(cell.num_nodes)
  ]


STUDY = core.study('activation_ablation_single', variants)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
