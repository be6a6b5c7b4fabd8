"""Phases, log lines and resuming of runs on a text of twenty words."""

import csv
import math
import re
import types

import numpy as np
import pytest

from src.arc.recurrent import RecurrentArc
from src.ptb import evaluate
from src.ptb.experiment import Experiment
from src.run import checkpoints
from src.run import session as sessions
from src.run.errors import RunError
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import tiny_ptb

CHILD = re.compile(
  r'epoch=\d{1,6} +ch_step=\d{1,6} +loss=\d+\.\d{4} +lr=\d+\.\d{4} +'
  r'\|g\|=\d+\.\d\d +tr_ppl=(\d+\.\d\d) +avg=([01])  mins=\d+\.\d\d +\Z'
)
CONTROLLER = re.compile(
  r'ctrl_step=(\d+) +loss=-?\d+\.\d{3} +ent=\d+\.\d\d +lr=5\.00e-05 +'
  r'\|g\|=\d+\.\d{7} +rw=(\d+\.\d{3}) +bl=\d+\.\d{3} +mins=\d+\.\d\d\Z'
)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('ptb')


@pytest.fixture(scope='module')
def data(folder):
  return tiny_ptb.write_data(folder / 'data')


@pytest.fixture(scope='module')
def search(folder, data):
  out = folder / 'search'
  tiny_ptb.run(tiny_ptb.arguments(tiny_ptb.SEARCH, data, out))
  return out


ASGD = [
  '--child_optim_algo=asgd',
  '--child_asgd_threshold=1',
  '--num_epochs=6',
  '--child_reset_train_states=0.3',
]


@pytest.fixture(scope='module')
def fixed(folder, data):
  out = folder / 'fixed'
  tiny_ptb.run(tiny_ptb.arguments(tiny_ptb.FIXED + ASGD, data, out))
  return out


def _lines(out):
  with open(str(out / 'stdout')) as file:
    return file.read().split('\n')


def _rows(out, name):
  with open(str(out / name)) as file:
    return list(csv.DictReader(file))


def _found(out, split, num_words):
  """The lines of the first evaluation, from its loss in metrics.csv."""
  row = next(r for r in _rows(out, 'metrics.csv') if r['phase'] == split)
  loss = float(row['loss'])
  assert float(row['perplexity']) == math.exp(loss / num_words)
  numbers = loss, loss / num_words, math.exp(loss / num_words)
  return [
    '%s_%s: %-6.2f' % (split, name, number)
    for name, number in zip(('total_loss', 'log_ppl', 'ppl'), numbers)
  ]


def _variables(out):
  reader = tf.train.load_checkpoint(checkpoints.find(str(out))[-1].prefix)
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


def test_lines_of_a_search(search):
  lines = _lines(search)
  child = [line for line in lines if CHILD.match(line)]
  starts = [i for i, line in enumerate(lines) if 'Training controller' in line]
  assert [lines[i] for i in starts] == [
    'Epoch 1: Training controller',
    'Epoch 2: Training controller',
  ]
  updates = [CONTROLLER.match(line) for line in lines[starts[0] :]]
  updates = [int(match.group(1)) for match in updates if match]
  assert updates == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
  shown = lines.index('Here are 10 architectures')
  for line in lines[shown + 1 : shown + 11]:
    assert re.match(r'\[0 [0-3]( [0-2] [0-3]){2}\] rw=\d+\.\d{3}\Z', line)
  assert lines[shown + 11] == 'Epoch 1: Eval'
  steps = int(lines[shown + 12].replace('Eval at ', ''))
  metrics = _rows(search, 'metrics.csv')
  first = [r for r in metrics if r['phase'] == 'child' and r['epoch'] == '0']
  assert len(first) == steps
  assert len(child) == sum(row['phase'] == 'child' for row in metrics)
  # 110 tokens in 4 rows of 27: 3 windows of 7, each with a cell of its own.
  found = _found(search, 'valid', 4 * 21)
  assert lines[shown + 13 : shown + 16] == found
  assert lines[shown + 16] == '-' * 80


