"""The networks of the CODEBRIM fork: its variables, sizes, rates, samples."""

import functools

import numpy as np
import pytest

from src.AEROBI import codebrim, on_disk, pipeline
from src.AEROBI.crops import Crops
from src.AEROBI.task import Aerobi
from src.cifar10 import config, graphs
from src.files import png
from src.images import crop
from src.run import session as sessions
from src.run.errors import UsageError
from src.tf1 import tf
from tests.AEROBI import made_codebrim, tiny_runs
from tests.cifar10 import tiny
from tests.cifar10 import whole_graphs as whole

FIGURE = '5 5 1 0 1 1 5 1 0 0 4 0 1 0 1 3 0 0 0 1 0 1 1 0 0 1 1 0'
SHIPPED, SCRIPT = tiny_runs.SHIPPED, tiny_runs.SCRIPT


def _arc(op, skip):
  return ' '.join(
    ' '.join([str(op)] + [str(skip)] * layer) for layer in range(7)
  )


@functools.lru_cache(maxsize=None)
def _build(*words, trained=True):
  """A graph at the script's settings, and its handles."""
  task, flags = Aerobi(), tiny_runs.parse(SCRIPT + list(words))
  task.check(flags)
  parts = {
    'training': config.child_training(flags, 10),
    'reinforcement': config.controller_training(flags),
  }
  with tf.Graph().as_default() as graph:
    handles = task.graph(flags, None, **(parts if trained else {}))
  return graph, handles


def _fixed(arc):
  return '--child_fixed_arc=' + arc, '--nocontroller_training'


@pytest.mark.parametrize(
  ('words', 'name', 'count', 'size'),
  [
    ((), 'aerobi_macro_search.txt', 973, 1265216),
    (_fixed(SHIPPED), 'aerobi_macro_final.txt', 273, 2718144),
    (_fixed(FIGURE), 'aerobi_macro_final_figure.txt', 273, 3402944),
  ],
)
def test_variables_are_the_references(words, name, count, size):
  graph, _ = _build(*words)
  expected = whole.reference(name)
  assert len(expected) == count
  assert whole.described(graph) == expected
  assert whole.num_parameters(graph, 'child/') == size


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    (('--child_out_filters=16',), 84368),
    (('--child_out_filters=8',), 22856),
    (_fixed(_arc(0, 0)), 2811072),
    (_fixed(_arc(4, 0)), 430784),
    (_fixed(_arc(2, 1)), 7681216),
  ],
)
def test_number_of_parameters(words, expected):
  graph, _ = _build(*words, trained=False)
  assert whole.num_parameters(graph, 'child/') == expected


def test_the_controller_has_two_layers():
  graph, handles = _build()
  assert whole.num_parameters(graph, 'controller/') == 74624
  assert handles.arc.shape.as_list() == [28]


def test_samples_of_an_untrained_controller():
  graph, handles = _build()
  sample = handles.sample
  fetches = [
    sample.entropy,
    sample.nll,
    sample.metrics['skip_penalty'],
    sample.metrics['skip_count'],
  ]
  with tiny.open_session(graph) as session:
    found = np.array(
      [
        session.run(fetches, {handles.sample_key: [5, step]})
        for step in range(200)
      ]
    )
  entropy, nll, penalty, skips = found.mean(0)
  assert entropy == pytest.approx(9.368, abs=0.01)
  assert nll == pytest.approx(27.10, abs=0.02)
  assert penalty == pytest.approx(0.0714, abs=0.001)
  assert skips / 21 == pytest.approx(0.5, abs=0.03)


