"""The macro controller once more, in slow NumPy with double precision.

Written from its description (ENAS section 2.3 and the behaviour of
melodyguan/enas), not from `src`: given an architecture it recomputes what the
sampler must have said about it, token by token.
"""

import collections

import numpy as np

Replay = collections.namedtuple(
  'Replay', ['nll', 'entropy', 'full_entropy', 'skip_count', 'skip_penalty']
)


def _sigmoid(x):
  return 1.0 / (1.0 + np.exp(-x))


class SlowController:
  """Replays one architecture with the weights of `values`."""

  def __init__(
    self, values, tanh_constant=None, temperature=None, keeps_skip_state=True
  ):
    self.w = {
      name.replace('controller/', ''): np.asarray(value, np.float64)
      for name, value in values.items()
    }
    self.tanh_constant, self.temperature = tanh_constant, temperature
    self.keeps_skip_state = keeps_skip_state
    self.lstm = []
    while 'lstm/layer_%d/w' % len(self.lstm) in self.w:
      self.lstm.append(self.w['lstm/layer_%d/w' % len(self.lstm)])
    size = self.w['g_emb'].shape[1]
    self.state = [(np.zeros(size), np.zeros(size)) for _ in self.lstm]
    self.nlls, self.sampled, self.entropies = [], [], []

  def _step(self, x):
    for layer, w in enumerate(self.lstm):
      c, h = self.state[layer]
      z = np.concatenate([x, h]).dot(w)
      for bias in self.w.get('lstm/layer_%d/b' % layer, []):
        z = z + bias
      i, f, o, g = np.split(z, 4)
      c = _sigmoid(i) * np.tanh(g) + _sigmoid(f) * c
      x = _sigmoid(o) * np.tanh(c)
      self.state[layer] = (c, x)
    return x

  def _squash(self, logits):
    if self.temperature is not None:
      logits = logits / self.temperature
    if self.tanh_constant is not None:
      logits = self.tanh_constant * np.tanh(logits)
    return logits

  def _score(self, logits, choice):
    p = np.exp(logits - logits.max())
    p /= p.sum()
    self.nlls.append(-np.log(p[choice]))
    self.sampled.append(-p[choice] * np.log(p[choice]))
    self.entropies.append(-sum(q * np.log(q) for q in p if q > 0))

  def replay(self, layers, skip_target=0.8, penalised='sigmoid'):
    """layers: list of (first tokens, skip bits), see `slow_child`."""
    w = self.w
    x = w['g_emb'][0]
    anchors, count, penalties = [], 0, []
    for head, bits in layers:
      if len(head) == 1:
        logits = self._squash(self._step(x).dot(w['softmax/w']))
        self._score(logits, head[0])
        x = w['emb/w'][head[0]]
      else:
        for branch in range(len(head) // 2):
          start, number = head[2 * branch : 2 * branch + 2]
          scope = '/branch_%d/w_' % branch
          logits = self._squash(self._step(x).dot(w['softmax%sstart' % scope]))
          self._score(logits, start)
          x = w['emb%sstart' % scope][start]
          logits = self._squash(self._step(x).dot(w['softmax%scount' % scope]))
          logits[len(logits) + 1 - start :] = -np.inf
          self._score(logits, number - 1)
          x = w['emb%scount' % scope][number - 1]
      before = list(self.state)
      h = self._step(x)
      if not self.keeps_skip_state:
        self.state = before
      x = w['g_emb'][0]
      if anchors:
        total, kl = np.zeros_like(h), 0.0
        for bit, anchor in zip(bits, anchors):
          hidden = anchor.dot(w['attention/w_1']) + h.dot(w['attention/w_2'])
          q = np.tanh(hidden).dot(w['attention/v'])[0]
          logits = self._squash(np.array([-q, q]))
          self._score(logits, bit)
          no, yes = _sigmoid(logits)
          if penalised == 'softmax':
            no, yes = np.exp(logits) / np.exp(logits).sum()
          kl += no * np.log(no / (1 - skip_target))
          kl += yes * np.log(yes / skip_target)
          total += bit * anchor
        penalties.append(kl)
        count += sum(bits)
        x = total / (1.0 + sum(bits))
      anchors.append(h)
    return Replay(
      sum(self.nlls),
      sum(self.sampled),
      sum(self.entropies),
      count,
      np.mean(penalties) if penalties else 0.0,
    )