def test_the_controller_logs_each_update_however_rarely_the_child(
  tmp_path, data
):
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path, '--log_every=200')
  with tiny_ptb.started(argv) as run:
    for index in range(6):
      run._controller(0, index)
  found = [CONTROLLER.match(line) for line in _lines(tmp_path)]
  assert [match.group(1) for match in found if match] == ['0', '1']
  rows = _rows(tmp_path, 'metrics.csv')
  assert [row['step'] for row in rows] == ['0', '1']
  assert {float(row['learning_rate']) for row in rows} == {5e-5}


def test_training_perplexity_is_that_of_the_pass_so_far(fixed):
  rows = [r for r in _rows(fixed, 'metrics.csv') if r['phase'] == 'child']
  for epoch in ('0', '1'):
    of_pass = [row for row in rows if row['epoch'] == epoch]
    losses = [float(row['loss']) for row in of_pass]
    # The loss is summed over a window, whose length sets the rate: 20 l / 7.
    means = [
      loss / round(float(row['learning_rate']) * 7 / 20)
      for loss, row in zip(losses, of_pass)
    ]
    np.testing.assert_allclose(
      float(of_pass[-1]['perplexity']), np.exp(np.mean(means)), rtol=1e-4
    )


def test_tables_and_best_checkpoint_of_a_search(search):
  shown = _rows(search, 'architectures.csv')
  assert [row['epoch'] for row in shown] == ['1'] * 10 + ['2'] * 10
  scores = [
    c.state['score']
    for c in checkpoints.find(str(search))
    if c.state['score'] is not None
  ]
  found = [
    float(row['perplexity'])
    for row in _rows(search, 'metrics.csv')
    if row['phase'] == 'valid'
  ]
  assert -min(found) == max(scores)


def test_averaging_begins_once_validation_does_not_improve(fixed):
  lines = _lines(fixed)
  valid = [
    float(row['perplexity'])
    for row in _rows(fixed, 'metrics.csv')
    if row['phase'] == 'valid'
  ]
  due = [n for n in range(2, 6) if valid[n] > min(valid[: n - 1])]
  assert due, 'nothing would be shown'
  begun = [row['averaged'] for row in _rows(fixed, 'metrics.csv')]
  assert ('Starting moving_avg' in lines) == bool(due) == ('1' in begun)
  assert 'test_ppl' in lines[-3]


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
    shown = _rows(tmp_path, 'architectures.csv')
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
  losses = [row['loss'] for row in _rows(tmp_path, 'metrics.csv')]
  assert losses[0] == losses[1]
  assert losses[2] != losses[3]  # later windows take what is there


def test_search_stopped_in_every_phase(folder, data, search):
  steps = sum(
    row['phase'] == 'child' and row['epoch'] == '0'
    for row in _rows(search, 'metrics.csv')
  )
  again = folder / 'search_again'
  tiny_ptb.run(
    tiny_ptb.arguments(tiny_ptb.SEARCH, data, again),
    [(0, 0, 3), (0, 1, 2), (0, 2, 4), (1, 0, 0), (1, 0, 5)],
  )
  _assert_same(search, again)
  assert checkpoints.find(str(again))[0].prefix.startswith(
    str(again / 'model.ckpt-')
  )
  assert steps == int(
    re.search(r'Eval at (\d+)', tiny_ptb.text(search)).group(1)
  )


def test_fixed_run_stopped_while_it_averages(folder, data, fixed):
  again = folder / 'fixed_again'
  tiny_ptb.run(
    tiny_ptb.arguments(tiny_ptb.FIXED + ASGD, data, again),
    [(0, 0, 4), (2, 0, 1), (3, 1, 0), (5, 0, 3), (5, 1, 1)],
  )
  _assert_same(fixed, again)


