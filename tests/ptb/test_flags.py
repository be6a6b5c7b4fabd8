"""The flags of `src.ptb.main` against those of melodyguan/enas."""

import pytest

from src.ptb import flags as flag_table
from src.run import flags as flags_lib
from tests import flag_tables

# Of `src/ptb/main.py` there; after a slash, of a search by enas_lm.
UPSTREAM = """
bool: reset_output_dir=False child_lstm_l_skip=False/None
bool: controller_sync_replicas=False/True controller_training=True
str: data_path= output_dir= child_fixed_arc=None
word: search_for=None child_optim_algo=sgd
int: batch_size=25/128 num_epochs=300/600 log_every=50/200 eval_every_epochs=1
int: child_num_layers=2/1 child_bptt_steps=20/35 child_lstm_hidden_size=200
int: child_lr_dec_start=4 child_lr_dec_every=1 child_lr_warmup_steps=None
int: child_rhn_depth=4/10 controller_num_aggregate=1/10
int: controller_num_replicas=1 controller_train_steps=50/25
int: controller_train_every=2/1
float: child_lstm_e_keep=1.0/0.9 child_lstm_x_keep=1.0/0.25
float: child_lstm_h_keep=1.0/0.75 child_lstm_o_keep=1.0/0.25
float: child_lr=1.0/20.0 child_lr_dec_rate=0.5/1.0 child_lr_dec_min=None/0.0
float: child_lr_warmup_val=None child_grad_bound=5.0/0.1
float: child_l2_reg=None/8e-07 child_rnn_l2_reg=None/0.0
float: child_rnn_slowness_reg=None/1.0 child_reset_train_states=None
float: controller_lr=0.001/5e-05 controller_l2_reg=0.0
float: controller_bl_dec=0.99/0.999 controller_tanh_constant=None/2.25
float: controller_temperature=None/5.0 controller_entropy_weight=None/1e-05
refused: child_base_number child_avg_pool_size child_block_size
refused: child_temperature child_optim_moving_average child_sync_replicas
refused: child_num_aggregate child_num_replicas controller_keep_prob
refused: controller_lr_dec_rate controller_skip_target controller_skip_rate
"""
PUBLISHED = 'here, as in melodyguan/enas, whose scripts pass it'
IDS = 'with an .npz or a .pkl, which have ids for words'
ASGD = '--child_optim_algo=asgd'


def test_upstreams_flags():
  assert flag_tables.unlike(flag_table, UPSTREAM) == []


@pytest.mark.parametrize(
  ('words', 'where'),
  [
    ('--nochild_lstm_e_skip', PUBLISHED),
    ('--controller_selection_threshold=5', PUBLISHED),
    ('--nochild_lstm_l_skip', None),
    ('--child_asgd_threshold=10', None),  # the default
    ('--child_asgd_threshold=9', 'without ' + ASGD),
    ('--child_asgd_start_step=0', 'without ' + ASGD),
    ('--child_asgd_threshold=9 --child_asgd_start_step=0 ' + ASGD, None),
    ('--controller_bl_dec=0.9', None),
    *(
      (
        '--controller_bl_dec=0.9 --controller_baseline=' + word,
        'with a --controller_baseline that is a mean of one update',
      )
      for word in ('per_update', 'leave_one_out')
    ),
    ('--unknown_words=unk --data_path=data/ptb', None),
    ('--unknown_words=unk --data_path=ptb.npz', IDS),
    ('--unknown_words=unk --data_path=ptb.pkl', IDS),
  ],
)
def test_notices_of_flags_without_effect(words, where):
  name = words.split('=')[0].replace('--no', '--')
  expected = ['%s has no effect %s: ignored' % (name, where)]
  values = flag_tables.parse(flag_table, words)
  found = flags_lib.notices(flag_table.GROUPS, values)
  assert found == (expected if where else [])
