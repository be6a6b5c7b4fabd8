"""Single steps and plans of runs on a text of twenty words."""

import types

import numpy as np
import pytest

from src.arc.recurrent import RecurrentArc
from src.ptb import evaluate
from src.ptb.experiment import Experiment
from src.run import session as sessions
from src.run.trainer import NotFinite
from tests import graph_helpers
from tests.ptb import tiny_ptb


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny_ptb.write_data(tmp_path_factory.mktemp('ptb'))


def test_the_controller_logs_each_update_however_rarely_the_child(
  tmp_path, data
):
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path, '--log_every=200')
  with tiny_ptb.started(argv) as run:
    for index in range(6):
      run._controller(0, index)
  found = [tiny_ptb.CONTROLLER.match(line) for line in tiny_ptb.lines(tmp_path)]
  assert [match.group(1) for match in found if match] == ['0', '1']
  rows = tiny_ptb.rows(tmp_path, 'metrics.csv')
  assert [row['step'] for row in rows] == ['0', '1']
  assert {float(row['learning_rate']) for row in rows} == {5e-5}


@pytest.mark.parametrize(
  ('threshold', 'perplexities', 'begun'),
  [
    (10, range(20, 60), 12),  # worse from the second on, yet not before
    # Worse than the best before the last two, that is than 5, 4, at last 3.
    (2, [5, 4, 3, 3.5, 3.6, 3.7], 6),
    (2, [5, 4, 3, 3.5, 2.9, 3.01], 6),
    (2, [5, 4, 3, 3.5, 3.6, 2.9, 2.8, 2.95], None),
    (2, [3] * 9, None),
    (2, [9, 8, 7, 6, 5, 4, 3], None),
    (3, [5, 6, 7, 8], None),
    (3, [5, 6, 7, 8, 9], 5),
  ],
)
def test_evaluation_after_which_averaging_begins(
  threshold, perplexities, begun
):
  at = []
  run = types.SimpleNamespace(
    config=types.SimpleNamespace(
      average_threshold=threshold, average_start_step=None
    ),
    _history=[],
    _start_averaging=lambda: at.append(len(run._history) + 1),
  )
  for perplexity in perplexities:
    Experiment._trigger(run, perplexity)
  assert run._history == list(perplexities)
  assert at[:1] == ([begun] if begun else [])


def test_a_start_step_leaves_validation_no_say():
  run = types.SimpleNamespace(
    config=types.SimpleNamespace(average_threshold=1, average_start_step=9),
    _history=[1.0, 2.0, 3.0],
  )
  assert Experiment._trigger(run, 4.0) is None
  assert run._history == [1.0, 2.0, 3.0, 4.0]


def test_shown_cells_are_scored_without_the_entropy(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path, '--controller_entropy_weight=1000'
  )
  with tiny_ptb.started(argv) as run:
    for index in range(4):
      run._architecture(0, index)
    shown = tiny_ptb.rows(tmp_path, 'architectures.csv')
    assert len(shown) == 4
    for index, row in enumerate(shown):
      # Three windows, one after the other, each from a state of zeros.
      window = run._valid._replace(windows=[run._valid.windows[index % 3]])
      arc = RecurrentArc.parse(row['arc'])
      perplexity = evaluate.carried(
        run.session, run.graph.infer, window, {run.graph.arc: arc.tokens}
      ).value
      np.testing.assert_allclose(
        float(row['reward']), 80 / perplexity, rtol=1e-5
      )


def test_a_pass_begins_with_a_state_of_zeros(tmp_path, data):
  with tiny_ptb.started(
    tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path)
  ) as run:
    values = graph_helpers.read_all(run.session)
    name = next(name for name in values if '/init_states/' in name)
    for index in (0, 1):
      for state in (0.0, 0.7):
        values[name] = np.full_like(values[name], state)
        sessions.load(run.session, values)
        run._child(1, index)
  losses = [row['loss'] for row in tiny_ptb.rows(tmp_path, 'metrics.csv')]
  assert losses[0] == losses[1]
  assert losses[2] != losses[3]  # later windows take what is there


def test_other_texts_are_other_data(tmp_path):
  folder = tmp_path / 'data'
  tiny_ptb.write_data(folder)
  train, valid = folder / 'train.txt', folder / 'valid.txt'
  argv = tiny_ptb.arguments(tiny_ptb.FIXED, folder, tmp_path / 'out')

  def _fingerprint():
    with tiny_ptb.started(argv) as run:
      assert run.state()['data'] == run.fingerprint
      return run.fingerprint

  (tmp_path / 'out').mkdir()
  before = _fingerprint()
  assert _fingerprint() == before
  valid.write_text(valid.read_text().replace('w03', 'w04'))
  assert _others(before, _fingerprint()) == ['valid']
  # Another word in the place of one gives the same ids.
  for path in (train, valid, folder / 'test.txt'):
    path.write_text(path.read_text().replace('w18', 'w99'))
  assert _others(before, _fingerprint()) == ['valid', 'vocabulary']


def _others(before, after):
  return sorted(name for name in before if before[name] != after[name])


