"""Phases, log lines and resuming of runs on a text of twenty words."""

import math
import re

import numpy as np
import pytest

from src.ptb import corpus, evaluate
from src.run import checkpoints
from src.run.errors import RunError, UsageError
from src.tf1 import tf
from tests.ptb import tiny_ptb

CHILD = re.compile(
  r'epoch=\d{1,6} +ch_step=\d{1,6} +loss=\d+\.\d{4} +lr=\d+\.\d{4} +'
  r'\|g\|=\d+\.\d\d +tr_ppl=(\d+\.\d\d) +avg=([01])  mins=\d+\.\d\d +\Z'
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


def _found(out, split, num_words):
  """The lines of the first evaluation, from its loss in metrics.csv."""
  row = next(
    r for r in tiny_ptb.rows(out, 'metrics.csv') if r['phase'] == split
  )
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
  lines = tiny_ptb.lines(search)
  child = [line for line in lines if CHILD.match(line)]
  starts = [i for i, line in enumerate(lines) if 'Training controller' in line]
  assert [lines[i] for i in starts] == [
    'Epoch 1: Training controller',
    'Epoch 2: Training controller',
  ]
  updates = [tiny_ptb.CONTROLLER.match(line) for line in lines[starts[0] :]]
  updates = [int(match.group(1)) for match in updates if match]
  assert updates == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4]
  shown = lines.index('Here are 10 architectures')
  for line in lines[shown + 1 : shown + 11]:
    assert re.match(r'\[0 [0-3]( [0-2] [0-3]){2}\] rw=\d+\.\d{3}\Z', line)
  assert lines[shown + 11] == 'Epoch 1: Eval'
  steps = int(lines[shown + 12].replace('Eval at ', ''))
  metrics = tiny_ptb.rows(search, 'metrics.csv')
  first = [r for r in metrics if r['phase'] == 'child' and r['epoch'] == '0']
  assert len(first) == steps
  assert len(child) == sum(row['phase'] == 'child' for row in metrics)
  # 110 tokens in 4 rows of 27: 3 windows of 7, each with a cell of its own.
  found = _found(search, 'valid', 4 * 21)
  assert lines[shown + 13 : shown + 16] == found
  assert lines[shown + 16] == '-' * 80


def test_training_perplexity_is_that_of_the_pass_so_far(fixed):
  rows = [
    r for r in tiny_ptb.rows(fixed, 'metrics.csv') if r['phase'] == 'child'
  ]
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
  shown = tiny_ptb.rows(search, 'architectures.csv')
  assert [row['epoch'] for row in shown] == ['1'] * 10 + ['2'] * 10
  scores = [
    c.state['score']
    for c in checkpoints.find(str(search))
    if c.state['score'] is not None
  ]
  found = [
    float(row['perplexity'])
    for row in tiny_ptb.rows(search, 'metrics.csv')
    if row['phase'] == 'valid'
  ]
  assert -min(found) == max(scores)


def test_averaging_begins_once_validation_does_not_improve(fixed):
  lines = tiny_ptb.lines(fixed)
  valid = [
    float(row['perplexity'])
    for row in tiny_ptb.rows(fixed, 'metrics.csv')
    if row['phase'] == 'valid'
  ]
  due = [n for n in range(2, 6) if valid[n] > min(valid[: n - 1])]
  assert due, 'nothing would be shown'
  begun = [row['averaged'] for row in tiny_ptb.rows(fixed, 'metrics.csv')]
  assert ('Starting moving_avg' in lines) == bool(due) == ('1' in begun)
  assert 'test_ppl' in lines[-3]


def test_search_stopped_in_every_phase(folder, data, search):
  steps = sum(
    row['phase'] == 'child' and row['epoch'] == '0'
    for row in tiny_ptb.rows(search, 'metrics.csv')
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


def _assert_same(first, second):
  assert tiny_ptb.text(first) == tiny_ptb.text(second)
  assert tiny_ptb.rows(first, 'metrics.csv') == tiny_ptb.rows(
    second, 'metrics.csv'
  )
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
  rows = [
    r for r in tiny_ptb.rows(out, 'metrics.csv') if r['phase'] == 'controller'
  ]
  rewards = [float(row['reward']) for row in rows]
  assert len(rewards) == 6
  for index, row in enumerate(rows):
    expected = np.mean(baseline(rewards, index))
    np.testing.assert_allclose(float(row['baseline']), expected, rtol=1e-5)


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


def test_a_child_of_random_cells(folder, data, search):
  """And windows that rewards do not see; also where the run was stopped."""
  more = ['--child_arcs=random']
  more += ['--derive_split=1']
  out = _differs(folder, data, search, 'chance', *more)
  stopped = folder / 'chance_stopped'
  tiny_ptb.run(
    tiny_ptb.arguments(tiny_ptb.SEARCH, data, stopped, *more),
    [(0, 0, 3), (1, 1, 4)],
  )
  _assert_same(out, stopped)


def test_parts_of_the_validation_text():
  text = corpus.Corpus(
    *(np.arange(2 * 41) % 11 for _ in range(3)), 'abcdefghijk'
  )
  whole = evaluate.text(text, 'valid', 2, 7)
  left = evaluate.text(text, 'valid', 2, 7, kept=2)
  kept = evaluate.text(text, 'derive', 2, 7, kept=2)
  assert left.windows + kept.windows == whole.windows and len(kept.windows) == 2
  assert evaluate.text(text, 'test', 2, 7, kept=2).windows
  count = len(whole.windows)
  with pytest.raises(UsageError, match='of %d windows' % count):
    evaluate.text(text, 'valid', 2, 7, kept=count)


def test_windows_of_one_length(folder, data, search):
  out = _differs(folder, data, search, 'same', '--nochild_random_bptt')
  rows = [r for r in tiny_ptb.rows(out, 'metrics.csv') if r['phase'] == 'child']
  assert len(rows) == 2 * ((440 // 4 - 1) // 7)
  assert {row['learning_rate'] for row in rows} == {'20.0'}


def test_whole_validation_text_and_probe(folder, data, search):
  out = _differs(
    folder, data, search, 'full', '--eval_full',
    '--eval_probe_arc=' + tiny_ptb.ARC, '--num_epochs=1',
  )  # fmt: skip
  # 110 tokens in one row: 109 predictions.
  lines = tiny_ptb.lines(out)
  first = lines.index(_found(out, 'probe', 109)[0])
  assert lines[first : first + 3] == _found(out, 'probe', 109)
  assert 'node 2: relu of node 0' in lines


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
  rows = [r for r in tiny_ptb.rows(out, 'metrics.csv') if r['phase'] == 'child']
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
    r'last good checkpoint is \S+model.ckpt-0; .* --nan_policy=rollback .*'
    r' --child_lr, --child_grad_bound or --controller_lr or another --seed',
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
