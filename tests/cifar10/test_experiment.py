"""What an epoch consists of, and the lines it writes, byte for byte.

The graph is a stand-in here: fetches are names, and a recording session looks
their values up. Runs on real graphs are in test_resume and test_main.
"""

import types

import numpy as np
import pytest

from src.arc import MACRO_OPERATIONS, MacroArc, MacroSpace
from src.cifar10 import data_utils, experiment
from src.images import in_memory
from src.nn import keyed
from src.run.trainer import NotFinite

SAMPLE_LINES = [
  'epoch=0     ch_step=4      loss=2.316579 lr=0.0500   |g|=0.5126   '
  'tr_acc=6  / 50 mins=0.04      ',
  'ctrl_step=0      loss=0.469   ent=1.94  lr=0.0010 |g|=0.0337   acc=0.0600 '
  'bl=0.00  mins=0.09',
]


class _Session:
  """Looks fetches up in a dict and remembers every run."""

  def __init__(self, values):
    self.values = values
    self.runs = []

  def run(self, fetches, feeds=None):
    self.runs.append((fetches, feeds or {}))
    return self._value(fetches, feeds or {})

  def _value(self, fetch, feeds):
    if isinstance(fetch, tuple):
      return type(fetch)(*[self._value(one, feeds) for one in fetch])
    if isinstance(fetch, list):
      return [self._value(one, feeds) for one in fetch]
    if isinstance(fetch, dict):
      return {name: self._value(one, feeds) for name, one in fetch.items()}
    value = self.values.get(fetch)
    return value(feeds) if callable(value) else value

  def fed(self, name):
    return [feeds[name] for _, feeds in self.runs if name in feeds]

  def ran(self, name):
    return sum(name in fetches for fetches, _ in self.runs)


def _ops(prefix, aggregates):
  return types.SimpleNamespace(
    accumulate=prefix + 'accumulate' if aggregates else None,
    update=prefix + 'update',
    step=prefix + 'step',
    grad_norm=prefix + 'grad_norm',
    learning_rate=prefix + 'rate',
  )


def _graph(config, searches=True, trains_controller=True):
  infer = types.SimpleNamespace(
    images='infer_images', labels='infer_labels', hits='infer_hits'
  )
  train = types.SimpleNamespace(
    images='images',
    labels='labels',
    draw='draw',
    loss='loss',
    hits='hits',
    train_ops=_ops('', config.child_aggregate > 1),
  )
  sample = types.SimpleNamespace(
    entropy='entropy', metrics={'skip_count': 'skips'}
  )
  controller = types.SimpleNamespace(
    loss='ctrl_loss',
    score='accuracy',
    reward='reward',
    baseline='baseline',
    train_ops=_ops('ctrl_', config.controller_aggregate > 1),
  )
  return types.SimpleNamespace(
    train=train,
    infer=infer,
    arc='arc',
    sample=sample if searches else None,
    sample_key='key',
    controller=controller if trains_controller and searches else None,
    batch_index='batch' if config.rewards_stay else None,
    sample_number='number' if config.batch_shared_by > 1 else None,
  )


def _data(train=500, valid=130, test=120):
  """Images of one pixel that is its own index."""
  sizes = {'train': train, 'valid': valid, 'test': test}
  return data_utils.Data(
    {split: np.arange(size) for split, size in sizes.items()},
    {split: np.arange(size) % 10 for split, size in sizes.items()},
    None,
    None,
    None,
  )


def _config(folder, **changes):
  values = {
    'output_dir': str(folder),
    'seed': 0,
    'batch_size': 50,
    'num_epochs': 5,
    'log_every': 1,
    'eval_every_epochs': 1,
    'controller_train_every': 1,
    'controller_runs': 6,
    'space': MacroSpace('macro', MACRO_OPERATIONS, 3),
  }
  return experiment.RunConfig(**dict(values, **changes))


@pytest.fixture
def start(tmp_path, monkeypatch):
  """Starts an experiment; its clock says how many minutes have gone by."""
  started = []

  def _start(values=(), minutes=0.0, data=None, kind=None, **changes):
    config = _config(tmp_path, **changes)
    run = experiment.Experiment(
      config,
      _graph(config, **(kind or {})),
      in_memory.InMemory(data or _data(), config.batch_size),
    )
    monkeypatch.setattr(run, '_seconds', lambda: minutes * 60)
    run.start(_Session(dict({'step': 0}, **dict(values))), [])
    del run.session.runs[:]  # it asked for the step
    started.append(run)
    return run

  yield _start
  for run in started:
    run.close()


def _lines(run):
  with open(run.log.path) as file:
    return file.read().splitlines()


def _rows(run, name='metrics.csv'):
  with open(run.files[name].path) as file:
    return file.read().splitlines()


