"""From flags to configs: every value arrives, every mistake is named."""

import re

import pytest

from src.arc import RecurrentArc
from src.arc.capacity import n_cell_params
from src.arc.dag_space import DagSpace, chain, tree
from src.nn.clipping import GlobalNorm
from src.nn.optimizers import Adam, Momentum, Sgd
from src.nn.schedules import Constant, Cosine, Exponential
from src.recurrent import child, config, flags, train_regular
from src.recurrent.lookahead import Setting
from src.run import flags as flags_lib
from tests.flag_tables import check_sets, sets

_ARC = "'0 0 1 1 3 0 2'"


def _flags(words):
  argv = ['x', '--train_type=orig'] + [
    word.strip("'") for word in re.findall(r"[^\s']*'[^']*'|\S+", words)
  ]
  values, _ = train_regular.parse([word.replace("='", '=') for word in argv])
  config.settle(values)
  config.check(values)
  return values


def _child(words):
  return config.child_config(_flags(words), 11)


def _training(words):
  return config.child_training(_flags(words), 7)


def _controller(words):
  return config.controller_config(_flags(words))


def _reinforce(words):
  return config.controller_training(_flags(words))


def _run(words):
  return config.run_config(_flags(words))


def _space(words):
  return _child(words).space._replace(flags=())


def _whole(words):
  return _child(words).space


