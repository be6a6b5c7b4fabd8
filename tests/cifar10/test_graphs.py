"""Whole graphs: the reference's variables at full size, and training steps."""

import functools

import numpy as np
import pytest

from src.arc import MACRO_OPERATIONS, MacroArc, MacroSpace
from src.cifar10 import general_child, general_controller, graphs
from src.nn import clipping, schedules, variables
from src.run import session as sessions
from tests.cifar10 import slow_child, tiny
from tests.cifar10 import whole_graphs as whole


def _space(num_layers, num_operations=6):
  return MacroSpace('macro', MACRO_OPERATIONS[:num_operations], num_layers)


@pytest.fixture(scope='module')
def macro_search():
  return whole.of_script('cifar10_macro_search.sh')


@pytest.fixture(scope='module')
def macro_final():
  return whole.of_script('cifar10_macro_final.sh')


def test_variables_of_the_search_are_the_references(macro_search):
  expected = whole.reference('cifar10_macro_search.txt')
  assert len(expected) == 1644
  assert len(macro_search.graph.get_collection('variables')) == 1644
  assert whole.described(macro_search.graph) == expected


def test_extra_state_of_the_search_is_sums_of_gradients(macro_search):
  local = macro_search.graph.get_collection('local_variables')
  trained = macro_search.graph.get_collection(
    'trainable_variables', 'controller/'
  )
  assert len(trained) == 7
  assert {v.op.name: v.shape.as_list() for v in local} == {
    v.op.name + '/gradient_sum': v.shape.as_list() for v in trained
  }


def test_size_of_the_search(macro_search):
  assert whole.num_parameters(macro_search.graph, 'child/') == 697860
  assert whole.num_parameters(macro_search.graph, 'controller/') == 41856
  assert macro_search.handles.arc.shape.as_list() == [78]
  assert macro_search.num_nodes <= 20000
  # No data set, no weights: all that arrays bring in are small constants.
  assert macro_search.graph.as_graph_def().ByteSize() < 10e6


def test_variables_of_the_final_network_are_the_references(macro_final):
  expected = whole.reference('cifar10_macro_final.txt')
  assert len(expected) == 1233
  assert len(macro_final.graph.get_collection('variables')) == 1233
  assert whole.described(macro_final.graph) == expected
  assert macro_final.graph.get_collection('local_variables') == []


def test_size_of_the_final_network(macro_final):
  assert whole.num_parameters(macro_final.graph, 'child/') == 42559392
  trained = macro_final.graph.get_collection('trainable_variables')
  assert len(trained) == 321
  shapes = {v.op.name: v.shape.as_list() for v in trained}
  assert shapes['child/layer_7/skip/w'] == [1, 1, 576, 96]
  assert shapes['child/layer_8/skip/w'] == [1, 1, 1152, 192]
  assert shapes['child/layer_23/skip/w'] == [1, 1, 4224, 384]
  assert shapes['child/fc/w'] == [384, 10]
  assert set(macro_final.handles[2:]) == {None}
  assert macro_final.handles.infer.logits.shape.as_list() == [None, 10]


@functools.lru_cache(maxsize=None)
def _open_search(num_layers, keep_prob, reinforcement, training):
  # Where there is one layer, operations do not matter.
  space = _space(num_layers, 2 if num_layers == 1 else 6)
  built = whole.build(
    general_child.ChildConfig(space, 4, keep_prob=keep_prob),
    training=training,
    controller=general_controller.ControllerConfig(
      num_layers, len(space.operations), 4, tanh_constant=1.5, skip_target=0.4
    ),
    reinforcement=reinforcement,
  )
  return built, tiny.open_session(built.graph)


def _small_search(num_layers=2, keep_prob=1.0, reinforcement=None, **changes):
  """A search on 8x8 images with 4 filters, at its start, weights random."""
  settings = {
    'num_steps': 600, 'l2_reg': 0.1, 'schedule': schedules.Constant(0.05),
  }  # fmt: skip
  settings.update(changes)
  built, session = _open_search(
    num_layers, keep_prob, reinforcement, graphs.ChildTraining(**settings)
  )
  sessions.load(session, variables.initial_values(1, built.graph))
  values = tiny.randomize(session, np.random.RandomState(5))
  return built, session, values


