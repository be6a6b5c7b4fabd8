"""lstm_style cells written out slowly, one node after another; float64."""

import numpy as np

from tests.recurrent import slow_child

FUNCTIONS = dict(slow_child.FUNCTIONS, one_minus=lambda x: 1 - x)


def step(weights, arc, x, h, c):
  """list of [B, H], the values of the nodes.

  Args:
    weights: dict from 'node_K/w', [2, 3 + K, H, H] by side and input, and
      'node_K/b', [1, H].
    arc: HadamardArc.
    x, h, c: [B, H].
  """
  values = {'x': x, 'h': h, 'c': c}
  for number, node in enumerate(arc.nodes):
    a, b = values[node.a], values[node.b]
    if node.op == 'lin':
      w, total = weights['node_%d/w' % number], weights['node_%d/b' % number]
      for side, source in enumerate((node.a, node.b)):
        place = {'x': 0, 'h': 1, 'c': 2}.get(source)
        place = 3 + source if place is None else place
        total = total + values[source] @ w[side, place]
      values[number] = FUNCTIONS[node.functions[0]](total)
    else:
      a, b = (FUNCTIONS[f](v) for f, v in zip(node.functions, (a, b)))
      values[number] = a + b if node.op == 'add' else a * b
  return [values[number] for number in range(len(arc.nodes))]


def window(weights, arc, xs, h, c, ends=False, bound=None):
  """(outputs [T, B, H], states [T, B, 2H]) of xs [T, B, H]."""
  outputs, states = [], []
  for x in xs:
    nodes = step(weights, arc, x, h, c)
    outputs.append(nodes[arc.h])
    if ends:
      outputs[-1] = np.mean([nodes[end] for end in arc.loose_ends], 0)
    h, c = _bounded(nodes[arc.h], bound), _bounded(nodes[arc.c], bound)
    states.append(np.concatenate([h, c], 1))
  return np.array(outputs), np.array(states)


def _bounded(value, bound):
  norms = np.linalg.norm(value, axis=1, keepdims=True)
  return value if bound is None else value * np.minimum(1, bound / norms)


def loss(values, arc, ids, targets, state, masks=None):
  """Mean cross entropy of ids and targets [B, T], the decoder tied.

  Args:
    values: dict, weights of the cell, 'embedding/w' and 'decoder/b'.
    state: [B, 2H].
    masks: dict from a node to [2, H, H], what multiplies its matrices of h.
  """
  weights = dict(values)
  for node, mask in (masks or {}).items():
    w = weights['node_%d/w' % node] = values['node_%d/w' % node].copy()
    w[:, 1] *= mask
  xs = values['embedding/w'][ids.T]
  y, _ = window(weights, arc, xs, *np.split(state, 2, axis=1))
  logits = y @ values['embedding/w'].T + values['decoder/b']
  logs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
  return -np.mean(np.take_along_axis(logs, targets.T[..., None], 2))