_ADAM = Adam(0.9, 0.999, 1e-8)
_PLAIN = Momentum(0.9, nesterov=False)
SETS = [
  sets(_space, '--num_blocks=4', num_nodes=4, min_nodes=4, links=None),
  sets(_space, '--num_blocks=5 --train_type=flexible --min_blocks=4',
       num_nodes=5, min_nodes=4),
  sets(_space, '--num_blocks=5 --train_type=flexible --max_blocks=4',
       num_nodes=4, min_nodes=3),
  sets(_space, '--num_blocks=5 --train_type=hardcoded', links=tree(5)),
  sets(_space, '--num_blocks=5 --train_type=hardcoded --architecture=chain',
       links=chain(5)),
  sets(_space, '--shared_rnn_activations=ReLU,tanh',
       activations=('relu', 'tanh')),
  sets(_space, '--shared_rnn_activations=[tanh,ReLU]',
       activations=('tanh', 'relu')),
  sets(_space, '--activation_scope=cell', scope='cell'),
  sets(_space, '--cell_space=lstm_style --num_blocks=5', num_nodes=5,
       peephole=True, type='lstm_style'),
  sets(_space, '--cell_space=lstm_style --no_peephole', peephole=False),
  sets(_child, '--cell_space=lstm_style', mean_of_ends=False, state_size=2000,
       batch_norm=True, state_bound=25.0),
  sets(_child, '--cell_space=lstm_style --output=loose_ends',
       mean_of_ends=True),
  sets(_whole, '--hidden_sizes=[3,5] --shared_embed=5 --shared_hid=5',
       settings=(('hidden_size', (3, 5)),)),
  sets(_whole, '--search_optimizer_hparams --extra_gradient=response',
       settings=(('shared_lr', (10.0, 20.0, 40.0)),
                 ('shared_l2_reg', (0.0, 1e-7)))),
  sets(_whole, '--search_optimizer_hparams --extra_gradient=response '
       '--shared_lr_options=1,2 --shared_l2_options=0.5',
       settings=(('shared_lr', (1.0, 2.0)), ('shared_l2_reg', (0.5,)))),
  sets(_training, '--shared_lr=3', rate=3.0),
  sets(_child, '', tied=True, edge_weights='per_edge', last_node=True,
       all_nodes=False, batch_norm=True, state_bound=25.0),
  sets(_child, '--cell_preset=mg', edge_weights='per_function',
       last_node=False, state_bound=None),
  sets(_child, '--edge_weights=per_function --next_state=output '
       '--output=all_nodes --nooutput_norm --state_norm_clip=3',
       edge_weights='per_function', last_node=False, all_nodes=True,
       batch_norm=False, state_bound=3.0),
  sets(_child, '--shared_embed=5 --shared_hid=6 --notie_weights',
       embed_size=5, hidden_size=6, tied=False),
  sets(_child, '', eval_norm='batch'),
  sets(_child, '--eval_norm=moving', eval_norm='moving'),
  sets(_child, '--init_range=0.5 --bn_uniform_init', init_range=0.5,
       norm_uniform=True),
  sets(_child, '--shared_dropout=0.1 --shared_dropoute=0.2 '
       '--shared_dropouti=0.3 --shared_wdrop=0.4',
       drop=child.Drop(outputs=0.1, words=0.2, inputs=0.3, weights=0.4)),
  sets(_training, '', optimizer=Sgd(), clip=GlobalNorm(0.25), l2_reg=1e-7,
       schedule=Exponential(20.0, 0.96, 7, 98), activation=0.0),
  sets(_training, '--shared_optim=momentum', optimizer=_PLAIN),
  sets(_training, '--shared_optim=adam --shared_grad_clip=0',
       optimizer=_ADAM, clip=None),
  sets(_training, '--shared_lr=2 --shared_decay=0.5 --shared_decay_after=3 '
       '--shared_initial_step=4', schedule=Exponential(2.0, 0.5, 7, 18)),
  sets(_training, '--shared_decay_after=0',
       schedule=Exponential(20.0, 0.96, 7, -7)),
  sets(_training, '--shared_lr_cosine --shared_lr=2 --shared_lr_min=0.5 '
       '--max_epoch=9', schedule=Cosine(2.0, 0.5, 9, 7, 0)),
  sets(_training, '--shared_l2_reg=0.5 --batch_size=9', l2_reg=0.5,
       batch_size=9),
  sets(_training, '--activation_regularization', activation=2.0),
  sets(_training, '--activation_regularization '
       '--activation_regularization_amount=3', activation=3.0),
  sets(_training, '--temporal_activation_regularization '
       '--temporal_activation_regularization_amount=3', slowness=3.0),
  sets(_training, '--norm_stabilizer_regularization '
       '--norm_stabilizer_regularization_amount=3 '
       '--norm_stabilizer_fixed_point=4', stabiliser=3.0, fixed_point=4.0),
  sets(_controller, '--controller_hid=7 --tanh_c=2 --softmax_temperature=3',
       lstm_size=7, tanh_constant=2.0, temperature=3.0),
  sets(_controller, '--derive_no_tanh', tanh_constant=2.5),
  sets(_controller, '--derive_no_tanh --mode=test', tanh_constant=None),
  sets(_controller, '--position_embeddings', position_embeddings=True),
  sets(_controller, '--train_type=tied_weights_regularized', tied=True),
  sets(_controller, '--train_type=biased_regularized', forget_bias=5.0),
  sets(_reinforce, '', optimizer=_ADAM, schedule=Constant(3.5e-4), decay=0.95,
       entropy_weight=1e-4, entropy_in_reward=True, discount=None, clip=None,
       noisy=False, extra=None),
  sets(_reinforce, '--controller_optim=momentum', optimizer=_PLAIN),
  sets(_reinforce, '--controller_lr=0.5', schedule=Constant(0.5)),
  sets(_reinforce, '--controller_lr_cosine --controller_lr_max=2 '
       '--controller_lr_min=1 --controller_max_step=6 '
       '--controller_num_aggregate=2 --max_epoch=5',
       schedule=Cosine(2.0, 1.0, 5, 3, 0), num_aggregate=2),
  sets(_reinforce, '--controller_grad_clip=3', clip=GlobalNorm(3.0)),
  sets(_reinforce, '--entropy_mode=regularizer --entropy_coeff=3',
       entropy_in_reward=False, entropy_weight=3.0),
  sets(_reinforce, '--reward_c=3 --ppl_square --ema_baseline_decay=0.5 '
       '--discount=0.9', decay=0.5,
       discount=0.9),
  sets(_reinforce, '--noisy_reward', noisy=True),
  sets(_reinforce, '--perturb_eval=0.5', perturbed=0.5, lookahead=None,
       bonus=False),
  sets(_reinforce, '--capacity_target=depth:3:2', bonus=True),
  sets(_reinforce, '--entropy_coeff_final=-1', entropy_weight=None),
  sets(_reinforce, '--extra_gradient=full', bonus=True,
       lookahead=Setting('full', 'fresh_grad', 10, False)),
  sets(_reinforce, '--extra_gradient=extrapolate --lookahead_samples=3 '
       '--lookahead_step=last_grad --lookahead_diagnostic_every=2',
       bonus=False, lookahead=Setting('extrapolate', 'last_grad', 3, True)),
  sets(_run, '--lookahead_diagnostic_every=2 --lookahead_horizon=phase',
       diagnose_every=2, horizon='phase'),
  sets(_reinforce, '--train_type=supervised_regularized '
       '--controller_reg_weight=3', extra='supervised', extra_weight=3.0),
  sets(_run, '--batch_size=3 --test_batch_size=4 --shared_rnn_max_length=5',
       batch_size=3, test_batch_size=4, bptt=5),
  sets(_run, '--max_epoch=3 --shared_initial_step=4 --shared_max_step=5',
       num_epochs=4, initial_steps=4, shared_steps=5),
  sets(_run, '--log_step=3 --save_epoch=4 --derive_num_sample=5 '
       '--derive_batches=6 --derive_split=7', log_every=3, derive_every=4,
       derive_samples=5, derive_batches=6, derive_split=7),
  sets(_run, '--controller_max_step=3 --controller_num_aggregate=3',
       controller_runs=3, controller_aggregate=3),
  sets(_run, '--nobaseline_reset', baseline_reset=False),
  sets(_run, '--controller_supervised_store_epoch=3 '
       '--controller_supervised_train_epoch=4', store_epoch=3,
       replay_epoch=4),
  sets(_run, '--random_seed=3 --output_dir=there', seed=3,
       output_dir='there'),
  sets(_run, '--mode=train_scratch --use_tensorboard=False',
       tag='shared_scratch', curves=False),
]  # fmt: skip
# Their effect is shown in what the program reads and does.
ELSEWHERE = {
  'network_type', 'load_path', 'log_dir', 'reset_output_dir', 'debug',
  'report', 'nan_policy', 'dataset', 'data_dir', 'dag_path', 'child_fixed_arc',
  'preset_dir', 'shared_num_sample', 'derive_from', 'max_save_num',
  'use_preset_arc', 'scratch_init', 'patience', 'num_gpu', 'log_level',
  'num_workers', 'shared_cnn_types', 'cnn_hid', 'download', 'num_valids',
  'entropy_anneal_from', 'entropy_anneal_to',
}  # fmt: skip