def _phase(run, name, epoch=0):
  (phase,) = [phase for phase in run.plan(epoch) if phase.name == name]
  return phase


CHILD = {'loss': 2.316579, 'hits': 6, 'grad_norm': 0.51259, 'rate': 0.05}
CONTROLLER = {
  'ctrl_loss': 0.4691,
  'entropy': 1.9366,
  'ctrl_grad_norm': 0.03371,
  'accuracy': 0.06,
  'baseline': 0.0006,
  'skips': 2.0,
  'ctrl_rate': 0.001,
  'ctrl_step': 0,
  'ctrl_update': 0,
}


def test_child_line_and_row(start):
  run = start(CHILD, minutes=0.04)
  _phase(run, 'child').step(0, 3)
  assert _lines(run) == SAMPLE_LINES[:1]
  assert _rows(run) == [
    'phase,epoch,step,loss,learning_rate,grad_norm,accuracy,entropy,baseline,'
    'skip_rate',
    'child,0,4,2.316579,0.05,0.51259,0.12,,,',
  ]


def test_child_line_with_wide_numbers(start):
  run = start(
    {'loss': 12.5, 'hits': 128, 'grad_norm': 1234.5, 'rate': 0.05},
    minutes=690.125,
    data=_data(train=1280),
    batch_size=128,
  )
  _phase(run, 'child').step(309, 9)
  assert _lines(run) == [
    'epoch=310   ch_step=3100   loss=12.500000 lr=0.0500   |g|=1234.5000 '
    'tr_acc=128/128 mins=690.12    '
  ]


def test_lines_come_every_log_every_steps(start):
  run = start(CHILD, log_every=4)
  for index in range(10):
    _phase(run, 'child').step(0, index)
  assert [row.split(',')[2] for row in _rows(run)[1:]] == ['4', '8']
  # The last step of an epoch is already named after the next one.
  _phase(run, 'child', 1).step(1, 9)
  assert _rows(run)[-1].startswith('child,2,20,')


def test_child_reads_a_batch_and_draws_an_architecture(start):
  run = start(CHILD)
  child = _phase(run, 'child')
  assert (child.length, child.unit) == (10, ('img', 50))
  for epoch in range(2):
    for index in range(10):
      child.step(epoch, index)
  images = run.session.fed('images')
  for epoch in range(2):
    seen = np.concatenate(images[10 * epoch : 10 * epoch + 10])
    np.testing.assert_array_equal(np.sort(seen), np.arange(500))
  assert not np.array_equal(images[0], images[10])
  for batch, labels in zip(images, run.session.fed('labels')):
    np.testing.assert_array_equal(labels, batch % 10)
  assert run.session.fed('key') == [
    keyed.pair(0, 'architectures of the child', step) for step in range(20)
  ]
  assert run.session.fed('draw') == list(range(20))
  assert run.session.ran('update') == 20


@pytest.mark.parametrize('trains', [True, False])
def test_a_child_may_be_trained_with_random_architectures(start, trains):
  """Its controller, if it is trained, chooses for its rewards all the same."""
  space = MacroSpace('macro', MACRO_OPERATIONS, 3)
  kind = {'trains_controller': trains}
  run = start(dict(CHILD, infer_hits=1), kind=kind, random_arc=space.random)
  for epoch in range(2):
    _phase(run, 'child', epoch).step(epoch, 9)
    _phase(run, 'eval', epoch).step(epoch, 0)
  purposes = ['architectures of the child', 'architectures of eval valid']
  draws = [(0, 9), (1, 0), (1, 1), (0, 19), (1, 2), (1, 3)]
  assert run.session.fed('arc') == [
    space.random(keyed.generator(0, 'random ' + purposes[which], draw)).tokens
    for which, draw in draws
  ]
  names = [phase.name for phase in run.plan(1)]
  assert ('controller' in names) is trains


def test_child_aggregation_draws_anew_for_each_gradient(start):
  run = start(CHILD, child_aggregate=3)
  for index in range(2):
    _phase(run, 'child').step(0, index)
  names = []
  for fetches, _ in run.session.runs:
    names += [name for name in fetches if name in ('accumulate', 'update')]
  assert names == (['accumulate'] * 3 + ['update']) * 2
  # Architecture, dropout and images differ from gradient to gradient.
  assert len(set(run.session.fed('key'))) == 6
  assert run.session.fed('draw') == list(range(6))
  batches = [tuple(batch) for batch in run.session.fed('images')]
  assert len(set(batches)) == 6
  assert [row.split(',')[2] for row in _rows(run)[1:]] == ['1', '2']
  assert ' lr=0.0500 ' in _lines(run)[0]


