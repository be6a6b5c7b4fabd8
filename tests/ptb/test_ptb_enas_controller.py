"""The controller of recurrent cells against a slow walk and the reference."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.nn import keyed
from src.ptb import ptb_enas_controller
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import golden, slow_cell

# Tokens, their -log p in the reference, the sum, the "entropy".
_REFERENCE = [
  (
    [0, 2, 1, 0, 0, 1],
    [0, 1.389495, 0.460882, 1.383615, 1.975994, 1.391581],
    6.601567,
    1.603766,
  ),
  (
    [0, 3, 0, 1, 2, 2],
    [0, 1.387133, 0.996192, 1.381596, 0.662258, 1.390942],
    5.818120,
    1.749035,
  ),
]
_CONFIG = ptb_enas_controller.ControllerConfig(
  3, lstm_size=8, tanh_constant=2.25, temperature=5.0
)


def _forced(config, tokens):
  """The sampler, made to choose these tokens."""
  noise = []
  for number, token in enumerate(tokens):
    count = config.num_funcs if number % 2 else number // 2 + 1
    noise.append(tf.constant([[1e4 * (k == token) for k in range(count)]]))
  return ptb_enas_controller.walk(config, noise)


def _slow(config, tokens, values):
  """(-log p of each token, entropy of each token's distribution)."""
  w, start, table, w_1, w_2, v = (
    values['controller/' + name] for name in golden.CONTROLLER
  )
  state = [np.zeros_like(start), np.zeros_like(start)]

  def _lstm(x):
    i, f, o, g = np.split(np.hstack([x, state[1]]).dot(w), 4, axis=1)
    c = slow_cell.sigmoid(i) * np.tanh(g) + slow_cell.sigmoid(f) * state[0]
    state[:] = [c, slow_cell.sigmoid(o) * np.tanh(c)]
    return state[1]

  nlls, entropies = [], []

  def _count(logits, token):
    log_p = logits - np.log(np.exp(logits).sum())
    nlls.append(-log_p[token])
    entropies.append(-(np.exp(log_p) * log_p).sum())

  outputs, x = [np.zeros_like(start)], start
  keys = [np.zeros_like(start)]
  for node in range(1, config.num_nodes + 1):
    place, activation = tokens[2 * node - 2 : 2 * node]
    h = _lstm(x)
    outputs.append(h)
    keys.append(h.dot(w_1))
    logits = [np.tanh(h.dot(w_2) + keys[k]).dot(v)[0, 0] for k in range(node)]
    logits = 2.25 * np.tanh(np.array(logits) / 5)
    if config.distance_penalty:
      distances = node - np.arange(node)
      logits = logits - distances**2 / config.distance_penalty
    _count(logits, place)
    h = _lstm(outputs[place] / (0.1 + node - place))
    _count(2.25 * np.tanh(h.dot(table.T)[0] / 5), activation)
    x = table[activation][None]
  return np.array(nlls), np.array(entropies)


@pytest.mark.parametrize('tokens, nlls, total, entropy', _REFERENCE)
def test_numbers_of_the_reference(tokens, nlls, total, entropy):
  sample = _forced(_CONFIG, tokens)
  values = golden.controller_values()
  with graph_helpers.loaded_session(values) as session:
    found = session.run(sample)
  assert found.arc.tolist() == tokens
  np.testing.assert_allclose(found.nll, total, atol=1e-5)
  np.testing.assert_allclose(found.entropy, entropy, atol=1e-5)
  slow, _ = _slow(_CONFIG, tokens, values)
  np.testing.assert_allclose(slow, nlls, atol=1e-5)


@pytest.mark.parametrize('penalty', [6.0, 2.0, None])
@pytest.mark.parametrize('full', [False, True])
def test_a_walk(penalty, full):
  config = _CONFIG._replace(distance_penalty=penalty, full_entropy=full)
  tokens, values = [0, 1, 0, 3, 1, 2], golden.controller_values()
  sample = _forced(config, tokens)
  with graph_helpers.loaded_session(values) as session:
    found = session.run(sample)
  nlls, entropies = _slow(config, tokens, values)
  if not full:
    entropies = nlls * np.exp(-nlls)
  np.testing.assert_allclose(found.nll, nlls.sum(), rtol=1e-5)
  np.testing.assert_allclose(found.entropy, entropies.sum(), rtol=1e-5)
  np.testing.assert_allclose(found.log_probs, -nlls, rtol=1e-4, atol=1e-6)
  np.testing.assert_allclose(found.entropies, entropies, rtol=1e-4, atol=1e-6)
  assert found.states.shape == (6, 8) and found.metrics == {}


def test_an_untrained_controller():
  key = tf.placeholder(tf.int32, [2])
  config = ptb_enas_controller.ControllerConfig(
    9, tanh_constant=2.25, temperature=5.0
  )
  sample = config.build(key)
  with graph_helpers.loaded_session() as session:
    found = [
      session.run(sample, {key: keyed.pair(0, 'test', number)})
      for number in range(1500)
    ]
  arcs = np.array([one.arc for one in found])
  for arc in arcs[:50]:
    assert RecurrentArc.from_tokens(arc).num_nodes == 10
  assert arcs.dtype == np.int32 and not arcs[:, 0].any()
  # The spread of 3,000 samples' mean allows 0.02; half as many are drawn here.
  assert abs(np.mean([one.entropy for one in found]) - 5.748) < 0.03
  assert abs(np.mean([one.nll for one in found]) - 21.03) < 0.1
  frequencies = np.bincount(arcs[:, 1::2].ravel()) / (9 * 1500)
  np.testing.assert_allclose(frequencies, 0.25, atol=0.015)
  last = np.bincount(arcs[:, 16], minlength=9)[5:] / 1500.0
  np.testing.assert_allclose(last, [0.0416, 0.1335, 0.3073, 0.5066], atol=0.04)


def test_weights_start_small():
  ptb_enas_controller.sample(_CONFIG, tf.constant([1, 2]))
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
  assert sorted(values) == sorted('controller/' + n for n in golden.CONTROLLER)
  for value in values.values():
    assert 0 < np.abs(value).max() <= 0.01


def test_the_walk_uses_fewer_activations_if_told():
  config = _CONFIG._replace(num_funcs=2)
  key = tf.placeholder(tf.int32, [2])
  sample = config.build(key)
  with graph_helpers.loaded_session() as session:
    arcs = [session.run(sample.arc, {key: [1, n]}) for n in range(40)]
  assert set(np.array(arcs)[:, 1::2].ravel()) == {0, 1}
