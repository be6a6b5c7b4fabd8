"""Sizes and rates that are chosen along with a cell."""

import shlex

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.configured import ConfiguredArc, ConfiguredSpace
from src.arc.dag_space import DagSpace
from src.nn import optimizers, schedules
from src.recurrent import child, graphs
from src.tf1 import tf
from tests import graph_helpers
from tests.recurrent import slow_child, tiny

_SIZE, _H = 2, 5
_CELLS = DagSpace(4)
_SPACE = ConfiguredSpace(_CELLS, [('hidden_size', (_SIZE, _H))])


def _block(name, value):
  """The part of a variable that a cell of _SIZE features has."""
  if name in ('embedding/w', 'decoder/w'):
    return value[:, :_SIZE]
  if name.startswith('norm/'):
    return value[:_SIZE]
  if name == 'decoder/b':
    return value
  columns = [*range(_SIZE), *range(_H, _H + _SIZE)]
  value = value[..., columns]
  return value if name == 'rnn_cell/b' else value[..., :_SIZE, :]


@pytest.mark.parametrize('name', ['tanh', 'relu', 'identity', 'sigmoid'])
@pytest.mark.parametrize('last', [True, False])
def test_a_smaller_cell_is_the_first_block_of_all_weights(name, last):
  """Its numbers are those of a model of that size; so are its gradients."""
  config = child.ChildConfig(
    6, _SPACE, _H, _H, init_range=0.9, last_node=last, state_bound=0.3
  )
  cell = RecurrentArc([0, 1, 0], [name] * 4)
  draw = np.random.RandomState(0)
  ids, targets = draw.randint(6, size=[2, 3, 4])
  before = draw.uniform(-0.2, 0.2, [3, _H])
  arc = ConfiguredArc(cell, (('hidden_size', _SIZE),))
  weights = child.weights(config, tf.constant(_SPACE.tokens(arc)))
  outputs = child.run(
    config, weights, tf.constant(ids), tf.constant(before, tf.float32)
  )
  loss = child.mean_loss(weights, outputs, tf.constant(targets))
  sources = [optimizers.value_of(part) for part in weights.trained]
  gradients = tf.gradients(loss, sources)
  names = [
    getattr(part, 'variable', part).op.name[len('child/') :]
    for part in weights.trained
  ]
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    loss, states, gradients = session.run([loss, outputs.states, gradients])
  small = {
    n[len('child/') :]: _block(n[len('child/') :], v)
    for n, v in values.items()
    if n.startswith('child/')
  }
  more = {'last': last, 'bound': 0.3}
  expected = slow_child.loss(
    small, ids, targets, before[:, :_SIZE], cell, **more
  )
  np.testing.assert_allclose(loss, expected, rtol=1e-5)
  of_block = slow_child.read(small, ids, before[:, :_SIZE], cell, **more)[3]
  np.testing.assert_allclose(states[..., :_SIZE], of_block, 1e-4, 1e-6)
  assert not states[..., _SIZE:].any()
  for name, gradient in zip(names, gradients):
    inside = np.abs(_block(name, gradient)).sum()
    assert inside == pytest.approx(np.abs(gradient).sum()), name


def test_a_cell_of_all_features_is_one_without_sizes():
  losses = []
  ids = np.random.RandomState(0).randint(6, size=[2, 3, 4])
  cell = RecurrentArc.parse('0 0 1 1 3 0 2')
  for space, arc in (
    (_CELLS, cell),
    (_SPACE, ConfiguredArc(cell, (('hidden_size', _H),))),
  ):
    config = child.ChildConfig(6, space, _H, _H)
    weights = child.weights(config, tf.constant(space.tokens(arc)))
    outputs = child.run(config, weights, tf.constant(ids[0]), tf.zeros([3, _H]))
    losses.append(child.mean_loss(weights, outputs, tf.constant(ids[1])))
  with graph_helpers.loaded_session() as session:
    plain, whole = session.run(losses)
  assert plain == whole