def test_controller_lines_and_row(start):
  run = start(CONTROLLER, minutes=0.09, controller_aggregate=3)
  _phase(run, 'controller').step(0, 0)
  assert _lines(run) == ['Epoch 1: Training controller', SAMPLE_LINES[1]]
  assert _rows(run)[1] == (
    'controller,1,0,0.4691,0.001,0.03371,0.06,1.9366,0.0006,%r' % (2.0 / 3)
  )


def test_controller_updates_after_each_full_aggregate(start):
  run = start(CONTROLLER, controller_aggregate=3)
  updates = {'done': 0}

  def _update(feeds):
    updates['done'] += 1

  run.session.values.update(
    ctrl_update=_update, ctrl_step=lambda feeds: updates['done']
  )
  for index in range(6):
    _phase(run, 'controller').step(0, index)
  assert updates['done'] == 2
  assert run.session.ran('ctrl_accumulate') == 6
  # Three gradients make an update, which the line of the third one counts.
  assert [row.split(',')[2] for row in _rows(run)[1:]] == list('001112')


@pytest.mark.parametrize(
  ('phase', 'index', 'norm', 'update'),
  [('child', 0, 'grad_norm', 'update'),
   ('controller', 2, 'ctrl_grad_norm', 'ctrl_update')],
)  # fmt: skip
def test_a_sum_with_a_gradient_that_is_not_finite_is_not_applied(
  start, phase, index, norm, update
):
  counts = {'child_aggregate': 3, 'controller_aggregate': 3}
  run = start(dict(CHILD, **CONTROLLER), **counts)
  run.session.values.update(
    {
      norm: lambda feeds: float('nan') if feeds.get('draw', 2) == 2 else 1.0,
      'arc': np.zeros(6, int),
    }
  )
  with pytest.raises(
    NotFinite, match=phase + r' step 1: .*\|g\| nan, .*arc 0 0'
  ):
    _phase(run, phase).step(0, index)
  assert run.session.ran(update) == 0


def test_controller_without_aggregation_updates_in_each_run(start):
  run = start(CONTROLLER)
  _phase(run, 'controller').step(0, 0)
  assert len(run.session.runs) == 1
  assert run.session.ran('ctrl_update') == 1


def test_controller_draws_go_on_over_epochs_that_have_no_controller(start):
  run = start(CONTROLLER, controller_train_every=2, controller_runs=2)
  for epoch in (1, 3, 5):
    for index in range(2):
      _phase(run, 'controller', epoch).step(epoch, index)
  assert run.session.fed('key') == [
    keyed.pair(0, 'architectures of the controller', draw) for draw in range(6)
  ]
  # Two passes over 130 images in three batches of 50, twenty filled up.
  seen = np.concatenate(run.session.fed('infer_images'))
  assert np.bincount(seen[:150], minlength=130).min() == 1
  assert np.bincount(seen[150:], minlength=130).min() == 1


def _controller_phase(run):
  for index in range(run.config.controller_runs):
    _phase(run, 'controller').step(0, index)
  return [batch.tolist() for batch in run.session.fed('infer_images')]


def test_reward_batches_that_stay_have_a_baseline_each(start):
  run = start(CONTROLLER, reward_batch_size=60, rewards_stay=True)
  seen = _controller_phase(run)
  assert seen[:3] == seen[3:] and [len(batch) for batch in seen] == [60] * 6
  assert set(sum(seen[:3], [])) == set(range(130))
  assert run.session.fed('batch') == [0, 1, 2, 0, 1, 2]


def test_rewards_of_an_update_may_share_a_batch(start):
  run = start(CONTROLLER, controller_aggregate=3, batch_shared_by=3)
  seen = _controller_phase(run)
  assert seen[0] == seen[1] == seen[2] != seen[3] == seen[4] == seen[5]
  numbers = [fed for fed in run.session.fed('number') if fed is not None]
  assert numbers == [0, 1, 2, 0, 1, 2]


def test_controller_line_every_log_every_runs_from_the_first(start):
  run = start(CONTROLLER, log_every=4, controller_runs=10)
  for index in range(10):
    _phase(run, 'controller').step(0, index)
  assert len(_rows(run)) == 1 + 3


def test_architecture_block(start):
  arcs = [np.array([2, 5, 0, index % 6, 1, 0]) for index in range(10)]
  run = start({'accuracy': 0.12, 'step': 40})
  for index in range(10):
    run.session.values['arc'] = arcs[index]
    _phase(run, 'architectures').step(0, index)
  expected = ['Here are 10 architectures']
  for index in range(10):
    expected += ['[2]', '[5 0]', '[%d 1 0]' % (index % 6)]
    expected += ['val_acc=0.1200', '-' * 80]
  assert _lines(run) == expected
  table = _rows(run, 'architectures.csv')
  assert table[0] == 'epoch,step,arc,valid_accuracy'
  assert table[1:] == [
    '1,40,2 5 0 %d 1 0,0.12' % (index % 6) for index in range(10)
  ]
  # Each block's arc and accuracy come from one run, without an update.
  assert run.session.ran('ctrl_update') == run.session.ran('baseline') == 0
  assert len(set(run.session.fed('key'))) == 10