@pytest.mark.parametrize('row', SETS, ids=lambda row: row[1])
def test_flags_set_fields(row):
  check_sets(*row)


def test_every_flag_does_something():
  words = ' '.join(words for _, words, _ in SETS)
  shown = set(re.findall(r'--(\w+)', words))
  shown |= {name[2:] for name in shown if name.startswith('no')}
  names = {row.name for row in flags_lib.rows(flags.GROUPS)}
  assert names - shown - ELSEWHERE == set()
  assert not ELSEWHERE & shown and ELSEWHERE <= names


_READ = (
  '--train_type=hardcoded --architecture=chain',
  '--train_type=flexible --min_blocks=4',
  '--shared_decay=0.5 --shared_decay_after=3 --controller_lr=0.5',
  '--train_type=ours --shared_lr_cosine',  # whose defaults are not given
  '--train_type=tf --shared_lr_cosine --controller_lr_cosine',
  '--shared_lr_cosine --shared_lr_min=0.5',
  '--activation_regularization --activation_regularization_amount=3',
  '--norm_stabilizer_regularization --norm_stabilizer_fixed_point=4',
  '--train_type=supervised_regularized --controller_supervised_store_epoch=3',
  '--train_type=magnitude_regularized --controller_reg_weight=3',
  '--mode=train_scratch --patience=3',
  '--use_preset_arc --dag_path=there',
)
_UNREAD = (
  ('--architecture=chain', '--train_type=hardcoded'),
  ('--min_blocks=4', '--train_type=flexible'),
  ('--dag_path=there', '--mode=single'),
  ('--shared_decay=0.5 --shared_lr_cosine', '--shared_lr_cosine'),
  ('--shared_decay_after=3 --shared_lr_cosine', '--shared_lr_cosine'),
  ('--shared_lr_min=0.5', '--shared_lr_cosine'),
  ('--controller_lr=0.5 --controller_lr_cosine', '--controller_lr_cosine'),
  ('--controller_lr_max=0.5', '--controller_lr_cosine'),
  ('--controller_lr_min=0.5', '--controller_lr_cosine'),
  ('--activation_regularization_amount=3', '--activation_regularization'),
  ('--temporal_activation_regularization_amount=3',
   '--temporal_activation_regularization'),
  ('--norm_stabilizer_regularization_amount=3',
   '--norm_stabilizer_regularization'),
  ('--norm_stabilizer_fixed_point=3', '--norm_stabilizer_regularization'),
  ('--controller_supervised_store_epoch=3',
   '--train_type=supervised_regularized'),
  ('--controller_supervised_train_epoch=3',
   '--train_type=supervised_regularized'),
  ('--controller_reg_weight=3', '--train_type'),
  ('--patience=3', '--mode=train_scratch'),
  ('--lookahead_step=last_grad', '--extra_gradient'),
  ('--shared_lr_options=3', '--search_optimizer_hparams'),
  ('--shared_l2_options=3', '--search_optimizer_hparams'),
  ('--lookahead_samples=3', '--extra_gradient'),
  ('--lookahead_horizon=phase', '--lookahead_diagnostic_every'),
  ('--extra_gradient=full --train_type=random', '--train_type=random'),
  ('--capacity_target=depth:3:1 --train_type=random', '--train_type=random'),
  ('--perturb_eval=1 --train_type=random', '--train_type=random'),
  ('--entropy_coeff_final=0 --train_type=random', '--train_type=random'),
  ('--entropy_anneal_from=3', '--entropy_coeff_final'),
  ('--entropy_anneal_to=3', '--entropy_coeff_final'),
  ('--scratch_init=shared', '--mode=train_scratch'),
  ('--preset_dir=there', '--train_type=preset'),
  ('--num_gpu=0', 'what TensorFlow sees'),
  ('--num_valids=3', '--network_type=cnn'),
  ('--download', '--network_type=cnn'),
)  # fmt: skip


