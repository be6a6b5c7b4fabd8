"""From flags to configs: every value arrives, every mistake is named."""

import re

import pytest

from src.arc import ArcError, RecurrentArc
from src.nn.clipping import GlobalNorm
from src.nn.schedules import Constant, Exponential, WarmUp
from src.ptb import config
from src.ptb import flags as flag_table
from src.ptb.task import Ptb
from src.run.errors import UsageError
from tests import flag_tables

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
WARM = ['--child_lr_warmup_val=0.5', '--child_lr_warmup_steps=9']
ASGD = ' --child_optim_algo=asgd '
START = '--child_asgd_start_step=3 --child_asgd_threshold=4'
PROBE = "--child_rhn_depth=4 --eval_probe_arc='%s'" % LM
ALONE = '--nocontroller_sync_replicas'
# What flags of another name than a config's field set, or several together.
REACHES = [
  ('', _child, {'vocab_size': 11, 'arc': None}),
  (
    '--child_lstm_hidden_size=5 --child_rhn_depth=4',
    _child,
    {'hidden_size': 5, 'num_nodes': 3},
  ),
  ('--child_rhn_depth=4', _controller, {'num_nodes': 3}),
  (FIXED, _child, {'arc': RecurrentArc.parse(LM)}),
  # 7 windows an epoch.
  (
    DECAY + '--child_bptt_steps=3',
    _training,
    {'schedule': Exponential(3.0, 0.3, 35, 28, 0.2), 'bptt': 3},
  ),
  (
    DECAY + ' '.join(WARM) + ' --child_grad_bound=3',
    _training,
    {
      'schedule': WarmUp(Exponential(3.0, 0.3, 35, 28, 0.2), 0.5, 9),
      'clip': GlobalNorm(3.0),
    },
  ),
  ('', _training, {'l2_form': 'quartic', 'averaging': False}),
  (FIXED + ASGD, _training, {'l2_form': 'square', 'averaging': True}),
  ('--child_l2_form=square', _training, {'l2_form': 'square'}),
  (FIXED + ' --child_l2_form=quartic', _training, {'l2_form': 'quartic'}),
  (
    START,
    _run,
    {
      'average_threshold': None,
      'average_start_step': None,
      'reset_probability': 0.0,
      'windows_shared_by': 1,
      'controller_log_every': 10,
    },
  ),
  (
    FIXED + ASGD + START,
    _run,
    {'average_threshold': 4, 'average_start_step': 3},
  ),
  (
    '--child_bptt_steps=3 --child_reset_train_states=0.3 --log_every=3 '
    '--controller_shared_batch --controller_train_steps=3 ' + PROBE,
    _run,
    {
      'bptt': 3,
      'reset_probability': 0.3,
      'log_every': 3,
      'controller_log_every': 3,
      'windows_shared_by': 10,
      'controller_runs': 30,
      'probe': RecurrentArc.parse(LM),
    },
  ),
  (
    ALONE,
    _run,
    {
      'controller_runs': 250,
      'controller_aggregate': 1,
      'controller_log_every': 10,
    },
  ),
  (
    '--controller_distance_penalty=3 --controller_true_entropy',
    _controller,
    {'distance_penalty': 3.0, 'full_entropy': True},
  ),
  ('--controller_distance_penalty=0', _controller, {'distance_penalty': None}),
  (
    '--controller_lr=0.5 --controller_num_aggregate=3',
    _reinforce,
    {'schedule': Constant(0.5), 'num_aggregate': 3, 'num_reward_batches': 16},
  ),
  (ALONE, _reinforce, {'num_aggregate': 1}),
] + [
  ('--child_lstm_%s_keep=0.3' % name, _keep, {name: 0.3}) for name in 'eixhow'
]
# Their effect is shown below, or in what a task reads and does; some have but
# one value.
ELSEWHERE = {
  'search_for', 'data_path', 'unknown_words', 'controller_training',
  'child_arc_format', 'child_num_layers', 'child_lstm_l_skip',
}  # fmt: skip


@pytest.mark.parametrize(('words', 'build', 'expected'), REACHES)
def test_flags_reach_their_configs(words, build, expected):
  config = build(words)
  found = {name: getattr(config, name) for name in expected}
  assert found == expected
  assert [*map(type, found.values())] == [*map(type, expected.values())]


def test_every_other_flag_sets_the_field_of_its_name():
  def _configs(words):
    return {
      'child': [_child(words), _training(words)],
      'controller': [_controller(words), _reinforce(words)],
      'run': [_run(words)],
    }

  shown = set(re.findall(r'--(?:no)?(\w+)', ' '.join(c[0] for c in REACHES)))
  assert flag_tables.unset(flag_table, shown | ELSEWHERE, _configs) == []


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
    '--controller_baseline=per_update ' + word,
    'needs --controller_sync_replicas and --controller_num_aggregate of at lea',
  )
  for word in ('--controller_num_aggregate=1', ALONE)
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