def test_a_printed_block_is_read_back(start):
  arc = MacroArc.random(3, 6, np.random.RandomState(0))
  run = start({'accuracy': 0.5, 'step': 1, 'arc': np.array(arc.tokens)})
  _phase(run, 'architectures').step(0, 0)
  lines = _lines(run)
  block = lines[1 : lines.index('val_acc=0.5000')]
  assert MacroArc.parse('\n'.join(block), 3, 6) == arc
  assert _rows(run, 'architectures.csv')[1].split(',')[2] == str(arc)


@pytest.mark.parametrize('searches', [True, False])
def test_eval_counts_each_example_once(start, searches):
  wrong = {7, 101, 119}
  run = start(
    {
      'infer_hits': lambda feeds: len(
        set(np.asarray(feeds['infer_images'])) - wrong
      ),
      'step': 10,
    },
    kind={'searches': searches},
    eval_splits=('valid', 'test') if searches else ('test',),
  )
  phase = _phase(run, 'eval')
  splits = [('valid', 130), ('test', 120)] if searches else [('test', 120)]
  assert phase.length == len(splits)
  expected = ['Epoch 1: Eval']
  for index, (split, size) in enumerate(splits):
    del run.session.runs[:]
    phase.step(0, index)
    seen = run.session.fed('infer_images')
    assert [len(batch) for batch in seen] == [100, size - 100]
    np.testing.assert_array_equal(np.concatenate(seen), np.arange(size))
    # A search draws an architecture per batch.
    assert len(set(run.session.fed('key'))) == (2 if searches else 0)
    expected += [
      'Eval at 10',
      '%s_accuracy: %.4f' % (split, (size - 3) / size),
    ]
  assert _lines(run) == expected
  assert _rows(run)[-1] == 'test,1,10,,,,%r,,,' % (117 / 120)


@pytest.mark.parametrize(
  ('eval_every', 'train_every', 'phases'),
  [
    # Phases after epochs 1 to 6: controller (c), eval (e).
    (1, 1, ['ce', 'ce', 'ce', 'ce', 'ce', 'ce']),
    (1, 2, ['e', 'ce', 'e', 'ce', 'e', 'ce']),
    (2, 1, ['', 'ce', '', 'ce', '', 'ce']),
    (2, 3, ['', 'e', '', 'e', '', 'ce']),
    (3, 2, ['', '', 'e', '', '', 'ce']),
  ],
)
def test_plan_of_a_search(start, eval_every, train_every, phases):
  run = start(eval_every_epochs=eval_every, controller_train_every=train_every)
  for epoch, letters in enumerate(phases):
    names = [(phase.name, phase.length) for phase in run.plan(epoch)]
    expected = [('child', 10)]
    if 'c' in letters:
      expected += [('controller', 6), ('architectures', 10)]
    if 'e' in letters:
      expected += [('eval', 2)]
    assert names == expected


def test_plan_without_a_controller(start):
  run = start(kind={'trains_controller': False})
  assert [phase.name for phase in run.plan(0)] == ['child', 'eval']
  assert 'architectures.csv' in run.files
  assert run.searches


def test_plan_of_a_fixed_network(start):
  run = start(kind={'searches': False}, eval_splits=('test',))
  assert [(p.name, p.length) for p in run.plan(0)] == [
    ('child', 10),
    ('eval', 1),
  ]
  assert sorted(run.files) == ['metrics.csv', 'stdout']
  assert not run.searches


def test_start_writes_the_preamble_once(tmp_path):
  config = _config(tmp_path)
  first = experiment.Experiment(
    config, _graph(config), in_memory.InMemory(_data(), 50)
  )
  first.start(_Session(dict(CHILD, step=0)), ['one', 'two'])
  _phase(first, 'child').step(0, 0)
  state = first.state()
  assert state['files']['stdout'] == 8 + len(SAMPLE_LINES[0]) + 1
  _phase(first, 'child').step(0, 1)
  first.close()
  assert len(_lines(first)) == 4

  again = experiment.Experiment(
    config, _graph(config), in_memory.InMemory(_data(), 50)
  )
  again.start(_Session(dict(CHILD, step=1)), ['one', 'two'], state)
  assert _lines(again)[:2] == ['one', 'two'] and len(_lines(again)) == 3
  assert len(_rows(again)) == 2
  assert again.state()['elapsed'] >= state['elapsed']
  again.close()
