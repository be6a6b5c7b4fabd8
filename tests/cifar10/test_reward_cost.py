"""What networks cost in the reward: the formula, the search, the flag."""

import numpy as np
import pytest

from src.AEROBI import flags as aerobi_flags
from src.AEROBI.task import Aerobi
from src.arc import counts, micro_counts
from src.cifar10 import config, graphs, main, reward_cost
from src.cifar10 import flags as flag_table
from src.cifar10.task import Cifar10
from src.nn import baselines, optimizers, reinforce, schedules
from src.run.errors import UsageError
from src.tf1 import tf
from tests import flag_tables, tiny_runs
from tests.cifar10 import tiny
from tests.cifar10 import whole_graphs as whole

MACRO = '--search_for=macro --controller_search_whole_channels '
SMALL = '--child_num_layers=3 --child_num_branches=6 --child_out_filters=4 '
MICRO = (
  '--search_for=micro --child_num_branches=5 --child_num_cells=2 '
  '--child_num_layers=1 --child_out_filters=4 '
)
NEEDED = '--data_path=data --output_dir=run '


def _flags(*words, table=flag_table):
  return flag_tables.parse(table, NEEDED, *words)


def _penalty(words, task=None, table=flag_table):
  task = task or Cifar10()
  flags = _flags(words, table=table)
  return config.controller_training(flags, record=task.record(flags)).cost


def _counted(flags, space, tokens, measure):
  """By the counting functions themselves, as a fixed network is built."""
  arc = space.from_tokens(tokens)
  sizes = [flags.child_out_filters]
  module = counts
  if flags.search_for == 'micro':
    module, sizes = micro_counts, [flags.child_num_layers] + sizes
  if measure == 'params':
    return module.count_parameters(arc, *sizes)
  return module.count_multiply_adds(arc, *sizes)


@pytest.mark.parametrize(
  ('words', 'cost'),
  [
    (MACRO + SMALL, 'madds:900e3:0.7'),
    (MACRO + SMALL, 'params:2000:0.3'),
    (MICRO, 'params:13164:2'),
    (MICRO, 'madds:1.7e6:0.25'),
  ],
)
def test_the_reward_is_that_of_numpy(words, cost):
  flags = _flags(words, '--reward_cost=' + cost)
  task = Cifar10()
  training = config.controller_training(flags, record=task.record(flags))
  assert training.cost.cost == reward_cost.parse(cost)
  measure, target, weight = training.cost.cost
  controller = task.controller(flags)
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = controller.build(key)
    score = tf.constant(0.625)
    trainer = reinforce.trainer(
      sample, score, training.schedule, training.optimizer,
      entropy_weight=0.01, baseline=baselines.MovingMean(0.9),
      cost=training.cost.build(sample.arc),
    )  # fmt: skip
  free = paid = 0
  with tiny.open_session(graph) as session:
    before = 0.0
    for number in range(40):
      fetches = [
        trainer.reward, trainer.baseline, trainer.score, sample.arc,
        sample.entropy,
      ]  # fmt: skip
      found, baseline, told, tokens, entropy = session.run(
        fetches, {key: [3, number]}
      )
      over = _counted(flags, task.space(flags), tokens, measure) / target - 1
      free, paid = free + (over <= 0), paid + (over > 0)
      reward = 0.625 - weight * max(0.0, over) + 0.01 * entropy
      np.testing.assert_allclose(found, reward, rtol=1e-5, atol=1e-6)
      before += 0.1 * (reward - before)
      np.testing.assert_allclose(baseline, before, rtol=1e-4, atol=1e-5)
      assert told == np.float32(0.625)
  assert free and paid


def test_a_controller_comes_to_prefer_what_is_cheap():
  flags = _flags(MACRO + SMALL, '--reward_cost=madds:300e3:1')
  task = Cifar10()
  penalty = _penalty(MACRO + SMALL + '--reward_cost=madds:300e3:1')
  with tf.Graph().as_default() as graph:
    key = tf.placeholder(tf.int32, [2])
    sample = task.controller(flags).build(key)
    cost = penalty.build(sample.arc)
    trainer = reinforce.trainer(
      sample, tf.constant(0.5), schedules.Constant(0.02), optimizers.Adam(),
      baseline=baselines.MovingMean(0.9), cost=cost,
    )  # fmt: skip
  with tiny.open_session(graph) as session:
    fetches = [cost, trainer.train_ops.update]
    costs = [session.run(fetches, {key: [1, n]})[0] for n in range(160)]
  assert np.mean(costs[-40:]) < 0.5 * np.mean(costs[:40])


