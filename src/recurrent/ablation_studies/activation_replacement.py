"""What a cell does when all of its nodes apply one activation.

  python -m src.recurrent.ablation_studies.activation_replacement \\
    --load_path RUN
"""

import sys

from src.arc import edits
from src.recurrent.ablation_studies import core
from src.recurrent.study import command


def variants(cell, names, flags):
  """list of core.Variant, one an activation; keys are their names."""
  del flags
  return [
    core.Variant(
      (name,), edits.with_all_activations(cell, name), activation=name
    )
    for name in names
  ]


STUDY = core.study('activation_ablation', variants)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
