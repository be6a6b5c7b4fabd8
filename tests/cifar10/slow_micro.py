"""The micro controller and child once more, in slow NumPy, double precision.

Written from their description (ENAS section 2.4 and the behaviour of
melodyguan/enas), not from `src`; tests compare the two.
"""

import numpy as np

from tests.cifar10 import slow_controller

NUM_OPERATIONS = 5
SEPARABLE_3, SEPARABLE_5, AVG_POOL, MAX_POOL, IDENTITY = range(NUM_OPERATIONS)
KERNELS = {SEPARABLE_3: 3, SEPARABLE_5: 5}


def split_arc(tokens):
  """Flat tokens -> (normal, reduction): lists of (index, op, index, op)."""
  tokens = [int(token) for token in tokens]
  blocks = [tuple(tokens[i : i + 4]) for i in range(0, len(tokens), 4)]
  return blocks[: len(blocks) // 2], blocks[len(blocks) // 2 :]


class SlowMicroController(slow_controller.SlowController):
  """Replays one architecture with the weights of `values`."""

  def replay(self, cells, op_tanh_reduce=1.0):
    """(nll, entropy); cells: as from `split_arc`.

    `op_probabilities` then holds the distribution of every operation choice,
    one list per cell.
    """
    self.op_probabilities = []
    for cell, blocks in enumerate(cells):
      self.op_probabilities.append([])
      self._replay_cell(blocks, cell == 0, op_tanh_reduce)
    return sum(self.nlls), sum(self.entropies)

  def _replay_cell(self, blocks, is_normal, op_tanh_reduce):
    w = self.w
    start = w['g_emb'][0]
    keys, anchors = [], []
    for _ in range(2):
      keys.append(self._step(start).dot(w['attention/w_1']))
      anchors.append(np.zeros_like(start))
    for index_1, op_1, index_2, op_2 in blocks:
      x = start
      for index in (index_1, index_2):
        query = self._step(x).dot(w['attention/w_2'])
        hidden = np.tanh(np.array(keys) + query)
        self._score(self._squash(hidden.dot(w['attention/v'])[:, 0]), index)
        x = anchors[index]
      for op in (op_1, op_2):
        logits = self._step(x).dot(w['softmax/w']) + w['softmax/b'][0]
        if self.temperature is not None:
          logits = logits / self.temperature
        if self.tanh_constant is not None:
          logits = self.tanh_constant / op_tanh_reduce * np.tanh(logits)
        if is_normal:
          logits = logits + np.array([0.25, 0.25, -0.25, -0.25, -0.25])
        self._score(logits, op)
        p = np.exp(logits)
        self.op_probabilities[-1].append(p / p.sum())
        x = w['emb/w'][op]
      h = self._step(x)
      anchors.append(h)
      keys.append(h.dot(w['attention/w_1']))