def test_learning_rates_of_the_published_schedule():
  graph, handles = _build(
    '--child_out_filters=4', '--child_img_size=8', *_fixed(_arc(4, 0))
  )
  expected = {
    0: [0.01], 1: [0.00975553], 5: [0.005005], 9: [0.00025447],
    10: [0.005005, 0.01], 11: [0.0099385], 20: [0.005005], 29: [0.0000715],
    30: [0.005005, 0.01], 31: [0.0099846], 69: [0.0000254],
    70: [0.005005, 0.01], 71: [0.00999615], 149: [0.00001385],
    150: [0.005005, 0.01], 151: [0.00999904],
  }  # fmt: skip
  ops = handles.train.train_ops
  feeds = {
    handles.train.images: np.zeros([1, 8, 8, 3]),
    handles.train.labels: np.zeros([1, 6]),
  }
  with tiny.open_session(graph) as session:
    for epoch in range(160):
      sessions.load(session, {'global_step': np.int32(epoch * 10)})
      wanted = expected.get(epoch, [None])
      for number, rate in enumerate(wanted):
        # Running it moves the schedule's own state.
        found = session.run([ops.learning_rate, ops.update], feeds)[0]
        if rate is not None:
          assert found == pytest.approx(rate, abs=6e-9), (epoch, number)
    with graph.as_default():
      state = {v.op.name: v for v in tf.global_variables()}
    assert session.run([state['last_reset'], state['T_i']]) == [150, 160]


@pytest.mark.parametrize(
  ('words', 'learns'),
  [(['--child_branch_binding=last'], [5, 5]), ([], [0, 3])],
)
def test_upstreams_binding_teaches_the_last_branch_alone(words, learns):
  graph, handles = _build(
    '--child_num_layers=3',
    '--child_out_filters=4',
    '--child_img_size=8',
    '--child_l2_reg=0',
    *words,
  )
  draw = np.random.RandomState(2)
  feeds = {
    handles.train.images: draw.uniform(0, 255, [4, 8, 8, 3]),
    handles.train.labels: draw.randint(2, size=[4, 6]),
  }
  with graph.as_default():
    branches = [v for v in tf.trainable_variables() if '/branch_' in v.op.name]
  for op, branch in zip((0, 3), learns):
    feeds[handles.arc] = [op, op, 1, op, 0, 1]
    with tiny.open_session(graph) as session:
      before = session.run(branches)
      session.run(handles.train.train_ops.update, feeds)
      after = session.run(branches)
    changed = {
      variable.op.name.split('/')[2]
      for variable, old, new in zip(branches, before, after)
      if not np.array_equal(old, new)
    }
    assert changed == {'branch_%d' % branch}


def test_batch_normalisation_adds_its_own_epsilon():
  graph, _ = _build()
  found = {
    round(op.get_attr('epsilon'), 7)
    for op in graph.get_operations()
    if op.type == 'FusedBatchNormV3'
  }
  # The second one is that of the branches' last convolutions.
  assert found == {1e-4, 1e-3}


def test_a_bad_evaluation_flag_is_one_line():
  for words, message in [
    (
      [
        '--child_img_size=16',
        '--search_for=micro',
        '--child_use_aux_heads',
        '--child_num_branches=5',
      ],
      '--child_img_size=16: the auxiliary head of a micro network needs at '
      'least 17',
    ),
    (
      ['--eval_windows=3', '--eval_protocol=reference'],
      '--eval_windows=3: the reference looks at one random window of an '
      'image; leave out --eval_protocol=reference',
    ),
    (
      ['--rl_split=3', '--batch_size=4'],
      '--rl_split=3: expected 0, or at least one batch of 4',
    ),
  ]:
    with pytest.raises(UsageError) as caught:
      Aerobi().check(tiny_runs.parse(SCRIPT + words))
    assert str(caught.value) == message


def _prepared(scaling, batch):
  with tf.Graph().as_default() as graph:
    value = Crops(4, scaling).prepare(tf.constant(batch))
    with sessions.open_session(graph) as session:
      return session.run(value)


def test_scalings():
  batch = np.random.RandomState(1).uniform(0, 255, [3, 4, 4, 3])
  batch = batch.astype(np.float32)
  batch[2] = 7  # has no variance
  np.testing.assert_array_equal(_prepared('raw', batch), batch)
  np.testing.assert_allclose(_prepared('unit', batch), batch / 255, rtol=1e-6)
  found = _prepared('standardize', batch)
  for image, value in zip(batch[:2], found):
    expected = (image - image.mean()) / image.std()
    np.testing.assert_allclose(value, expected, atol=1e-5)
  np.testing.assert_array_equal(found[2], np.zeros([4, 4, 3]))


