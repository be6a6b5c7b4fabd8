"""The flags of `src.ptb.main` against those of melodyguan/enas."""

import pytest

from src.ptb import flags as flag_table
from src.run import flags as flags_lib

# Flags of `src/ptb/main.py` of melodyguan/enas: type, default there, and here,
# where it is that of a search by enas_lm if they differ.
UPSTREAM = """
reset_output_dir bool False False
data_path str '' ''
output_dir str '' ''
search_for word None None
child_fixed_arc str None None
batch_size int 25 128
child_num_layers int 2 1
child_bptt_steps int 20 35
child_lstm_hidden_size int 200 200
child_lstm_e_keep float 1.0 0.9
child_lstm_x_keep float 1.0 0.25
child_lstm_h_keep float 1.0 0.75
child_lstm_o_keep float 1.0 0.25
child_lstm_l_skip bool False None
child_lr float 1.0 20.0
child_lr_dec_rate float 0.5 1.0
child_lr_dec_min float None 0.0
child_lr_dec_start int 4 4
child_lr_dec_every int 1 1
child_lr_warmup_val float None None
child_lr_warmup_steps int None None
child_grad_bound float 5.0 0.1
child_l2_reg float None 8e-07
child_rnn_l2_reg float None 0.0
child_rnn_slowness_reg float None 1.0
child_reset_train_states float None None
child_rhn_depth int 4 10
child_optim_algo word sgd sgd
controller_lr float 0.001 5e-05
controller_l2_reg float 0.0 0.0
controller_bl_dec float 0.99 0.999
controller_tanh_constant float None 2.25
controller_temperature float None 5.0
controller_entropy_weight float None 1e-05
controller_num_aggregate int 1 10
controller_num_replicas int 1 1
controller_train_steps int 50 25
controller_train_every int 2 1
controller_sync_replicas bool False True
controller_training bool True True
num_epochs int 300 600
log_every int 50 200
eval_every_epochs int 1 1
"""
REFUSED = """
child_base_number child_avg_pool_size child_block_size child_temperature
child_optim_moving_average child_sync_replicas child_num_aggregate
child_num_replicas controller_keep_prob controller_lr_dec_rate
controller_skip_target controller_skip_rate
"""
# Those of ours that decide what is computed.
OURS = {
  'unknown_words': 'refuse',
  'child_random_bptt': True,
  'eval_full': False,
  'eval_probe_arc': None,
  'child_arc_format': 'auto',
  'child_lstm_i_keep': 0.8,
  'child_lstm_w_keep': 1.0,
  'child_lstm_e_skip': None,
  'child_init_range': 0.04,
  'child_average_loose_ends': False,
  'child_l2_form': 'auto',
  'child_asgd_threshold': 10,
  'child_asgd_start_step': None,
  'controller_lstm_size': 64,
  'controller_num_funcs': 4,
  'controller_distance_penalty': 6.0,
  'controller_true_entropy': False,
  'controller_baseline': 'global',
  'controller_shared_batch': False,
  'controller_selection_threshold': None,
}
FLAGS = {flag.name: flag for _, group in flag_table.GROUPS for flag in group}


def _parse(*words):
  return flags_lib.parse(
    flag_table.GROUPS, ['main.py'] + list(words), flag_table.WITHOUT_EFFECT
  )[0]


def _upstream():
  return [line.split() for line in UPSTREAM.strip().splitlines()]


@pytest.mark.parametrize(('name', 'kind', 'there', 'here'), _upstream())
def test_upstream_flag(name, kind, there, here):
  del there
  flag = FLAGS[name]
  assert isinstance(flag.kind, tuple) if kind == 'word' else flag.kind == kind
  value = getattr(_parse(), name)
  assert (repr(value) if value == '' else str(value)) == here
  assert value is None or type(value) is type(flag.default)


def test_our_flags():
  values = vars(_parse())
  assert {name: values[name] for name in OURS} == OURS


def test_refused_flags():
  assert sorted(flag_table.WITHOUT_EFFECT) == sorted(REFUSED.split())


def test_flags_that_scripts_of_upstream_pass_get_a_notice():
  assert flag_table.notices(_parse('--nochild_lstm_l_skip')) == []
  words = ['--nochild_lstm_e_skip', '--controller_selection_threshold=5']
  assert flag_table.notices(_parse(*words)) == [
    '--%s has no effect, here as in melodyguan/enas, whose scripts pass it: '
    'ignored' % name
    for name in ('child_lstm_e_skip', 'controller_selection_threshold')
  ]


ASGD = '--child_optim_algo=asgd'


@pytest.mark.parametrize(
  ('words', 'line'),
  [
    (['--child_asgd_threshold=10'], None),  # the default
    (
      ['--child_asgd_threshold=9'],
      '--child_asgd_threshold has no effect without ' + ASGD,
    ),
    (['--child_asgd_threshold=9', ASGD], None),
    (
      ['--child_asgd_start_step=0'],
      '--child_asgd_start_step has no effect without ' + ASGD,
    ),
    (['--child_asgd_start_step=0', ASGD], None),
    (['--controller_bl_dec=0.9'], None),
    (['--controller_baseline=per_update'], None),
    (
      ['--controller_bl_dec=0.9', '--controller_baseline=per_update'],
      '--controller_bl_dec has no effect with --controller_baseline=per_update,'
      ' which is a plain mean',
    ),
    (['--unknown_words=unk', '--data_path=data/ptb'], None),
    (['--unknown_words=refuse', '--data_path=ptb.pkl'], None),
    *(
      (
        ['--unknown_words=unk', '--data_path=data/ptb.' + ending],
        '--unknown_words has no effect with an .npz or a .pkl, which have ids '
        'for words',
      )
      for ending in ('npz', 'pkl')
    ),
  ],
)
def test_flags_that_others_leave_without_effect_get_a_notice(words, line):
  expected = [] if line is None else [line + ': ignored']
  assert flag_table.notices(_parse(*words)) == expected
