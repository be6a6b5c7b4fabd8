"""The recurrent cell written out slowly, as ground truth; float64."""

import numpy as np


def sigmoid(x):
  return 1 / (1 + np.exp(-x))


FUNCTIONS = (np.tanh, lambda x: np.maximum(x, 0), sigmoid, lambda x: x)


def step(x, state, w_prev, layers, tokens, x_mask=1, mask=1, loose=False):
  """The next state [B, H] by enas_lm's tokens; x, state: [B, H]."""
  nodes = nodes_of(x, state, w_prev, layers, tokens, x_mask, mask)
  places, chosen = tokens[::2], range(1, len(nodes))
  if loose:
    chosen = [node for node in chosen if node not in places]
  return np.mean([nodes[node] for node in chosen], 0)


def nodes_of(x, state, w_prev, layers, tokens, x_mask=1, mask=1):
  """list of all nodes [B, H] of a step."""

  def _node(source, product, activation):
    h, c = np.split(product, 2, axis=1)
    return source + sigmoid(c) * (FUNCTIONS[activation](h) - source)

  entering = np.concatenate([x * x_mask, state * mask], 1)
  nodes = [_node(state, entering.dot(w_prev), 0)]
  places, activations = tokens[::2], tokens[1::2]
  for place, activation, w in zip(places, activations, layers):
    source = nodes[place]
    nodes.append(_node(source, (source * mask).dot(w), activation))
  return nodes


def window(xs, state, *args, **options):
  """States [T, B, H] over inputs [T, B, H]."""
  states = []
  for x in xs:
    state = step(x, state, *args, **options)
    states.append(state)
  return np.array(states)


def cross_entropies(tops, table, targets):
  """Loss of each row: tops [N, H], table [V, H], targets [N]."""
  logits = tops.dot(table.T)
  logits = logits - logits.max(1, keepdims=True)
  log_sum = np.log(np.exp(logits).sum(1))
  return log_sum - logits[np.arange(len(targets)), targets]