def test_small_search_has_the_references_counts():
  built, _, _ = _small_search(
    num_layers=3,
    reinforcement=graphs.ControllerTraining(),
    schedule=schedules.CosineRestarts(0.05, 0.0005, 10, 2, 2),
  )
  assert whole.num_parameters(built.graph, 'child/') == 2956
  assert len(built.graph.get_collection('variables')) == 456
  # Nodes are few, and arrays bring in no more than small constants.
  assert built.num_nodes < 5500
  assert built.graph.as_graph_def().ByteSize() < 3e6


def test_loss_and_hits_of_training_are_those_of_numpy():
  built, session, values = _small_search()
  train, arc = built.handles.train, built.handles.arc
  tokens = [3, 1, 1]
  slow = slow_child.SlowChild(values, True)
  images, labels = whole.batch()
  logits = slow.logits(whole.augmented(images), slow_child.split_arc(tokens, 2))
  # Half of the labels right, half of them wrong.
  labels = logits.argmax(1).astype(np.int32)
  labels[::2] = (labels[::2] + 1) % 10
  loss, hits = session.run(
    [train.loss, train.hits],
    whole.feeds(train, (images, labels), {arc: tokens}),
  )
  expected = slow_child.cross_entropy(logits, labels)
  np.testing.assert_allclose(loss, expected, rtol=1e-4)
  assert hits == 4


def test_hits_of_inference_are_those_of_numpy():
  built, session, values = _small_search()
  infer, arc = built.handles.infer, built.handles.arc
  tokens = [4, 0, 1]
  images, _ = whole.batch()
  slow = slow_child.SlowChild(values, False)
  expected = slow.logits(
    (images / 255.0 - whole.MEAN) / whole.STD, slow_child.split_arc(tokens, 2)
  )
  labels = expected.argmax(1).astype(np.int32)
  labels[:3] = (labels[:3] + 1) % 10
  logits, hits = session.run(
    [infer.logits, infer.hits],
    whole.feeds(infer, (images, labels), {arc: tokens}),
  )
  np.testing.assert_allclose(logits, expected, rtol=2e-4, atol=2e-5)
  assert hits == 5


@pytest.mark.parametrize('op', range(6))
def test_unsampled_branches_change_by_weight_decay_only(op):
  built, session, values = _small_search()
  train, arc = built.handles.train, built.handles.arc
  tokens = [op, (op + 1) % 6, 1]
  slow = slow_child.SlowChild(values, True)
  slow.logits(
    whole.augmented(whole.batch()[0]), slow_child.split_arc(tokens, 2)
  )
  session.run(
    train.train_ops.update, whole.feeds(train, whole.batch(), {arc: tokens})
  )
  after = tiny.values(session, 'child/')
  num_decayed = 0
  for variable in built.graph.get_collection('trainable_variables', 'child/'):
    name = variable.op.name
    before = values[name].astype(np.float64)
    gradient = 2 * 0.1 * before
    decayed = before - 0.05 * 1.9 * gradient
    if name in slow.used:
      # Outside of the branches a batch norm may cancel another's offset.
      moved = np.abs(after[name] - decayed).max()
      assert '/branch_' not in name or moved > 1e-5, name
    else:
      num_decayed += 1
      np.testing.assert_allclose(after[name], decayed, rtol=1e-5, atol=1e-7)
      np.testing.assert_allclose(
        after[name + '/Momentum'], gradient, rtol=1e-5, atol=1e-7
      )
  # Variables per branch: kernels, offsets and scales.
  sizes = [6, 7, 6, 7, 3, 3]
  assert num_decayed == 2 * 32 - sizes[op] - sizes[(op + 1) % 6]
  for name, value in after.items():
    if '/bn/moving' in name and not name.endswith('Momentum'):
      if name in slow.moved:
        np.testing.assert_allclose(
          value, slow.moved[name], rtol=2e-4, atol=2e-5, err_msg=name
        )
      else:
        assert '/branch_' in name
        np.testing.assert_array_equal(value, values[name], name)


