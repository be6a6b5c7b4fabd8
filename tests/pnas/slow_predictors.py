"""The predictors in NumPy, one cell and one entry at a time."""

import numpy as np


def _sigmoid(x):
  return 1 / (1 + np.exp(-x))


def _head(values, h):
  logit = h.dot(values['scorer/kernel']) + values['scorer/bias']
  return _sigmoid(logit)[0]


def mlp(values, cell):
  """The score of one cell, int [b, 4]; `values` by name within the scope."""
  inputs, ops = values['input_embeddings'], values['op_embeddings']
  blocks = [
    np.concatenate([inputs[i], ops[o], inputs[j], ops[p]])
    for i, o, j, p in cell
  ]
  hidden = np.mean(blocks, 0).dot(values['hidden/kernel'])
  return _head(values, np.maximum(hidden + values['hidden/bias'], 0))


def lstm(values, cell, pairs):
  """As `mlp`; `pairs` for the reference's order of entries."""
  inputs, ops = values['input_embeddings'], values['op_embeddings']
  read = []
  for i, o, j, p in cell:
    if pairs:
      read += [
        np.concatenate([inputs[i], ops[o]]),
        np.concatenate([inputs[j], ops[p]]),
      ]
    else:
      read += [inputs[i], inputs[j], ops[o], ops[p]]
  size = len(values['lstm/recurrent'])
  h = c = np.zeros(size)
  for x in read:
    z = x.dot(values['lstm/kernel']) + h.dot(values['lstm/recurrent'])
    i, f, o, g = np.split(z + values['lstm/bias'], 4)
    c = _sigmoid(i) * np.tanh(g) + _sigmoid(f) * c
    h = _sigmoid(o) * np.tanh(c)
  return _head(values, h)
