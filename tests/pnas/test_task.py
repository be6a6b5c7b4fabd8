"""Trainings of one cell: schedule, images, what is judged, what is refused."""

import json

import numpy as np
import pytest

from src.arc import PNASNET_5
from src.pnas import flags as flag_table
from src.pnas import main, task
from src.run import checkpoints
from src.run import flags as flags_lib
from src.run.errors import UsageError
from src.tf1 import tf
from tests import graph_helpers, tiny_runs

WORDS = [
  '--child_fixed_arc=-1 6 -2 0',
  '--N=1',
  '--F=2',
  '--batch_size=16',
  '--num_epochs=2',
  '--log_every=1',
  '--noreport',
]


def _words(data, out, *more):
  return tiny_runs.arguments(WORDS, data, out, *more)


def _flags(*more):
  found, _ = flags_lib.parse(
    flag_table.GROUPS, _words('x', 'x', *more), flag_table.WITHOUT_EFFECT
  )
  task.settle(found)
  return found


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny_runs.write_data(tmp_path_factory.mktemp('images') / 'data')


def _rates(training, count):
  with tf.Graph().as_default():
    step = tf.placeholder(tf.int32, [])
    rate = training.schedule(step)
    with graph_helpers.loaded_session() as session:
      return [session.run(rate, {step: n}) for n in range(count)]


def test_each_training_begins_its_own_cosine():
  """300 images in batches of 128, two epochs."""
  pnas = task.Pnas()
  training = pnas.child_training(_flags('--batch_size=128'), 3)
  expected = [0.001, 0.00094, 0.000775, 0.00055, 0.000325, 0.00016]
  np.testing.assert_allclose(_rates(training, 6), expected, atol=6e-7)
  flat = pnas.child_training(_flags('--child_lr_floor=1'), 3)
  np.testing.assert_allclose(_rates(flat, 6), [0.001] * 6, rtol=1e-5)


def test_two_trainings_have_the_same_rates(data, tmp_path):
  """What titu1994's second child did not have (docs/FIDELITY.md, E1)."""
  found = []
  with tiny_runs.shared_graphs:
    for name, cell in (('a', '-1 6 -2 0'), ('b', '-1 7 -2 0')):
      words = _words(data, tmp_path / name, '--child_fixed_arc=' + cell)
      tiny_runs.run(words + ['--num_valids=16'], task=task.Pnas())
      rows = tiny_runs.table(tmp_path / name, 'metrics.csv')
      found.append([
        float(row['learning_rate']) for row in rows if row['learning_rate']
      ])  # fmt: skip
  assert found[0] == found[1] and len(found[0]) == 4
  assert found[0][0] == pytest.approx(1e-3)


def test_a_run_stops_and_is_the_same(data, tmp_path):
  words = [
    _words(data, tmp_path / name, '--num_valids=16', '--subset=24')
    for name in 'ab'
  ]
  tiny_runs.run(words[0], task=task.Pnas())
  tiny_runs.run(words[1], [(0, 0, 1), (1, 1, 0)], task.Pnas())
  first, second = (tiny_runs.variables(tmp_path / name) for name in 'ab')
  for name in first:
    np.testing.assert_array_equal(first[name], second[name], name)
  # 24 images are two batches; the best epoch is known by the validation images.
  state = checkpoints.find(str(tmp_path / 'a'))[-1].state
  assert first['global_step'] == 4 and list(state['found']) == ['valid']
  assert checkpoints.best(str(tmp_path / 'a')) is not None


def test_without_validation_images_the_test_set_judges(data, tmp_path, capsys):
  tiny_runs.run(_words(data, tmp_path, '--num_epochs=1'), task=task.Pnas())
  state = checkpoints.find(str(tmp_path))[-1].state
  assert list(state['found']) == ['test']
  assert (tmp_path / 'space.json').exists()
  path = tmp_path / 'scores.csv'
  argv = ['main.py', '--mode=eval', '--eval_output=%s' % path]
  code = main.main(argv + ['--checkpoint_path=%s' % tmp_path])
  capsys.readouterr()
  assert code == 0 and path.read_text().count('-1 6 -2 0,test') == 1


