"""What a search tells: its log, its table, and the same after a resume."""

import collections
import csv
import math
import re
from unittest import mock

import numpy as np
import pytest

from src.arc import record
from src.cifar10 import graphs
from src.nn import keyed
from src.robustness import experiment, lines, results
from src.robustness.task import Robustness
from src.run.lines import Reward
from src.run.trainer import Diverged
from src.tf1 import tf
from src.view import log
from tests import tiny_runs
from tests.cifar10 import tiny as sessions
from tests.robustness import tiny

MIXED = ['--set=enas_poisoning', '--experiment=P5_006']
# Where runs stop: among rewards, shown architectures and evaluations.
STOPS = [(0, 1, 3), (0, 2, 4), (0, 3, 3)]


@pytest.fixture(scope='module')
def straight(tmp_path_factory):
  path = tmp_path_factory.mktemp('straight')
  tiny.run(path, *MIXED)
  return path


def _log(path):
  text = (path / 'run' / 'stdout').read_text()
  return re.sub(r'time=\S+', 'time=', text)


def _rows(path):
  rows = results.read(str(path / 'run' / 'results.csv'))
  for row in rows:
    assert row.pop('seconds') > 0
  return rows


def test_the_log_is_that_of_the_original(straight):
  """A12, in small: epochs and batches from 0, a reward in each 4."""
  text = _log(straight).split('\n')
  child = [line.split('\t') for line in text if line.startswith('epoch=')]
  assert [row[:2] for row in child] == [
    ['epoch=%d' % epoch, 'ch_step=%d' % batch]
    for epoch in (0, 1)
    for batch in range(4)
  ]
  pattern = r'loss=\d+\.\d{6} lr=0\.0\d{3} \|g\|=\d+\.\d{4} acc=\d\.\d{4} time='
  assert all(re.fullmatch(pattern, ' '.join(row[2:])) for row in child)
  assert {row[3] for row in child} == {'lr=0.0500', 'lr=0.0488'}
  told = [line.split('\t') for line in text if line.startswith('ctrl_step')]
  assert [row[0] for row in told] == ['ctrl_step=3', 'ctrl_step=3']
  pattern = r'loss=-?\d+\.\d{3} ent=\d+\.\d{2} lr=0\.0010 \|g\|=\S+ '
  pattern += r'acc=\d\.\d{4} bl=\d\.\d{2} time='
  assert all(re.fullmatch(pattern, ' '.join(row[1:])) for row in told)
  assert text.count('Epoch 0: Training controller') == 1
  assert text.count('Epoch 1: Eval') == 1
  assert len([line for line in text if line.startswith('val_acc=')]) == 20


def test_the_log_alone_is_read_too(straight):
  told = log.load(str(straight / 'run' / 'stdout')).history
  exact = log.load(str(straight / 'run')).history
  assert not told.skipped
  assert [shown.arc for shown in told.shown] == [
    shown.arc for shown in exact.shown
  ]
  for steps, count in (('child', 8), ('controller', 2)):
    read, known = getattr(told, steps), getattr(exact, steps)
    assert len(read) == len(known) == count
    for one, other in zip(read, known):
      assert abs(one.loss - other.loss) < 1e-3
      assert abs(one.accuracy - other.accuracy) < 1e-4
  assert [round(one.accuracy, 4) for one in exact.valid] == [
    one.accuracy for one in told.valid
  ]


def test_lines_of_a_whole_epoch():
  """A12: 25 of 1000 rewards are told, at 39, 79 and so on."""
  Config = collections.namedtuple(
    'Config',
    'batch_size controller_aggregate controller_runs first_epoch',
  )
  made = lines.Lines(Config(128, 20, 1000, 0))
  told = [index for index in range(1000) if made.shows_reward(index)]
  assert told == list(range(39, 1000, 40))
  reward = Reward(0.1, 70.0, 0.5, 0.25, 0.26, 0.2, {})
  # After 52 updates it is the 40th reward of the second epoch.
  line = made.controller(52, reward, 0.001, 2.0)
  assert line.split('\t')[0] == 'ctrl_step=39'
  assert line.endswith('acc=0.2500\tbl=0.20\ttime=0.33it/s')