def test_rates_that_are_chosen_are_those_of_the_step():
  """v - rate (g + decay v), of the architecture that is trained."""
  settings = [('shared_lr', (0.5, 2.0)), ('shared_l2_reg', (0.0, 0.25))]
  space = ConfiguredSpace(_CELLS, settings)
  config = child.ChildConfig(6, space, _H, _H)
  training = graphs.ChildTraining(3, schedules.Constant(4.0), rate=4.0)
  cell = RecurrentArc.parse('0 0 1 1 3 0 2')
  ids = np.random.RandomState(0).randint(6, size=[2, 3, 4])
  arcs = [
    ConfiguredArc(cell, (('shared_lr', rate), ('shared_l2_reg', decay)))
    for rate, decay in ((0.5, 0.0), (2.0, 0.0), (2.0, 0.25))
  ]
  built = graphs.build(config, 7, training, arc=arcs[0])
  train, changes = built.train, []
  with graph_helpers.loaded_session() as session:
    before = graph_helpers.read_all(session)
    for arc in arcs:
      session.run(
        [train.update, train.train_ops.learning_rate],
        {train.inputs: ids[0], train.targets: ids[1], train.draw: 3,
         built.arc: space.tokens(arc)},
      )  # fmt: skip
      name = 'child/rnn_cell/w_x'
      changes.append(graph_helpers.read_all(session)[name] - before[name])
      graph_helpers.sessions.load(session, before)
  np.testing.assert_allclose(changes[1], 4 * changes[0], 1e-4, 1e-6)
  decayed = changes[1] - 2.0 * 0.25 * before['child/rnn_cell/w_x']
  np.testing.assert_allclose(changes[2], decayed, 1e-4, 1e-6)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny.write_texts(tmp_path_factory.mktemp('sizes'))


@pytest.mark.parametrize(
  ('more', 'settings'),
  [
    (('--hidden_sizes', '2,4'), {'hidden_size': {'2', '4'}}),
    (('--search_optimizer_hparams', '--extra_gradient', 'response',
      '--lookahead_samples', '2'),
     {'shared_lr': {'0.5', '1', '2'}, 'shared_l2_reg': {'0', '1e-07'}}),
  ],
)  # fmt: skip
def test_settings_are_searched_derived_and_trained_with(
  data, tmp_path, more, settings
):
  out = tmp_path / 'run'
  argv = tiny.arguments(data, out, '--max_epoch', '1', *more)
  code, _, said = tiny.run(argv)
  assert code == 0, said
  for table in ('sampled.csv', 'architectures.csv'):
    found = [row['arc'] for row in tiny.rows(out, table)]
    assert found
    for arc in found:
      words = dict(word.split('=') for word in arc.split() if '=' in word)
      assert words.keys() == settings.keys()
      assert all(words[name] in settings[name] for name in words)
  code, printed, _ = tiny.run(
    ['x', '--mode', 'train_scratch', '--load_path', str(out), '--data_dir',
     data, '--dataset', 'tiny', '--use_preset_arc', '--report', 'False']
  )  # fmt: skip
  assert code == 0 and 'scratch val eval' in printed
  arc = (out / 'derived_architecture.json').read_text()
  assert all('"%s"' % name in arc for name in settings)


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    ('--hidden_sizes 2,5', 'from 1 to --shared_hid=4'),
    ('--hidden_sizes 2,x', 'expected numbers'),
    ('--hidden_sizes 2,2', 'each once'),
    ('--child_fixed_arc "hidden_size=2 0 0 1 1 3 0 2"', 'of --hidden_sizes'),
    ('--hidden_sizes 2,4 --child_fixed_arc "hidden_size=3 0 0 1 1 3 0 2"',
     'expected one of 2, 4'),
    ('--hidden_sizes 2,4 --child_fixed_arc "hidden_size=2 0 0 1"',
     'give --num_blocks=2'),
    ('--hidden_sizes 2,4 --cell_space lstm_style', '--cell_space=enas'),
    ('--search_optimizer_hparams', '--extra_gradient=response'),
    ('--search_optimizer_hparams --extra_gradient response '
     '--shared_lr_options 0,1', 'positive numbers'),
    ('--search_optimizer_hparams --extra_gradient response '
     '--shared_l2_options -1', 'at least 0'),
  ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_one_line(data, tmp_path, words, told):
  argv = tiny.arguments(data, tmp_path / 'run', *shlex.split(words))
  code, _, said = tiny.run(argv)
  assert code in (1, 2) and told in said and said.count('\n') == 1, said
  assert 'cells in words' not in said