def _classifier_gradient(values, images, labels, tokens):
  """Of the classifier's weights, in closed form: features^T (p - y) / N."""
  slow = slow_child.SlowChild(values, True)
  logits = slow.logits(images, slow_child.split_arc(tokens, 2))
  p = np.exp(logits - logits.max(1, keepdims=True))
  p /= p.sum(1, keepdims=True)
  p[np.arange(len(labels)), labels] -= 1
  return slow.features.T.dot(p) / len(labels)


def test_a_step_is_nesterov_momentum_on_the_gradient_with_l2():
  built, session, values = _small_search()
  train, arc = built.handles.train, built.handles.arc
  weights, momentum = values['child/fc/w'].astype(np.float64), 0.0
  for step in range(2):
    images, labels = whole.batch(step)
    gradient = 0.2 * weights + _classifier_gradient(
      tiny.values(session, 'child/'),
      whole.augmented(images, step),
      labels,
      [1, 4, 1],
    )
    momentum = 0.9 * momentum + gradient
    weights = weights - 0.05 * (gradient + 0.9 * momentum)
    count = session.run(
      train.train_ops.update,
      whole.feeds(train, (images, labels), {arc: [1, 4, 1]}),
    )
    assert count == step + 1
    after = tiny.values(session, 'child/fc')
    np.testing.assert_allclose(
      after['child/fc/w'], weights, rtol=2e-4, atol=1e-5
    )


def test_aggregated_gradients_are_averaged_over_runs():
  built, session, values = _small_search(num_aggregate=2)
  train, arc = built.handles.train, built.handles.arc
  gradients = []
  for seed, tokens in [(1, [0, 3, 1]), (2, [5, 2, 0])]:
    images, labels = whole.batch(seed)
    gradients.append(
      0.2 * values['child/fc/w']
      + _classifier_gradient(values, whole.augmented(images), labels, tokens)
    )
    session.run(
      train.train_ops.accumulate,
      whole.feeds(train, (images, labels), {arc: tokens}),
    )
    sums = tiny.values(session, 'child/fc/w/gradient_sum')
    np.testing.assert_allclose(
      sums['child/fc/w/gradient_sum'], sum(gradients), rtol=2e-4, atol=1e-5
    )
    np.testing.assert_array_equal(
      tiny.values(session, 'child/fc/w')['child/fc/w'], values['child/fc/w']
    )
    assert session.run(train.train_ops.step) == 0
  assert session.run(train.train_ops.update) == 1
  after = tiny.values(session, 'child/fc/w')
  expected = values['child/fc/w'] - 0.05 * 1.9 * sum(gradients) / 2
  np.testing.assert_allclose(
    after['child/fc/w'], expected, rtol=2e-4, atol=1e-5
  )
  assert not after['child/fc/w/gradient_sum'].any()


def test_clipping_bounds_each_gradient_and_is_off_without_a_bound():
  steps = {}
  for bound in (None, 0.01):
    built, session, values = _small_search(
      clip=bound and clipping.EachNorm(bound)
    )
    train = built.handles.train
    _, norm = session.run(
      [train.train_ops.update, train.train_ops.grad_norm],
      whole.feeds(train, whole.batch(), {built.handles.arc: [0, 3, 1]}),
    )
    after = tiny.values(session, 'child/')
    steps[bound] = {
      v.op.name: (values[v.op.name] - after[v.op.name]) / (0.05 * 1.9)
      for v in built.graph.get_collection('trainable_variables', 'child/')
    }
    total = np.sqrt(sum(np.sum(g**2.0) for g in steps[None].values()))
    # The norm is the one before clipping, of all gradients together.
    np.testing.assert_allclose(norm, total, rtol=1e-4)
  for name, clipped in steps[0.01].items():
    full = steps[None][name]
    length = np.linalg.norm(full)
    expected = full * min(1.0, 0.01 / length)
    np.testing.assert_allclose(clipped, expected, rtol=1e-2, atol=2e-5)
  assert max(map(np.linalg.norm, steps[None].values())) > 0.1


