"""Perplexity along a text: state carried, mean weights put in and taken out."""

import numpy as np
import pytest

from src.arc.recurrent_space import RecurrentSpace
from src.ptb import evaluate
from src.ptb import windows as windows_lib
from tests import graph_helpers
from tests.ptb import golden, slow_cell

# 9 predictions in each of two rows, the last window short.
TEXT = evaluate.Text(golden.MATRIX, windows_lib.full_windows(10, 4))


def _slow(table, w_prev, layers):
  """Summed cross entropy of all words, the state carried from first to last."""
  states = slow_cell.window(
    table[golden.MATRIX[:, :-1].T],
    np.zeros([2, 4]),
    w_prev,
    layers,
    golden.FIXED.tokens,
  )
  return slow_cell.cross_entropies(
    states.reshape(-1, 4), table, golden.MATRIX[:, 1:].T.reshape(-1)
  ).sum()


def _slow_fixed(values):
  names = ['embedding/w', 'rnn_cell/w_prev']
  names += ['rnn_cell/layer_%d/w' % node for node in range(3)]
  table, w_prev, *layers = [values['language_model/' + name] for name in names]
  return _slow(table, w_prev, layers)


def test_state_is_carried_along_the_text():
  assert [window.length for window in TEXT.windows] == [4, 4, 1]
  infer, values = golden.fixed().infer, golden.fixed_values()
  with graph_helpers.loaded_session(values) as session:
    found = evaluate.carried(session, infer, TEXT, {})
  assert found.num_words == 18
  np.testing.assert_allclose(found.total_loss, _slow_fixed(values), rtol=1e-6)


def test_scorer_carries_the_state_of_the_cell_it_is_given():
  graph, values = golden.search(), golden.search_values()
  tokens = golden.FIXED.tokens
  layers = [
    values['child/rnn_cell/layer_%d/w' % node][activation, place]
    for node, place, activation in zip((1, 2, 3), tokens[::2], tokens[1::2])
  ]
  with graph_helpers.loaded_session(values) as session:
    space = RecurrentSpace(4)
    text_of = lambda split: TEXT  # noqa: E731
    scorer = evaluate.Scorer(session, graph, text_of, 0, space, space)
    found = scorer.score(golden.FIXED, 'valid')
  expected = _slow(
    values['child/embedding/w'], values['child/rnn_cell/w_prev'], layers
  )
  np.testing.assert_allclose(found.total_loss, expected, rtol=1e-6)


@pytest.mark.parametrize('begun', [False, True])
def test_mean_weights_take_part_once_there_are_any(begun):
  graph = golden.fixed(averaging=True)
  values = golden.fixed_values()
  means = golden.fixed_values(scale=0.2)
  loaded = dict(values, **{'avg_step/step': float(begun)})
  for number, mean in enumerate(means.values()):
    loaded['average/%d' % number] = mean

  def _total():
    return evaluate.carried(session, graph.infer, TEXT, {}).total_loss

  with graph_helpers.loaded_session(loaded) as session:
    with evaluate.averaged(session, graph.train.averaging):
      found = _total()
    afterwards = _total()
  expected = _slow_fixed(means if begun else values)
  np.testing.assert_allclose(found, expected, rtol=1e-6)
  np.testing.assert_allclose(afterwards, _slow_fixed(values), rtol=1e-6)