def test_other_texts_do_not_go_on(tmp_path, data):
  folder = tmp_path / 'data'
  tiny_ptb.write_data(folder)
  train, valid = folder / 'train.txt', folder / 'valid.txt'
  out = tmp_path / 'out'
  out.mkdir()
  argv = tiny_ptb.arguments(tiny_ptb.FIXED, folder, out)
  with tiny_ptb.started(argv) as run:
    state = run.state()
  with tiny_ptb.started(argv, state):
    pass  # the same
  old = {name: state[name] for name in state if name != 'corpus'}
  valid.write_text(valid.read_text().replace('w03', 'w04'))
  with tiny_ptb.started(argv, old):
    pass  # a checkpoint that does not say
  message = (
    r'--data_path holds other data than this run was trained on '
    r'\(other: %s\): give the same texts\Z'
  )
  with pytest.raises(RunError, match=message % 'valid'):
    with tiny_ptb.started(argv, state):
      pass
  # Another word in the place of one gives the same ids.
  train.write_text(train.read_text().replace('w18', 'w99'))
  valid.write_text(valid.read_text().replace('w18', 'w99'))
  test = folder / 'test.txt'
  test.write_text(test.read_text().replace('w18', 'w99'))
  with pytest.raises(RunError, match=message % 'vocabulary, valid'):
    with tiny_ptb.started(argv, state):
      pass


def _assert_same(first, second):
  assert tiny_ptb.text(first) == tiny_ptb.text(second)
  assert _rows(first, 'metrics.csv') == _rows(second, 'metrics.csv')
  wanted, found = _variables(first), _variables(second)
  assert sorted(wanted) == sorted(found)
  for name, value in wanted.items():
    np.testing.assert_array_equal(found[name], value, name)


def _differs(folder, data, search, name, *more):
  """The log of a search with other flags, which must not be that without."""
  out = folder / name
  tiny_ptb.run(tiny_ptb.arguments(tiny_ptb.SEARCH, data, out, *more))
  assert tiny_ptb.text(out) != tiny_ptb.text(search)
  return out


@pytest.mark.parametrize(
  ('flags', 'windows'),
  [
    ([], [0, 1, 2, 0, 1, 2]),
    (['--controller_shared_batch'], [0, 0, 0, 1, 1, 1]),
  ],
)
def test_windows_of_the_controller(folder, data, monkeypatch, flags, windows):
  fed, feeds = [], evaluate.Text.feeds

  def _feeds(text, infer, number):
    fed.append(number)
    return feeds(text, infer, number)

  monkeypatch.setattr(evaluate.Text, 'feeds', _feeds)
  out = folder / ('windows%d' % len(flags))
  tiny_ptb.run(
    tiny_ptb.arguments(tiny_ptb.SEARCH, data, out, '--num_epochs=1', *flags)
  )
  assert fed[: len(windows)] == windows