@pytest.mark.parametrize(
  ('words', 'value'),
  [([], 51), (['--input_scaling=unit'], 0.2),
   (['--input_scaling=standardize'], 0)],
)  # fmt: skip
def test_what_networks_are_given_is_what_the_flags_say(words, value):
  flags = tiny_runs.parse(SCRIPT + ['--child_img_size=9'] + words)
  crops = Aerobi().images(flags, None)
  assert (crops.size, crops.windows) == (9, 1)
  with tf.Graph().as_default() as graph:
    found = crops.prepare(tf.fill([2, 9, 9, 3], np.float32(51)))
    with sessions.open_session(graph) as session:
      np.testing.assert_allclose(session.run(found), value, rtol=1e-6)


def test_batches_are_what_the_flags_say(tmp_path):
  root = str(made_codebrim.write(tmp_path, (11, 6, 7)))
  data = codebrim.read(root, log=lambda line: None)

  def made(*words):
    flags = tiny_runs.parse(
      SCRIPT + ['--batch_size=4', '--child_img_size=8', '--seed=7', *words]
    )
    return Aerobi().images(flags, data), Aerobi().batches(flags, data)

  _, batches = made('--loader_threads=3')
  assert batches.num_train_batches == 3
  reader = batches.evaluation('valid')
  assert (reader.num_counted, reader._pool._max_workers) == (6, 3)
  found, labels = reader.batch(0)
  assert (found.shape, labels.shape) == ((4, 8, 8, 3), (4, 6))
  reader.close()

  crops, batches = made('--eval_windows=3')
  reader = batches.evaluation('valid')
  found, labels = reader.batch(1)
  reader.close()
  assert (crops.windows, len(found), len(labels)) == (3, 6, 2)
  np.testing.assert_array_equal(
    found[3:], crop.even_windows(png.read(data.val.paths[5]), 8, 3)
  )

  reader = made('--eval_protocol=reference')[1].evaluation('valid')
  alone = pipeline.reference_evaluation(
    data.val, 4, 8, 7, 'evaluation of valid'
  )
  assert reader.num_counted == 8
  np.testing.assert_array_equal(reader.batch(0)[0], alone.batch(0)[0])
  for one in (reader, alone):
    one.close()

  batches = made('--rl_split=5')[1]
  assert batches.num_train_batches == 2
  purpose = 'training images held out for rewards'
  taken = on_disk.held_out(data, 'train', 5, 7, purpose)[1]
  reader = batches.shuffled('valid', 1, 'x')
  alone = pipeline.shuffled(taken, 4, 8, 1, 'x')
  np.testing.assert_array_equal(reader.batch(0)[0], alone.batch(0)[0])
  for one in (reader, alone):
    one.close()
  assert made('--derive_split=2')[1].evaluation('derive').num_counted == 2


def test_cutout_is_the_only_augmentation_in_the_graph():
  batch = np.ones([5, 4, 4, 3], np.float32)
  with tf.Graph().as_default() as graph:
    crops, value = Crops(4), tf.constant(batch)
    fetches = [
      crops.augment(value, lambda purpose: tf.constant([1, 3]), size)
      for size in (None, 2)
    ]
    with sessions.open_session(graph) as session:
      same, cut = session.run(fetches)
  np.testing.assert_array_equal(same, batch)
  assert all(1 <= (image[:, :, 0] == 0).sum() <= 4 for image in cut)


def test_hits_are_of_the_mean_logits_of_windows():
  flags = tiny_runs.parse(SCRIPT + list(_fixed(_arc(4, 0))))
  with tf.Graph().as_default() as graph:
    handles = graphs.build(
      Aerobi().child(flags),
      Crops(8, windows=3),
      1,
      head=Aerobi().head(flags),
    )
  draw = np.random.RandomState(3)
  windows = draw.uniform(0, 255, [4 * 3, 8, 8, 3])
  with tiny.open_session(graph) as session:
    infer = handles.infer
    logits = session.run(infer.logits, {infer.images: windows})
    means = logits.reshape([4, 3, 6]).mean(1)
    labels = (means >= 0).astype(np.float32)
    labels[1, 4] = 1 - labels[1, 4]
    feeds = {infer.images: windows, infer.labels: labels}
    hits = session.run(infer.hits, feeds)
  assert hits == 3