def test_a_row_an_epoch(straight):
  """A13, A17, A18."""
  with open(str(straight / 'run' / 'results.csv')) as file:
    header = next(csv.reader(file))
  assert header[:8] == [
    'val', 'test', 'reward_avg', 'reward_finals', 'good_layers_avg',
    'bad_layers_avg', 'good_layers_best', 'bad_layers_best',
  ]  # fmt: skip
  published, temporary = sorted((straight / 'results').iterdir())
  assert published.name == 'poisoning_P5_006.arcs.csv'
  assert published.read_text() == (straight / 'run' / 'arcs.csv').read_text()
  assert temporary.name == 'poisoning_P5_006.csv.temp'
  assert temporary.read_text() == (straight / 'run' / 'results.csv').read_text()
  rows = _rows(straight)
  assert [row['epoch'] for row in rows] == [0, 1]
  shown = tiny_runs.table(straight / 'run', 'architectures.csv')
  space = record.read(str(straight / 'run')).space
  metrics = tiny_runs.table(straight / 'run', 'metrics.csv')
  for epoch, row in enumerate(rows):
    ten = [one for one in shown if int(one['epoch']) == epoch + 1]
    best = max(ten, key=lambda one: float(one['valid_accuracy']))
    bad = [sum(op >= 6 for op in space.parse(one['arc']).ops) for one in ten]
    assert row['bad_layers_avg'] == round(np.mean(bad), 2)
    assert row['bad_layers_best'] == bad[ten.index(best)]
    assert row['good_layers_best'] == 3 - row['bad_layers_best']
    assert row['good_layers_avg'] == round(3 - np.mean(bad), 2)
    # The controller has hardly moved from equally likely choices yet.
    assert abs(row['entropy_op'] - math.log(12)) < 0.05
    assert abs(row['entropy_skip'] - math.log(2)) < 0.05
    ranked = [
      one
      for one in tiny_runs.table(straight / 'run', 'arcs.csv')
      if int(one['epoch']) == epoch
    ]
    assert [one['rank'] for one in ranked] == list(map(str, range(1, 11)))
    assert ranked[0]['arc'] == best['arc']
    assert ranked[0]['cut_off'] == '%d' % row['cut_off_best']
    found = {(one['arc'], float(one['valid_accuracy'])) for one in ten}
    assert {(one['arc'], float(one['val_acc'])) for one in ranked} == found
    assert sum(int(one['bad_layers']) for one in ranked) == sum(bad)
    cut_off = sum(int(one['cut_off']) for one in ranked)
    assert row['cut_off_avg'] == cut_off / 10.0
    # 16 validation images in full batches, 130 test images.
    for name, count in (('val', 16), ('test', 130)):
      assert row[name] == row[name + '_ref']
      for mode in ('_ref', '_clean'):
        hits = row[name + mode] * count
        assert abs(hits - round(hits)) < 1e-9
    (valid,) = [
      one['accuracy']
      for one in metrics
      if (one['phase'], one['epoch']) == ('valid', str(epoch + 1))
    ]
    assert float(valid) == row['val']
    assert 0 <= row['reward_finals'] < 1.1
    assert (row['seed'], row['controller']) == (69, 'rl')


def test_resumed_is_uninterrupted(straight, tmp_path):
  """A14, from the middle of phases that a row is made of."""
  tiny.run(tmp_path, *MIXED, stops=STOPS)
  assert _rows(tmp_path) == _rows(straight)
  ours, theirs = _log(tmp_path), _log(straight)
  for text in (str(tmp_path), str(straight)):
    ours, theirs = ours.replace(text, ''), theirs.replace(text, '')
  assert _same(ours) == _same(theirs)
  name = 'architectures.csv'
  assert tiny_runs.text(tmp_path / 'run', name) == (
    tiny_runs.text(straight / 'run', name)
  )
  found = tiny_runs.variables(tmp_path / 'run')
  for name, value in tiny_runs.variables(straight / 'run').items():
    np.testing.assert_array_equal(found[name], value, name)


def _same(log):
  """Without the flags that are places, whose dots depend on them."""
  return [
    line
    for line in log.split('\n')
    if not line.startswith(('data_path', 'output_dir', 'results_dir'))
  ]