@pytest.mark.parametrize(
  ('flags', 'baseline'),
  [
    # Three windows come up twice each, or one in each update of three.
    (['--controller_baseline=per_batch'], lambda r, i: r[i % 3 : i + 1 : 3]),
    (
      ['--controller_baseline=per_update', '--controller_shared_batch'],
      lambda r, i: r[i // 3 * 3 : i + 1],
    ),
  ],
  ids=['per_batch', 'per_update'],
)
def test_baselines_of_a_search(folder, data, flags, baseline):
  """Also where the run was stopped in between."""
  out = folder / flags[0]
  tiny_ptb.run(
    tiny_ptb.arguments(tiny_ptb.SEARCH, data, out, '--num_epochs=1', *flags),
    [(0, 1, 4)],
  )
  rows = [r for r in _rows(out, 'metrics.csv') if r['phase'] == 'controller']
  rewards = [float(row['reward']) for row in rows]
  assert len(rewards) == 6
  for index, row in enumerate(rows):
    expected = np.mean(baseline(rewards, index))
    np.testing.assert_allclose(float(row['baseline']), expected, rtol=1e-5)


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
  found = [CONTROLLER.match(line) for line in _lines(tmp_path)]
  assert [match.group(1) for match in found if match] == ['1', '2', '3']
  assert [value['train_step'] for value in values] == [0, 1, 2, 3]
  for before, after in zip(values, values[1:]):
    # Adam's step is lr, and never quite 0.
    moved = np.abs(after['controller/lstm/w'] - before['controller/lstm/w'])
    assert 4e-5 < moved.max() < 6e-5


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
  phases = [row['phase'] for row in _rows(tmp_path, 'metrics.csv')]
  assert phases == ['child', 'valid']


def test_states_are_set_to_zero_by_chance(folder, data, search):
  state = next(name for name in _variables(search) if '/init_states/' in name)
  out = folder / 'zeroed'
  tiny_ptb.run(
    tiny_ptb.arguments(
      tiny_ptb.SEARCH,
      data,
      out,
      '--child_reset_train_states=1',
      '--num_epochs=1',
    )
  )
  assert np.any(_variables(search)[state])
  assert not np.any(_variables(out)[state])
  half = _differs(
    folder, data, search, 'half', '--child_reset_train_states=0.5',
    '--num_epochs=1',
  )  # fmt: skip
  assert tiny_ptb.text(half) != tiny_ptb.text(out)


def test_windows_of_one_length(folder, data, search):
  out = _differs(folder, data, search, 'same', '--nochild_random_bptt')
  rows = [r for r in _rows(out, 'metrics.csv') if r['phase'] == 'child']
  assert len(rows) == 2 * ((440 // 4 - 1) // 7)
  assert {row['learning_rate'] for row in rows} == {'20.0'}


def test_whole_validation_text_and_probe(folder, data, search):
  out = _differs(
    folder, data, search, 'full', '--eval_full',
    '--eval_probe_arc=' + tiny_ptb.ARC, '--num_epochs=1',
  )  # fmt: skip
  # 110 tokens in one row: 109 predictions.
  lines = _lines(out)
  first = lines.index(_found(out, 'probe', 109)[0])
  assert lines[first : first + 3] == _found(out, 'probe', 109)
  assert 'node 2: relu of node 0' in lines


def test_the_probe_does_not_choose_the_best_checkpoint(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path, '--eval_probe_arc=' + tiny_ptb.ARC
  )
  with tiny_ptb.started(argv) as run:
    phase = run.plan(0)[-1]
    for index in range(phase.length):
      phase.step(0, index)
    score = run.state()['score']
  found = [row['perplexity'] for row in _rows(tmp_path, 'metrics.csv')]
  assert len(found) == len(set(found)) == 2
  assert score == -float(found[0])


def test_averaging_from_a_step_on(folder, data):
  out = folder / 'from_step'
  tiny_ptb.run(
    tiny_ptb.arguments(
      tiny_ptb.FIXED + ASGD,
      data,
      out,
      '--child_asgd_start_step=5',
      '--num_epochs=1',
    )  # fmt: skip
  )
  rows = [r for r in _rows(out, 'metrics.csv') if r['phase'] == 'child']
  assert [row['averaged'] for row in rows] == ['0'] * 5 + ['1'] * (
    len(rows) - 5
  )
  assert _variables(out)['avg_step/step'] == len(rows) - 5


def test_not_finite_stops_and_rolls_back(folder, data, capsys):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, folder / 'nan', '--child_lr=1e30',
    '--child_grad_bound=1e30',
  )  # fmt: skip
  with pytest.raises(RunError) as error:
    tiny_ptb.run(argv)
  assert re.match(
    r'child step \d+: loss \S+, \|g\| \S+, lr \S+, arc 0 [0-3]( \d){4}; the '
    r'last good checkpoint is \S+model.ckpt-0\Z',
    str(error.value),
  )
  with pytest.raises(RunError):
    tiny_ptb.run(argv + ['--nan_policy=rollback'])
  assert 'time 3 of at most 3' in capsys.readouterr().out


def test_perplexity_of_sums():
  found = evaluate.Perplexity(20.0, 10)
  assert found.row() == (20.0, 10, 2.0, np.exp(2.0))
  assert str(found) == 'valid_ppl 7.39 (log 2.0000, 10 words)'
  assert evaluate.Perplexity(1e6, 1).value == float('inf')
  assert evaluate.Perplexity(float('nan'), 1).rank == float('inf')