def test_phases_of_a_search(tmp_path, data):
  def _after(phase):
    """The epochs, from 1, that have a phase."""
    return [
      epoch + 1
      for epoch in range(12)
      if phase in [planned.name for planned in run.plan(epoch)]
    ]

  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path)
  with tiny_ptb.started(argv) as run:
    for eval_every, train_every, evaluated, trained in (
      (1, 1, range(1, 13), range(1, 13)),
      (3, 1, [3, 6, 9, 12], [3, 6, 9, 12]),
      (1, 5, range(1, 13), [5, 10]),
      (3, 2, [3, 6, 9, 12], [6, 12]),
    ):
      run.config = run.config._replace(
        eval_every_epochs=eval_every, controller_train_every=train_every
      )
      assert _after('child') == list(range(1, 13))
      assert _after('eval') == list(evaluated)
      assert _after('controller') == _after('architectures') == list(trained)
      # Rewards are numbered without gaps.
      draws = [run._draw(epoch - 1, 0) for epoch in trained]
      assert draws == [6 * number for number in range(len(draws))]


def test_phases_of_a_fixed_cell(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.FIXED, data, tmp_path, '--eval_every_epochs=3', '--num_epochs=7'
  )
  with tiny_ptb.started(argv) as run:
    phases = [run.plan(epoch) for epoch in range(7)]
  assert {tuple(p.name for p in plan) for plan in phases} == {('child', 'eval')}
  # Validation after epochs 3 and 6, the test text after the last.
  assert [plan[1].length for plan in phases] == [0, 0, 1, 0, 0, 1, 1]


def test_each_sample_updates_a_controller_that_is_not_synchronous(
  tmp_path, data
):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path, '--nocontroller_sync_replicas'
  )
  with tiny_ptb.started(argv) as run:
    assert run.plan(0)[1].length == 6  # as many samples as with it
    values = [graph_helpers.read_all(run.session)]
    for index in range(3):
      run._controller(0, index)
      values.append(graph_helpers.read_all(run.session))
  found = [tiny_ptb.CONTROLLER.match(line) for line in tiny_ptb.lines(tmp_path)]
  assert [match.group(1) for match in found if match] == ['1', '2', '3']
  assert [value['train_step'] for value in values] == [0, 1, 2, 3]
  for before, after in zip(values, values[1:]):
    # Adam's step is lr, and never quite 0.
    moved = np.abs(after['controller/lstm/w'] - before['controller/lstm/w'])
    assert 4e-5 < moved.max() < 6e-5


def test_a_sum_with_a_gradient_that_is_not_finite_is_not_applied(
  tmp_path, data
):
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path)
  with tiny_ptb.started(argv) as run:
    feeds = run._reward_feeds(2)
    feeds[run.graph.controller.advantage] = float('nan')
    run._reward_feeds = lambda draw: feeds
    with pytest.raises(NotFinite, match='controller step 1: loss nan'):
      run._controller(0, 2)
    values = graph_helpers.read_all(run.session)
  assert values['train_step'] == 0
  assert np.isfinite(values['controller/lstm/w']).all()


def test_search_without_training_its_controller(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path, '--nocontroller_training'
  )
  with tiny_ptb.started(argv) as run:
    before = graph_helpers.read_all(run.session)
    assert [phase.name for phase in run.plan(0)] == ['child', 'eval']
    run._child(0, 0)
    run._eval(0, 0, 'valid')
    after = graph_helpers.read_all(run.session)
  assert 'train_step' not in after
  for name, value in before.items():
    if name.startswith('controller'):
      np.testing.assert_array_equal(after[name], value)
  assert np.any(before['child/embedding/w'] != after['child/embedding/w'])
  phases = [row['phase'] for row in tiny_ptb.rows(tmp_path, 'metrics.csv')]
  assert phases == ['child', 'valid']


def test_the_probe_does_not_choose_the_best_checkpoint(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path, '--eval_probe_arc=' + tiny_ptb.ARC
  )
  with tiny_ptb.started(argv) as run:
    phase = run.plan(0)[-1]
    for index in range(phase.length):
      phase.step(0, index)
    score = run.state()['score']
  found = [row['perplexity'] for row in tiny_ptb.rows(tmp_path, 'metrics.csv')]
  assert len(found) == len(set(found)) == 2
  assert score == -float(found[0])


def test_a_cell_learns_which_word_follows_which(tmp_path, data):
  """Nothing dropped, it falls far below what counting words gives."""
  argv = tiny_ptb.arguments(
    tiny_ptb.FIXED, data, tmp_path, '--child_lstm_hidden_size=16',
    '--child_lr=10', '--child_grad_bound=0.25', '--child_rnn_slowness_reg=0',
    '--log_every=1000',
    *('--child_lstm_%s_keep=1' % name for name in 'eixho'),
  )  # fmt: skip
  with tiny_ptb.started(argv) as run:
    shares = np.bincount(run._train.ravel()) / run._train.size
    shares = shares[shares > 0]
    unigram = np.exp(-(shares * np.log(shares)).sum())
    assert unigram > 19
    before = run._measured(0, 'valid').value
    for epoch in range(40):
      for index in range(run.plan(epoch)[0].length):
        run._child(epoch, index)
    total, count = run.state()['losses']
    after = run._measured(0, 'valid').value
  assert before == pytest.approx(20, rel=0.02)
  assert np.exp(total / count) < unigram / 3
  assert after < unigram / 2
