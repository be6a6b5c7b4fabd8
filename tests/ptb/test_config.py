"""From flags to configs: every value arrives, every mistake is named."""

import pytest

from src.arc import ArcError, RecurrentArc
from src.nn.clipping import GlobalNorm
from src.nn.schedules import Constant, Exponential, WarmUp
from src.ptb import config
from src.ptb import flags as flag_table
from src.ptb.task import Ptb
from src.run.errors import UsageError
from tests import flag_tables
from tests.flag_tables import sets

# The same cell of three nodes after node 0, in both formats.
LM, LEGACY = '0 2 1 0 0 1', '0 0 3 1 0 0 1'
ARC = "--child_rhn_depth=4 --child_fixed_arc='%s'" % LM
FIXED = ARC + ' --nocontroller_training'


def _flags(*words):
  needed = '--search_for=enas --data_path=data --output_dir=run'
  return flag_tables.parse(flag_table, needed, *words)


def _child(*words):
  return config.child_config(_flags(*words), 11)


def _keep(*words):
  return _child(*words).keep


def _training(*words):
  return config.child_training(_flags(*words), 7)


def _controller(*words):
  return config.controller_config(_flags(*words))


def _reinforce(*words):
  return config.controller_training(_flags(*words), 16)


def _run(*words):
  return config.run_config(_flags(*words))


DECAY = (
  '--child_lr=3 --child_lr_dec_start=4 --child_lr_dec_every=5 '
  '--child_lr_dec_rate=0.3 --child_lr_dec_min=0.2 '
)
DECAYED = Exponential(3.0, 0.3, 35, 28, 0.2)  # of 7 windows an epoch
WARM = ['--child_lr_warmup_val=0.5', '--child_lr_warmup_steps=9']
ASGD = ' --child_optim_algo=asgd '
START = '--child_asgd_start_step=3 --child_asgd_threshold=4'
PROBE = "--child_rhn_depth=4 --eval_probe_arc='%s'" % LM
ALONE = '--nocontroller_sync_replicas'
# What flags of another name than a config's field set, or several together.
SETS = [
  sets(_child, '', vocab_size=11, arc=None),
  sets(_child, '--child_lstm_hidden_size=5', hidden_size=5),
  sets(_child, '--child_rhn_depth=4', num_nodes=3),
  sets(_controller, '--child_rhn_depth=4', num_nodes=3),
  sets(_child, FIXED, arc=RecurrentArc.parse(LM)),
  sets(_training, '--child_bptt_steps=3', bptt=3),
  sets(_run, '--child_bptt_steps=3', bptt=3),
  sets(_training, DECAY, schedule=DECAYED),
  sets(_training, DECAY + ' '.join(WARM), schedule=WarmUp(DECAYED, 0.5, 9)),
  sets(_training, '--child_grad_bound=3', clip=GlobalNorm(3.0)),
  sets(_training, '', l2_form='quartic', averaging=False),
  sets(_training, FIXED + ASGD, l2_form='square', averaging=True),
  sets(_training, '--child_l2_form=square', l2_form='square'),
  sets(_training, FIXED + ' --child_l2_form=quartic', l2_form='quartic'),
  sets(_run, START, average_threshold=None, average_start_step=None),
  sets(_run, FIXED + ASGD + START, average_threshold=4, average_start_step=3),
  sets(_run, '', reset_probability=0.0, windows_shared_by=1),
  sets(_run, '--child_reset_train_states=0.3', reset_probability=0.3),
  sets(_run, '--controller_shared_batch', windows_shared_by=10),
  sets(_run, '--log_every=3', log_every=3, controller_log_every=3),
  sets(_run, PROBE, probe=RecurrentArc.parse(LM), controller_log_every=10),
  sets(_run, '--controller_train_steps=3', controller_runs=30),
  sets(_run, ALONE, controller_runs=250, controller_aggregate=1),
  sets(_controller, '--controller_distance_penalty=3', distance_penalty=3.0),
  sets(_controller, '--controller_distance_penalty=0', distance_penalty=None),
  sets(_controller, '--controller_true_entropy', full_entropy=True),
  sets(_reinforce, '--controller_lr=0.5', schedule=Constant(0.5)),
  sets(_reinforce, '--controller_num_aggregate=3', num_aggregate=3),
  sets(_reinforce, ALONE, num_aggregate=1, num_reward_batches=16),
] + [
  sets(_keep, '--child_lstm_%s_keep=0.3' % name, **{name: 0.3})
  for name in 'eixhow'
]
# Their effect is shown below, or in what a task reads and does; some have but
# one value.
ELSEWHERE = {
  'search_for', 'data_path', 'unknown_words', 'controller_training',
  'child_arc_format', 'child_num_layers', 'child_lstm_l_skip', 'child_arcs',
}  # fmt: skip


