"""The networks of the CODEBRIM fork: its variables, sizes, rates, samples."""

import functools

import numpy as np
import pytest

from src.AEROBI.crops import Crops
from src.AEROBI.task import Aerobi
from src.cifar10 import config, graphs
from src.run import session as sessions
from src.run.errors import UsageError
from src.tf1 import tf
from tests.AEROBI import tiny_runs
from tests.cifar10 import tiny
from tests.cifar10 import whole_graphs as whole

SHIPPED = '0 5 0 3 1 1 4 0 0 1 4 0 0 0 0 5 1 0 0 0 0 2 0 0 0 0 0 0'
FIGURE = '5 5 1 0 1 1 5 1 0 0 4 0 1 0 1 3 0 0 0 1 0 1 1 0 0 1 1 0'
SCRIPT = [
  'main.py',
  '--search_for=macro',
  '--data_path=data',
  '--output_dir=out',
  '--data_format=NHWC',
  '--batch_size=16',
  '--num_epochs=310',
  '--child_num_layers=7',
  '--child_out_filters=64',
  '--child_l2_reg=0.0005',
  '--child_num_branches=6',
  '--child_lr_cosine',
  '--child_lr_max=0.01',
  '--child_lr_min=0.00001',
  '--child_lr_T_0=10',
  '--child_lr_T_mul=2',
  '--controller_search_whole_channels',
  '--controller_sync_replicas',
  '--controller_num_aggregate=20',
  '--controller_tanh_constant=1.5',
  '--controller_skip_target=0.4',
  '--controller_skip_weight=0.8',
  '--controller_entropy_weight=0.0001',
]


def _arc(op, skip):
  return ' '.join(
    ' '.join([str(op)] + [str(skip)] * layer) for layer in range(7)
  )


@functools.lru_cache(maxsize=None)
def _build(*words):
  """A whole graph at the script's settings, and its handles."""
  task, flags = Aerobi(), tiny_runs.parse(SCRIPT + list(words))
  task.check(flags)
  with tf.Graph().as_default() as graph:
    handles = task.graph(
      flags,
      None,
      training=config.child_training(flags, 10),
      reinforcement=config.controller_training(flags),
    )
  return graph, handles


def _fixed(arc):
  return '--child_fixed_arc=' + arc, '--nocontroller_training'


@pytest.mark.parametrize(
  ('words', 'name', 'count'),
  [
    ((), 'aerobi_macro_search.txt', 973),
    (_fixed(SHIPPED), 'aerobi_macro_final.txt', 273),
  ],
)
def test_variables_are_the_references(words, name, count):
  graph, _ = _build(*words)
  expected = whole.reference(name)
  assert len(expected) == count
  assert whole.described(graph) == expected


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    ((), 1265216),
    (('--child_out_filters=16',), 84368),
    (('--child_out_filters=8',), 22856),
    (_fixed(SHIPPED), 2718144),
    (_fixed(FIGURE), 3402944),
    (_fixed(_arc(0, 0)), 2811072),
    (_fixed(_arc(4, 0)), 430784),
    (_fixed(_arc(2, 1)), 7681216),
  ],
)
def test_number_of_parameters(words, expected):
  assert whole.num_parameters(_build(*words)[0], 'child/') == expected


def test_the_controller_has_two_layers():
  graph, handles = _build()
  assert whole.num_parameters(graph, 'controller/') == 74624
  assert handles.arc.shape.as_list() == [28]


def test_samples_of_an_untrained_controller():
  graph, handles = _build()
  sample = handles.sample
  fetches = [sample.entropy, sample.nll, sample.skip_penalty, sample.skip_count]
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
  graph, handles = _build('--child_out_filters=4', *_fixed(_arc(4, 0)))
  expected = {
    0: [0.01], 1: [0.00975553], 5: [0.005005], 9: [0.00025447],
    10: [0.005005, 0.01], 11: [0.0099385], 20: [0.005005], 29: [0.0000715],
    30: [0.005005, 0.01], 31: [0.0099846], 69: [0.0000254],
    70: [0.005005, 0.01], 71: [0.00999615], 149: [0.00001385],
    150: [0.005005, 0.01], 151: [0.00999904],
  }  # fmt: skip
  ops = handles.train.train_ops
  feeds = {
    handles.train.images: np.zeros([1, 224, 224, 3]),
    handles.train.labels: np.zeros([1, 6]),
  }
  with tiny.open_session(graph) as session:
    for epoch in range(152):
      sessions.load(session, {'global_step': np.int32(epoch * 10)})
      wanted = expected.get(epoch, [None])
      for number, rate in enumerate(wanted):
        # Running it moves the schedule's own state.
        found = session.run([ops.learning_rate, ops.update], feeds)[0]
        if rate is not None:
          assert found == pytest.approx(rate, abs=6e-9), (epoch, number)


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
    (['--child_img_size=7'], '--child_img_size=7: expected at least 8'),
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
    (['--loader_threads=0'], '--loader_threads=0: expected at least 1'),
    (['--eval_windows=0'], '--eval_windows=0: expected at least 1'),
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


def test_cutout_is_the_only_augmentation_in_the_graph():
  batch = np.ones([5, 4, 4, 3], np.float32)
  with tf.Graph().as_default() as graph:
    crops, value, draw = Crops(4), tf.constant(batch), tf.constant(3)
    fetches = [
      crops.augment(value, 1, draw, None),
      crops.augment(value, 1, draw, 2),
    ]
    with sessions.open_session(graph) as session:
      same, cut = session.run(fetches)
  np.testing.assert_array_equal(same, batch)
  assert all(1 <= (image[:, :, 0] == 0).sum() <= 4 for image in cut)


def test_hits_are_of_the_mean_logits_of_windows():
  with tf.Graph().as_default() as graph:
    handles = graphs.build(
      Aerobi().child(tiny_runs.parse(SCRIPT + list(_fixed(_arc(4, 0))))),
      Crops(8, windows=3),
      1,
      head=Aerobi().head(),
    )
  draw = np.random.RandomState(3)
  images = draw.uniform(0, 255, [4 * 3, 8, 8, 3])
  with tiny.open_session(graph) as session:
    infer = handles.infer
    logits = session.run(infer.logits, {infer.images: images})
    means = logits.reshape([4, 3, 6]).mean(1)
    labels = (means >= 0).astype(np.float32)
    labels[1, 4] = 1 - labels[1, 4]
    hits = session.run(infer.hits, {infer.images: images, infer.labels: labels})
  assert hits == 3