@pytest.mark.parametrize(
  'schedule, rates',
  [
    (schedules.Exponential(0.05, 0.5, 4), [0.05] * 4 + [0.025] * 4),
    (
      schedules.CosineRestarts(0.05, 0.01, 2, 2, 2),
      # Two steps an epoch; step 4 restarts, with the old T and the new T_i.
      [0.05, 0.05, 0.03, 0.03, 0.03, 0.05, 0.0441421, 0.0441421],
    ),
  ],
)
def test_learning_rate_follows_the_schedule(schedule, rates):
  built, session, _ = _small_search(num_layers=1, schedule=schedule)
  train = built.handles.train
  seen = []
  for _ in rates:
    rate, _ = session.run(
      [train.train_ops.learning_rate, train.train_ops.update],
      whole.feeds(train, whole.batch(), {built.handles.arc: [1]}),
    )
    seen.append(rate)
  np.testing.assert_allclose(seen, rates, rtol=1e-5)


def test_cutout_size_reaches_the_graph():
  """Cut out everywhere, from a corner on: the loss of half-black images."""
  losses = []
  for size in (None, 1, 8):
    built, session, _ = _small_search(num_layers=1, cutout_size=size)
    train = built.handles.train
    feeds = whole.feeds(train, whole.batch(), {built.handles.arc: [0]})
    losses.append(session.run(train.loss, feeds))
  assert len(set(losses)) == 3


def test_dropout_of_training_follows_from_the_step():
  built, session, values = _small_search(
    num_layers=1, l2_reg=0.0, keep_prob=0.5
  )
  train = built.handles.train
  feeds = whole.feeds(train, whole.batch(), {built.handles.arc: [0]})
  first = session.run(train.loss, feeds)
  assert session.run(train.loss, feeds) == first
  slow = slow_child.SlowChild(values, True)
  logits = slow.logits(whole.augmented(whole.batch()[0]), [([0], [])])
  expected = slow_child.cross_entropy(logits, whole.batch()[1])
  assert abs(first - expected) > 1e-3


def test_an_arc_that_is_not_fed_is_the_sampled_one():
  built, session, _ = _small_search()
  handles = built.handles
  feeds = whole.feeds(
    handles.infer, whole.batch(), {handles.sample_key: [5, 9]}
  )
  sampled, arc, logits = session.run(
    [handles.sample.arc, handles.arc, handles.infer.logits], feeds
  )
  np.testing.assert_array_equal(arc, sampled)
  MacroArc.from_tokens(arc, 2)
  feeds[handles.arc] = sampled
  np.testing.assert_array_equal(
    session.run(handles.infer.logits, feeds), logits
  )


def test_reward_is_the_share_of_hits_and_leaves_the_child_alone():
  built, session, values = _small_search(
    reinforcement=graphs.ControllerTraining(
      schedules.Constant(0.1), skip_weight=0.8
    )
  )
  handles = built.handles
  images, labels = whole.batch()
  feeds = whole.feeds(
    handles.infer, (images, labels), {handles.sample_key: [5, 9]}
  )
  arc, logits, sample = session.run(
    [handles.arc, handles.infer.logits, handles.sample], feeds
  )
  labels = logits.argmax(1).astype(np.int32)
  labels[0] = (labels[0] + 1) % 10
  feeds[handles.infer.labels] = labels
  before = tiny.values(session, 'controller/')
  accuracy, baseline, loss, _ = session.run(
    [
      handles.controller.score,
      handles.controller.baseline,
      handles.controller.loss,
      handles.controller.train_ops.update,
    ],
    feeds,
  )
  assert accuracy == pytest.approx(7 / 8)
  assert baseline == pytest.approx(0.01 * 7 / 8, rel=1e-5)
  expected = (
    sample.nll * (7 / 8 - baseline) + 0.8 * sample.metrics['skip_penalty']
  )
  assert loss == pytest.approx(expected, rel=1e-5)
  for name, value in tiny.values(session, 'child/').items():
    if not name.endswith('Momentum'):
      np.testing.assert_array_equal(value, values[name], name)
  after = tiny.values(session, 'controller/')
  changed = {name for name in after if (after[name] != before[name]).any()}
  weights = built.graph.get_collection('trainable_variables', 'controller/')
  assert changed >= {v.op.name for v in weights}
  assert len(arc) == 3
