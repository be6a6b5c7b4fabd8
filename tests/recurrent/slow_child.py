"""The language model of ENAS-pytorch written out slowly; float64.

Weights are a dict with the names of the variables, without `child/`.
"""

import numpy as np

FUNCTIONS = {
  'tanh': np.tanh,
  'relu': lambda x: np.maximum(x, 0),
  'identity': lambda x: x,
  'sigmoid': lambda x: 1 / (1 + np.exp(-x)),
}
_sigmoid = FUNCTIONS['sigmoid']


def nodes(weights, x, h, parents, activations, functions=None):
  """dict from node to [B, H] at one step.

  Args:
    weights: dict.
    x: [B, E].
    h: [B, H], the state.
    parents: dict from node to the list of those that it reads.
    activations: list of names.
    functions: names in the order of weights of their own, or None where the
      weights of a pair serve all.
  """

  def _node(source, product, name):
    a, c = np.split(product, 2, axis=1)
    c = _sigmoid(c)
    return c * FUNCTIONS[name](a) + (1 - c) * source

  product = x @ weights['rnn_cell/w_x'] + weights['rnn_cell/b']
  product = product + h @ weights['rnn_cell/w_h']
  found = {0: _node(h, product, activations[0])}
  for node in sorted(parents):
    table = weights['rnn_cell/layer_%d/w' % node]
    if functions is not None:
      table = table[functions.index(activations[node])]
    made = [
      _node(found[p], found[p] @ table[p], activations[node])
      for p in parents[node]
    ]
    found[node] = np.mean(made, 0)
  return found


def window(weights, xs, h, parents, activations, last=True, bound=25.0, **more):
  """(outputs before batch norm, states), [T, B, H] each, of xs [T, B, E]."""
  read = {p for sources in parents.values() for p in sources}
  ends = [node for node in parents if node not in read]
  outputs, states = [], []
  for x in xs:
    found = nodes(weights, x, h, parents, activations, **more)
    outputs.append(np.mean([found[end] for end in ends], 0))
    h = found[max(parents)] if last else outputs[-1]
    if last and bound is not None:
      norms = np.linalg.norm(h, axis=1, keepdims=True)
      h = h * np.where(norms > bound, bound / norms, 1)
    states.append(h)
  return np.array(outputs), np.array(states)


def normed(values, scale, offset):
  """Batch norm of each step by its own batch."""
  mean = values.mean(1, keepdims=True)
  variance = values.var(1, keepdims=True)
  return (values - mean) / np.sqrt(variance + 1e-5) * scale + offset


def read(weights, ids, state, arc, drop=None, norm=True, **more):
  """What a window gives that trains, as `child.Outputs`; [T, B, H] each.

  Args:
    ids: [B, T].
    drop: dict with factors 'inputs' [B, E], 'outputs' [B, H], 'weights'
      [H, 2H], 'words' [V]; None for none.

  Returns:
    (outputs before batch norm, outputs, dropped outputs, states)
  """
  drop = drop or {}
  weights = dict(weights)
  xs = weights['embedding/w'][ids.T]
  if 'words' in drop:
    xs = xs * drop['words'][ids.T][..., None]
  xs = xs * drop.get('inputs', 1)
  w_h = weights['rnn_cell/w_h'] * drop.get('weights', 1)
  weights['rnn_cell/w_h'] = w_h
  parents = {node: [p] for node, p in enumerate(arc.predecessors, 1)}
  plain, states = window(weights, xs, state, parents, arc.activations, **more)
  outputs = plain
  if norm:
    outputs = normed(plain, weights['norm/scale'], weights['norm/offset'])
  return plain, outputs, outputs * drop.get('outputs', 1), states


def loss(weights, ids, targets, state, arc, drop=None, norm=True, **more):
  """Mean cross entropy of a window that trains; targets [B, T], see `read`."""
  tops = read(weights, ids, state, arc, drop, norm, **more)[2]
  decoder = weights.get('decoder/w', weights['embedding/w'])
  logits = tops @ decoder.T + weights['decoder/b']
  logits -= logits.max(2, keepdims=True)
  log_sums = np.log(np.exp(logits).sum(2))
  steps, rows = np.indices(targets.T.shape)
  return (log_sums - logits[steps, rows, targets.T]).mean()