@pytest.mark.parametrize('row', SETS, ids=lambda row: row[1])
def test_flags_set_fields(row):
  flag_tables.check_sets(*row)


def test_every_other_flag_sets_the_field_of_its_name():
  def _configs(words):
    return {
      'child': [_child(words), _training(words)],
      'controller': [_controller(words), _reinforce(words)],
      'run': [_run(words)],
    }

  assert flag_tables.unset(flag_table, SETS, ELSEWHERE, _configs) == []


def test_what_is_absent():
  assert _controller(FIXED) is None
  assert _reinforce('--nocontroller_training') is None


def test_both_formats_are_one_cell():
  flags = _flags('--child_rhn_depth=4')
  one, other = config.parse_arc(flags, LM), config.parse_arc(flags, LEGACY)
  assert (one.format.name, other.format.name) == ('enas_lm', 'legacy')
  assert one == other


@pytest.mark.parametrize(
  ('words', 'text', 'end'),
  [
    ('--child_arc_format=enas_lm', LEGACY, '7 tokens, so give legacy or auto'),
    ('--child_arc_format=legacy', LM, '6 tokens, so give enas_lm or auto'),
    ('', '0 0 0 1', 'found 4, which is a cell for --child_rhn_depth=3'),
    # Cells for no depth.
    ('', '0', 'found 1'),
    ('', '0 0 0 9', 'found 4'),
    ('', '0 0 0 1 0 9', 'expected 0 to 3'),
  ],
)
def test_wrong_cells(words, text, end):
  with pytest.raises(ArcError) as caught:
    config.parse_arc(_flags('--child_rhn_depth=4', words), text)
  assert str(caught.value).endswith(end)


def test_what_the_controller_may_choose():
  flags = _flags('--child_rhn_depth=4 --controller_num_funcs=3')
  assert config.offered_space(flags) == config.space(flags).first_actions(3)


def test_decoded_cell():
  flags = _flags('--child_rhn_depth=4')
  nodes = [
    'node 0: tanh of input and previous state',
    'node 1: sigmoid of node 0',
    'node 2: tanh of node 1',
    'node 3: relu of node 0',
  ]
  for text in (LM, LEGACY):
    arc = config.parse_arc(flags, text)
    assert config.decoded(flags, arc) == nodes + [
      'output: mean of nodes 1 to 3 (loose ends: 2, 3)'
    ]
  flags.child_average_loose_ends = True
  assert config.decoded(flags, arc) == nodes + ['output: mean of nodes 2, 3']


# What flags may not say together; each alone: tests/run/test_common_flags.py.
BAD = [
  ('--data_path=', '--data_path is needed'),
  ('--output_dir=', '--output_dir is needed'),
  ('--child_lstm_h_keep=0', 'expected a number in (0, 1]'),
  (WARM[0], '--child_lr_warmup_val and --child_lr_warmup_steps go together'),
  (WARM[1], '--child_lr_warmup_val and --child_lr_warmup_steps go together'),
  (FIXED + " --eval_probe_arc='%s'" % LM, '--eval_probe_arc is for a search'),
  (ARC, 'add --nocontroller_training'),
  (ASGD, 'it needs --child_fixed_arc'),
  ("--eval_probe_arc='0 0 0'", 'a recurrent cell of 10 nodes'),
] + [
  (
    '--controller_baseline=' + words,
    'needs --controller_sync_replicas and --controller_num_aggregate of at lea',
  )
  for words in (
    'per_update --controller_num_aggregate=1',
    'leave_one_out ' + ALONE,
  )
]


@pytest.mark.parametrize(('words', 'part'), BAD)
def test_check(words, part):
  with pytest.raises((UsageError, ArcError)) as caught:
    Ptb().check(_flags(words))
  assert part in str(caught.value)


@pytest.mark.parametrize(
  'words',
  [
    '',
    FIXED,
    FIXED + ASGD,
    ARC + ' --mode=eval --output_dir=',
    ' '.join(WARM),
    '--nochild_lstm_l_skip --nochild_lstm_e_skip',
    PROBE,
  ],
)
def test_check_accepts(words):
  assert Ptb().check(_flags(words)) is None