@pytest.mark.parametrize(
  ('words', 'where'), [(words, None) for words in _READ] + list(_UNREAD)
)
def test_notices_of_flags_without_effect(words, where):
  found = flags_lib.notices(flags.GROUPS, _flags(words))
  if where is None:
    assert found == []
    return
  (line,) = found
  name, _, why = line.partition(' has no effect ')
  assert name == re.split('[= ]', words)[0] and where in why


def test_one_cell_has_no_controller(tmp_path):
  values = _flags('--num_blocks=4 --child_fixed_arc=' + _ARC)
  assert config.controller_config(values) is None
  assert config.controller_training(values) is None
  (tmp_path / 'one.json').write_text(
    '{"-1": [[0, "tanh"]], "-2": [[0, "tanh"]], "0": [[1, "ReLU"]], '
    '"1": [[2, "avg"]], "2": [[3, "h[t]"]]}'
  )
  values = _flags('--train_type=preset --preset_dir=%s' % tmp_path)
  assert values.child_fixed_arc == '0 0 1' and values.num_blocks == 2
  assert config.child_config(values, 9).space == DagSpace(
    2, flags=(('num_blocks', 2),)
  )


def test_layers_of_a_reference_are_counted():
  assert child.parameter_count(_child('')) == 146014000 - 1001 * (10000 - 11)


def test_the_weight_of_the_entropy_goes_along_a_line():
  words = '--entropy_coeff=3 --entropy_coeff_final=-1 --max_epoch=9 '
  found = _run(words + '--entropy_anneal_from=2').entropy_weight
  assert [found(epoch) for epoch in (0, 2, 5, 8, 20)] == [3, 3, 1, -1, -1]
  found = _run(words + '--entropy_anneal_to=4').entropy_weight
  assert [found(epoch) for epoch in (0, 1, 4)] == [3, 2, -1]


def test_rewards_lose_by_the_distance_from_a_target():
  cell = RecurrentArc.parse('0 0 1 1 3 0 2')
  assert _run('').bonus is None
  assert _run('--capacity_target=n_leaves:4:0.5').bonus(cell) == -1.0
  found = _run('--capacity_target=n_cell_params:10:1 --shared_hid=2 '
               '--shared_embed=2').bonus(cell)  # fmt: skip
  assert found == 10 - n_cell_params(cell, 2)


def test_rewards_of_tables_are_those_of_the_controller():
  for build in (_run, _reinforce):
    assert build('--reward_c=8 --ppl_square').reward(2.0) == 2.0
    assert build('').reward(100.0) == 0.8