def test_without_the_flag_nothing_is_in_the_graph():
  flags = _flags(MACRO + SMALL)
  task = Cifar10()
  training = config.controller_training(flags, record=task.record(flags))
  assert training == graphs.ControllerTraining(
    schedules.Exponential(0.001, 1.0, 1000000)
  )
  parts = {'controller': task.controller(flags)}
  plain = whole.build(task.child(flags), reinforcement=training, **parts)
  cost = _penalty(MACRO + SMALL + '--reward_cost=params:10:1')
  costly = whole.build(
    task.child(flags), reinforcement=training._replace(cost=cost), **parts
  )
  kinds = [op.type for op in plain.graph.get_operations()]
  assert 'PyFunc' not in kinds
  # The count, its hinge and weight with their constants, and the difference.
  assert costly.num_nodes - plain.num_nodes == 8


def test_bridges_have_their_classes():
  words = MACRO + SMALL + '--child_img_size=64 --reward_cost=params:2000:1'
  penalty = _penalty(words, Aerobi(), aerobi_flags)
  arc = penalty.record.space.random(np.random.RandomState(0))
  count = counts.count_parameters(arc, 4, num_classes=6)
  assert penalty.relative(arc.tokens) == pytest.approx(count / 2000)


@pytest.mark.parametrize(
  'text',
  [
    'madds', 'madds:1e6', 'flops:1e6:1', 'madds:0:1', 'params:1e6:-1',
    'params:nan:1', 'params:1:inf', 'madds:1e6:1:2', 'params:1M:1', '',
  ],
)  # fmt: skip
def test_what_is_no_cost(text):
  with pytest.raises(UsageError, match='--reward_cost=.*: expected params or'):
    Cifar10().check(_flags(MACRO + SMALL, "--reward_cost='%s'" % text))


def test_where_it_would_have_no_effect():
  cost = '--reward_cost=params:1e6:0.5'
  Cifar10().check(_flags(MACRO + SMALL, cost))
  Cifar10().check(_flags(MICRO, cost))
  for words, part in (
    ('--search_for=macro', 'add --controller_search_whole_channels'),
    (MACRO + '--nocontroller_training', 'no controller is trained'),
  ):
    with pytest.raises(UsageError, match=part):
      Cifar10().check(_flags(words, SMALL, cost))


def test_a_search_with_it(tmp_path, capsys):
  data = tiny_runs.write_data(tmp_path / 'data')
  settings = tiny_runs.SEARCH + ['--num_epochs=1', '--child_num_layers=2']
  cost = '--reward_cost=params:500:0.5'
  runs = {}
  for name, more in (('plain', []), ('costly', [cost])):
    argv = tiny_runs.arguments(settings + more, data, tmp_path / name)
    tiny_runs.run(argv)
    rows = tiny_runs.table(tmp_path / name, 'metrics.csv')
    runs[name] = [row for row in rows if row['phase'] == 'controller']
  plain, costly = runs['plain'][0], runs['costly'][0]
  # The log tells the accuracy, as ever; the baseline is of the reward.
  assert costly['accuracy'] == plain['accuracy']
  assert float(costly['baseline']) < float(plain['baseline'])

  refused = settings + ['--reward_cost=params:500:0.6']
  for argv in (refused, settings):
    words = tiny_runs.arguments(argv, data, tmp_path / 'costly')
    assert main.main(words) == 2
    assert 'was made with --reward_cost=params:500:0.5' in (
      capsys.readouterr().err
    )
  # A run of before the flag had none.
  path = tmp_path / 'plain' / 'flags.json'
  path.write_text(path.read_text().replace('"reward_cost"', '"older"'))
  words = tiny_runs.arguments(settings + [cost], data, tmp_path / 'plain')
  assert main.main(words) == 2
  assert 'was made with --reward_cost=None' in capsys.readouterr().err
  assert main.main(tiny_runs.arguments(settings, data, tmp_path / 'plain')) == 0
