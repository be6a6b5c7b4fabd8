"""Which networks see the image at all.

Where an operation drops everything, only skips carry on what comes in. If none
does, the logits of all images are alike: the network can but guess.
"""


def drops_all(operation):
  """Whether an operation makes zeros of everything while there is noise.

  Args:
    operation: `src.arc` Operation.
  """
  return operation.kind == 'dropout' and operation.param('rate') >= 1


def cut_off(arc, actions):
  """Whether no path from the image to the classifier is left, with noise.

  Args:
    arc: `src.arc` MacroArc.
    actions: the Operation of each action, `MacroSpace.actions`.
  """
  sees = [True] + [False] * arc.num_layers
  for edge in arc.edges():
    dropped = not edge.is_skip and drops_all(actions[arc.ops[edge.target - 1]])
    sees[edge.target] |= sees[edge.source] and not dropped
  return not sees[-1]


def expected(one):
  """How likely layer 0 is to drop everything, all actions equally likely.

  Where skips never come from the stem, that alone cuts a network off.

  Args:
    one: experiments.Experiment.
  """
  blind, total = 0, 0
  for entry in one.entries:
    operation = entry.operation
    if entry.alias is not None:
      operation = one.entries[entry.alias].operation
    blind += entry.count * drops_all(operation)
    total += entry.count
  return blind / float(total)