def test_overflows_are_passed_over(tmp_path):
  """The search that an infinite gradient would end goes on and tells of it."""

  class Part:
    loss, grad_norm = 2.0, float('inf')

  def _overflowing(self, name, step, feeds, found, rate=None):
    found = Part if step in (2, 3) and name == 'child' else found
    return check(self, name, step, feeds, found, rate)

  check = experiment.Search._check_finite
  with mock.patch.object(experiment.Search, '_check_finite', _overflowing):
    tiny.run(tmp_path, *MIXED, '--num_epochs=1')
    assert 'passed over 2 updates' in _log(tmp_path)
    more = ['--nochild_clip_gradients', '--output_dir=%s' % (tmp_path / 'b')]
    with pytest.raises(Diverged, match='child step 2: loss 2.0, .g. inf'):
      tiny.run(tmp_path, *MIXED, *more)


@pytest.mark.parametrize('controller', ['uniform', 'frozen'])
def test_without_a_controller_that_learns(tmp_path, controller):
  more = ['--set=poisoning', '--experiment=P3_300_100', '--num_epochs=1']
  tiny.run(tmp_path, *more, '--controller=' + controller)
  log = _log(tmp_path)
  assert 'Training controller' not in log
  assert 'Here are 10 architectures' in log
  (row,) = _rows(tmp_path)
  assert math.isnan(row['reward_avg']) and math.isnan(row['reward_finals'])
  assert row['controller'] == controller
  # 300 of 306 actions are bad.
  assert row['bad_layers_avg'] > 2.5
  shown = tiny_runs.table(tmp_path / 'run', 'architectures.csv')
  assert len({one['arc'] for one in shown}) == 10
  names = sorted(path.name for path in (tmp_path / 'results').iterdir())
  assert names == [
    'poisoning_P3_300_100+%s%s' % (controller, ending)
    for ending in ('.arcs.csv', '.csv.temp')
  ]
  assert math.isnan(row['entropy_op']) == (controller == 'uniform')


def test_the_other_evaluation_and_the_other_implementation(tmp_path):
  more = ['--set=removal', '--experiment=removal_3', '--num_epochs=1']
  tiny.run(tmp_path, *more, '--eval_mode=clean', '--compat=tf',
           '--nocontroller_full_entropy')  # fmt: skip
  (row,) = _rows(tmp_path)
  assert [row['val'], row['test']] == [row['val_clean'], row['test_clean']]
  assert row['bad_layers_avg'] == row['bad_layers_best'] == 0
  # Its controller knows -p log p of what it chose only, which is no entropy.
  assert math.isnan(row['entropy_op']) and math.isnan(row['entropy_skip'])
  assert 'ch_step=1      loss=' in _log(tmp_path)


def test_networks_that_cannot_see(tmp_path):
  """A16: without the stem among its skips, what drops all in layer 0 is blind.

  Evaluated with noise, as the papers did it, all images look the same then.
  """
  found = {}
  task = Robustness()
  for stem in (False, True):
    flags = tiny.parsed(
      tmp_path,
      '--set=poisoning', '--experiment=P3_001_100', '--child_keep_prob=1',
      '--%sskip_from_stem' % ('' if stem else 'no'),
    )  # fmt: skip
    found[stem] = _spread(task, flags)
  assert found[False] == [0.0, True]
  assert found[True][0] > 0


def _spread(task, flags):
  """[how far logits of images are apart with noise, whether they are without]

  Of a network that drops all in layer 0 and skips what it can.
  """
  data = task.read_data(flags, lambda line: None)
  with tf.Graph().as_default() as graph:
    built = graphs.build(
      task.child(flags),
      task.images(flags, data),
      flags.seed,
      controller=task.controller(flags),
      noisy=True,
    )
    session = sessions.open_session(graph)
  images, labels = task.batches(flags, data).evaluation('test').batch(0)
  feeds = {
    built.infer.images: images,
    built.infer.labels: labels,
    built.arc: [6, 0, 1, 5, 1, 1],
    built.sample_key: keyed.pair(1, 'test', 0),
  }
  noisy, clean = session.run([built.noisy.logits, built.infer.logits], feeds)
  return [float(np.ptp(noisy, 0).max()), bool(np.ptp(clean, 0).max() > 1e-3)]