def test_a_child_with_too_large_a_rate_ends_in_a_line(data, tmp_path, capsys):
  words = _words(data, tmp_path, '--child_lr=1e30', '--num_epochs=3')
  assert main.main(words) == 1
  said = capsys.readouterr().err
  assert 'smaller --child_lr' in said and said.count('\n') == 1


def test_answers_that_are_no_numbers_end_a_training():
  class Session:
    """Its network has learnt nothing."""

    def run(self, fetches, feeds=None):
      if isinstance(fetches, list):
        return [3, np.array([[np.nan, 1.0]])]
      return 7

  run = task.Experiment.__new__(task.Experiment)
  run.session = Session()
  run.graph = type('Graph', (), {})()
  run.graph.infer = type('Infer', (), {'hits': 'h', 'logits': 'l'})
  run.graph.train = type('Train', (), {})
  run.graph.train.train_ops = type('Ops', (), {'step': 's'})
  with pytest.raises(task.NotFinite, match='after step 7'):
    run._hits({})


def test_a_cell_in_json_brings_its_operations(data):
  flags = _flags('--child_fixed_arc=' + PNASNET_5.to_json(), '--N=3', '--F=48')
  pnas = task.Pnas()
  child = pnas.child(flags)
  assert child.fixed_arc == PNASNET_5 and child.num_layers == 9
  assert child.space.from_tokens(PNASNET_5.tokens) == PNASNET_5
  with pytest.raises(Exception, match='needs --cell=dag --concat=all'):
    pnas.parse_arc(_flags(), PNASNET_5.to_json())
  text = json.loads(PNASNET_5._replace(concat='unused').to_json())
  given = pnas.parse_arc(_flags(), json.dumps(text))
  names = given.operations
  assert given.child() == PNASNET_5.child() and '3x3 conv' not in names


def test_an_epoch_has_each_image_once(data):
  pnas, flags = task.Pnas(), _flags('--data_path=' + data, '--subset=20')
  read = pnas.read_data(flags, lambda line: None)
  found = pnas.batches(flags, read)
  batches = found.shuffled('train', 0, 'order')
  assert found.num_train_batches == 2
  sizes = [len(batches.batch(step)[1]) for step in range(4)]
  assert sizes == [16, 4, 16, 4]
  images = np.concatenate([batches.batch(step)[0] for step in (2, 3)])
  assert len(np.unique(images.reshape([20, -1]), axis=0)) == 20


def test_scaling_and_what_is_not_augmented(data):
  pnas = task.Pnas()
  flags = _flags('--input_scaling=unit', '--noaugment', '--data_path=' + data)
  read = pnas.read_data(flags, lambda line: None)
  images = pnas.images(flags, read)
  with tf.Graph().as_default():
    batch = tf.constant(read.images['train'][:2])
    value = images.augment(images.prepare(batch), None, None)
    with graph_helpers.loaded_session() as session:
      found = session.run(value)
  np.testing.assert_allclose(found, read.images['train'][:2] / 255.0, rtol=1e-6)


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--child_fixed_arc=-1 9 -1 0'], 'block 0, op_1'),
    (
      ['--child_fixed_arc=-1 0 -1 0', '--operators=3x3'],
      "--operators: operation '3x3' is not",
    ),
    (['--child_fixed_arc=0 0 0 0'], 'block 0'),
    (['--child_fixed_arc=-1 0 -1 0 0 0 0 0', '--B=1'], 'at most 1'),
    (['--lookback=-3'], '-2 to 0'),
    (['--child_num_reductions=5'], 'are too small for it'),
  ],
)
def test_what_is_refused(data, tmp_path, capsys, words, message):
  assert main.main(_words(data, tmp_path, *words)) == 2
  assert message in capsys.readouterr().err


def test_a_training_needs_a_cell(tmp_path):
  flags = _flags()
  flags.child_fixed_arc = None
  with pytest.raises(UsageError, match='src.pnas.train searches'):
    task.Pnas().check(flags)
