"""Whole graphs of the language model: the reference's numbers, state, rates."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.recurrent_space import RecurrentSpace
from src.nn import schedules
from src.ptb import graphs, ptb_enas_child, ptb_ops
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import golden, slow_cell

_SEARCH = [
  # arc, cross entropy, gradient norm, sum w^4 / 2, objective, with loose ends
  ('0 2 1 0 0 1', 2.4187060, 0.1009317, 0.1945420, 2.4201391, 2.4122823),
  ('0 3 0 1 2 2', 2.4147578, 0.0732704, 0.1921710, 2.4157593, 2.4211555),
]


def _close(found, expected, atol=1e-5):
  np.testing.assert_allclose(found, expected, rtol=0, atol=atol)


def test_numbers_of_the_fixed_model():
  graph = golden.fixed()
  train, infer = graph.train, graph.infer
  values = golden.fixed_values()
  with graph_helpers.loaded_session(values) as session:
    loss, final = session.run([infer.loss, infer.final], golden.feeds(infer))
    _close(loss / 10, 2.4040415)
    _close(
      final,
      [
        [0.1754202, 0.1671610, 0.1578288, 0.1413051],
        [0.1526054, 0.1361824, 0.1294666, 0.1318364],
      ],
    )
    feeds = golden.feeds(infer)
    feeds[infer.state] = final
    _close(session.run(infer.loss, feeds) / 10, 2.4041, atol=1e-4)
    found = session.run(
      [
        train.loss,
        train.minimised,
        train.train_ops.grad_norm,
        train.train_ops.learning_rate,
        train.update,
      ],
      golden.feeds(train),
    )
    squares = sum((value**2).sum() for value in values.values())
    _close(squares, 9.2127671)
    _close(found[1] - found[0], 0.7 * 0.0195201)
    found[1] += 8e-7 * squares
    _close(found, [2.4040415, 2.4177130, 0.0867018, 20.0, 1])
    state = session.run('language_model/init_states/batch/s:0')
    _close(state, final)
    _close(session.run(infer.loss, golden.feeds(infer)) / 10, 2.2578719)


def test_loose_ends_of_the_fixed_model():
  infer = golden.fixed(loose_ends=True).infer
  with graph_helpers.loaded_session(golden.fixed_values()) as session:
    loss, final = session.run([infer.loss, infer.final], golden.feeds(infer))
  _close(loss / 10, 2.3992630)
  _close(final[0], [0.1255789, 0.1136829, 0.0862179, 0.0453216])


@pytest.mark.parametrize('text', ['0 2 1 0 0 1', '0 0 3 1 0 0 1'])
def test_both_formats_are_one_cell(text):
  infer = golden.fixed(RecurrentArc.parse(text)).infer
  with graph_helpers.loaded_session(golden.fixed_values()) as session:
    loss = session.run(infer.loss, golden.feeds(infer))
  _close(loss / 10, 2.4040415)


@pytest.mark.parametrize('expected', _SEARCH)
def test_numbers_of_the_search_model(expected):
  graph = golden.search()
  train, infer = graph.train, graph.infer
  tokens = {graph.arc: [int(token) for token in expected[0].split()]}
  with graph_helpers.loaded_session(golden.search_values()) as session:
    feeds = golden.feeds(train, tokens)
    found = session.run(
      [
        train.loss,
        train.train_ops.grad_norm,
        train.decay,
        train.minimised,
        train.update,
      ],
      feeds,
    )
    _close(found[:4], expected[1:5])
    feeds = golden.feeds(infer, tokens)
    after = session.run(infer.loss, feeds) / 10
  if expected is _SEARCH[0]:
    _close(after, 2.2454829)


@pytest.mark.parametrize('expected', _SEARCH)
def test_loose_ends_of_the_search_model(expected):
  graph = golden.search(loose_ends=True)
  feeds = golden.feeds(graph.infer)
  feeds[graph.arc] = [int(token) for token in expected[0].split()]
  with graph_helpers.loaded_session(golden.search_values()) as session:
    _close(session.run(graph.infer.loss, feeds) / 10, expected[5])


def test_reward_baseline_and_loss():
  graph = golden.search()
  trainer, values = graph.controller, golden.search_values()
  values['Variable'] = 0.5
  feeds = golden.feeds(graph.infer, {graph.sample_key: golden.KEY})
  with graph_helpers.loaded_session(values) as session:
    perplexity, reward, nll, loss, baseline = session.run(
      [
        graph.infer.perplexity,
        trainer.reward,
        graph.sample.nll,
        trainer.loss,
        trainer.baseline,
      ],
      feeds,
    )
    np.testing.assert_allclose(reward, 80 / perplexity, rtol=1e-6)
    expected = 0.5 + 0.001 * (reward - 0.5)
    np.testing.assert_allclose(baseline, expected, rtol=1e-6)
    np.testing.assert_allclose(loss, nll * (reward - expected), rtol=1e-6)


def test_loss_of_the_reference():
  graph = golden.search()
  trainer = graph.controller
  values = dict(golden.search_values(), Variable=0.5)
  feeds = {trainer.score: 8.477315, graph.sample.nll: 6.601567}
  with graph_helpers.loaded_session(values) as session:
    baseline, loss = session.run([trainer.baseline, trainer.loss], feeds)
  _close(baseline, 0.5079773, atol=1e-6)
  _close(loss, 52.610115, atol=1e-4)


def test_samples_on_one_window_may_be_centred():
  reinforcement = graphs.ControllerTraining(
    schedules.Constant(0.1), num_aggregate=2
  )
  graph = golden.search(reinforcement=reinforcement)
  trainer, keys = graph.controller, [[3, 0], [3, 1]]
  with graph_helpers.loaded_session(golden.search_values()) as session:
    rewards = [
      session.run(
        trainer.reward, golden.feeds(graph.infer, {graph.sample_key: key})
      )
      for key in keys
    ]
    mean = np.mean(rewards)
    for key, reward in zip(keys, rewards):
      session.run(
        trainer.train_ops.accumulate,
        {graph.sample_key: key, trainer.advantage: reward - mean},
      )
    before = graph_helpers.read_all(session)
    assert session.run(trainer.train_ops.update) == 1
    after = graph_helpers.read_all(session)
  for name in golden.CONTROLLER:
    moved = np.abs(after['controller/' + name] - before['controller/' + name])
    # Adam's first step is lr wherever there is a gradient.
    assert 0.05 < moved.max() < 0.1001


def test_reward_windows_may_have_their_own_baselines():
  reinforcement = graphs.ControllerTraining(
    baseline='per_batch', num_reward_batches=4
  )
  graph = golden.search(reinforcement=reinforcement)
  more = {graph.sample_key: golden.KEY, graph.batch_index: 2}
  with graph_helpers.loaded_session(golden.search_values()) as session:
    reward, advantage = session.run(
      [graph.controller.reward, graph.controller.advantage],
      golden.feeds(graph.infer, more),
    )
    means = session.run('batch_baseline/mean:0')
  np.testing.assert_allclose(means, [0, 0, reward, 0], rtol=1e-6)
  assert advantage == 0


def test_baseline_of_an_update_is_the_mean_of_its_rewards_so_far():
  graph = golden.search(
    reinforcement=graphs.ControllerTraining(
      bl_dec=0.5, baseline='per_update', num_aggregate=3
    )
  )
  assert graph.batch_index is None
  trainer, rewards = graph.controller, []
  with graph_helpers.loaded_session(golden.search_values()) as session:
    for index in range(7):
      more = {
        graph.sample_key: [index, 1],
        graph.sample_number: index % 3,
      }
      reward, baseline, advantage = session.run(
        [trainer.reward, trainer.baseline, trainer.advantage],
        golden.feeds(graph.infer, more),
      )
      rewards = (rewards if index % 3 else []) + [reward]
      np.testing.assert_allclose(baseline, np.mean(rewards), rtol=1e-6)
      np.testing.assert_allclose(advantage, reward - baseline, atol=1e-9)
  assert len(set(rewards)) == 1  # the seventh begins anew


def test_state_is_carried_and_reset():
  train = golden.fixed().train
  state = 'language_model/init_states/batch/s:0'
  windows = [
    (golden.MATRIX[:, start : start + 3], golden.MATRIX[:, start + 1 :][:, :3])
    for start in (0, 3)
  ]
  values = golden.fixed_values()
  with graph_helpers.loaded_session(values) as session:
    before = graph_helpers.read_all(session)
    for window in windows:
      start = session.run(state)
      loss = session.run(
        [train.loss, train.update], golden.feeds(train, window=window)
      )[0]
      xs = before['language_model/embedding/w'][window[0].T]
      states = slow_cell.window(
        xs,
        start,
        before['language_model/rnn_cell/w_prev'],
        [before['language_model/rnn_cell/layer_%d/w' % k] for k in range(3)],
        golden.FIXED.tokens,
      )
      losses = slow_cell.cross_entropies(
        states.reshape(-1, 4),
        before['language_model/embedding/w'],
        window[1].T.reshape(-1),
      )
      _close(loss, losses.mean())
      _close(session.run(state), states[-1])
      before = graph_helpers.read_all(session)
    assert np.any(session.run(state))
    session.run(train.reset_state)
    assert not np.any(session.run(state))


def test_windows_of_any_length_sum_to_the_same_loss():
  infer = golden.fixed().infer
  totals = []
  with graph_helpers.loaded_session(golden.fixed_values()) as session:
    for length in (1, 4, 9):
      state, total = np.zeros([2, 4]), 0.0
      for start in range(0, 9, length):
        end = min(start + length, 9)
        window = golden.MATRIX[:, start:end], golden.MATRIX[:, start + 1 :]
        window = window[0], window[1][:, : end - start]
        loss, state = session.run(
          [infer.loss, infer.final],
          golden.feeds(infer, {infer.state: state}, window),
        )
        total += loss
      totals.append(total)
  np.testing.assert_allclose(totals, totals[0], rtol=1e-6)


def test_rate_follows_the_length_of_the_window_and_the_schedule():
  train = golden.fixed(
    schedule=schedules.WarmUp(
      schedules.Exponential(20.0, 0.5, 2, start=2, lr_min=4.0), 3.0, 1
    )
  ).train
  window = golden.MATRIX[:, :4], golden.MATRIX[:, 1:5]
  rates = []
  with graph_helpers.loaded_session() as session:
    for _ in range(8):
      rates.append(
        session.run(
          [train.train_ops.learning_rate, train.update],
          golden.feeds(train, window=window),
        )[0]
      )
  base = np.array([3, 20, 20, 20, 10, 10, 5, 5])
  np.testing.assert_allclose(rates, base * 4 / 5, rtol=1e-6)


@pytest.mark.parametrize('kind', ['fixed', 'search'])
@pytest.mark.parametrize('form', ['quartic', 'square'])
def test_decay_in_both_forms(kind, form):
  """Plain steps of rate 1 with and without decay differ by its gradient."""
  changed = []
  for l2_reg in (0.0, 0.01):
    with tf.Graph().as_default():
      make = getattr(golden, kind)
      graph = make(
        schedule=schedules.Constant(1.0),
        l2_reg=l2_reg,
        l2_form=form,
        clip=None,
      )
      values = getattr(golden, kind + '_values')()
      more = {} if graph.arc is None else {graph.arc: golden.FIXED.tokens}
      with graph_helpers.loaded_session(values) as session:
        session.run(graph.train.update, golden.feeds(graph.train, more))
        changed.append(graph_helpers.read_all(session))
  for name, value in values.items():
    slope = 4 * value**3 / 2 if form == 'quartic' else 2 * value
    decays = _decays(name, kind, form)
    if kind == 'search' and 'layer' in name:
      node = int(name[-3])
      chosen = np.zeros(value.shape[:2])
      place, activation = golden.FIXED.tokens[2 * node - 2 :][:2]
      chosen[activation, place] = 1
      slope = slope * chosen[..., None, None]
    found = changed[0][name] - changed[1][name]
    _close(found, 0.01 * slope * decays, atol=1e-6)


def _decays(name, kind, form):
  if name.startswith('controller'):
    return False
  if kind == 'fixed' and form == 'square':
    return True
  first = 'layer_0/w' if kind == 'fixed' else 'layer_1/w'
  return not name.endswith(('embedding/w', first))


def test_dropout_is_keyed_by_the_step():
  keep = ptb_ops.Keep(0.9, 0.8, 0.5, 0.75, 0.5, 0.7)
  graph = golden.search(config=golden.child(keep=keep))
  train, losses = graph.train, []
  more = {graph.arc: golden.FIXED.tokens}
  with graph_helpers.loaded_session(golden.search_values()) as session:
    for draw in (0, 1, 0, None):
      fed = dict(more)
      if draw is not None:
        fed[train.draw] = draw
      losses.append(session.run(train.loss, golden.feeds(train, fed)))
  assert losses[0] == losses[2] == losses[3] != losses[1]


def test_averaging_takes_part_in_the_step():
  train = golden.fixed(averaging=True).train
  name = 'language_model/embedding/w'
  values = []
  with graph_helpers.loaded_session(golden.fixed_values()) as session:
    for number in range(1, 4):
      assert session.run(train.averaged_update, golden.feeds(train)) == number
      found = graph_helpers.read_all(session)
      values.append(found[name])
      _close(found['average/0'], np.mean(values, 0), atol=1e-6)


def test_unknown_form_of_decay():
  with pytest.raises(ValueError, match="child_l2_form is 'cubic': expected"):
    golden.fixed(l2_form='cubic')


def test_first_loss_is_that_of_a_uniform_guess():
  config = ptb_enas_child.ChildConfig(
    1000, 16, RecurrentSpace(4), arc=golden.FIXED
  )
  infer = graphs.build(config, 0).infer
  with graph_helpers.loaded_session() as session:
    perplexity = session.run(infer.perplexity, golden.feeds(infer))
  np.testing.assert_allclose(perplexity, 1000, rtol=0.01)
