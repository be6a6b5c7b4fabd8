"""From flags to configs: every value arrives, every mistake is named."""

import re

import numpy as np
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
START = '--child_asgd_start_step=3'
ALONE = '--nocontroller_sync_replicas'
# Fields that flags of other names set, or several together: which field of
# which config, and to what.
REACHES = [
  ('', _child, 'vocab_size', 11),
  ('--child_lstm_hidden_size=5', _child, 'hidden_size', 5),
  ('--child_rhn_depth=4', _child, 'num_nodes', 3),
  ('--child_rhn_depth=4', _controller, 'num_nodes', 3),
  ('', _child, 'arc', None),
  (FIXED, _child, 'arc', RecurrentArc.parse(LM)),
  ('--child_bptt_steps=3', _training, 'bptt', 3),
  ('--child_bptt_steps=3', _run, 'bptt', 3),
  # 7 windows an epoch.
  (DECAY, _training, 'schedule', Exponential(3.0, 0.3, 35, 28, 0.2)),
  (
    DECAY + ' '.join(WARM), _training, 'schedule',
    WarmUp(Exponential(3.0, 0.3, 35, 28, 0.2), 0.5, 9),
  ),
  ('--child_grad_bound=3', _training, 'clip', GlobalNorm(3.0)),
  ('', _training, 'l2_form', 'quartic'),
  (FIXED, _training, 'l2_form', 'square'),
  ('--child_l2_form=square', _training, 'l2_form', 'square'),
  (FIXED + ' --child_l2_form=quartic', _training, 'l2_form', 'quartic'),
  ('', _training, 'averaging', False),
  (FIXED + ASGD, _training, 'averaging', True),
  (START, _run, 'average_start_step', None),
  (FIXED + ASGD + START, _run, 'average_start_step', 3),
  ('', _run, 'average_threshold', None),
  (FIXED + ASGD + '--child_asgd_threshold=3', _run, 'average_threshold', 3),
  ('', _run, 'reset_probability', 0.0),
  ('--child_reset_train_states=0.3', _run, 'reset_probability', 0.3),
  (
    "--child_rhn_depth=4 --eval_probe_arc='%s'" % LM, _run, 'probe',
    RecurrentArc.parse(LM),
  ),
  ('--controller_train_steps=3', _run, 'controller_runs', 30),
  (ALONE, _run, 'controller_runs', 250),
  (ALONE, _run, 'controller_aggregate', 1),
  ('', _run, 'windows_shared_by', 1),
  ('--controller_shared_batch', _run, 'windows_shared_by', 10),
  ('', _run, 'controller_log_every', 10),
  ('--log_every=3', _run, 'controller_log_every', 3),
  ('--log_every=3', _run, 'log_every', 3),
  (ALONE, _run, 'controller_log_every', 10),
  ('--controller_distance_penalty=3', _controller, 'distance_penalty', 3.0),
  ('--controller_distance_penalty=0', _controller, 'distance_penalty', None),
  ('--controller_true_entropy', _controller, 'full_entropy', True),
  ('--controller_lr=0.5', _reinforce, 'schedule', Constant(0.5)),
  ('--controller_num_aggregate=3', _reinforce, 'num_aggregate', 3),
  (ALONE, _reinforce, 'num_aggregate', 1),
  ('', _reinforce, 'num_reward_batches', 16),
] + [
  ('--child_lstm_%s_keep=0.3' % name, _keep, name, 0.3) for name in 'eixhow'
]  # fmt: skip
# Flags whose effect is in what main does, shown in its tests, in those of
# src/run and below; some have but one allowed value, or are never read.
ELSEWHERE = set("""
mode search_for reset_output_dir debug data_path unknown_words report nan_policy
keep_checkpoints child_arc_format controller_training checkpoint_path eval_split
eval_arcs_file eval_output derive_samples derive_from derive_output export_dir
child_num_layers child_lstm_l_skip child_lstm_e_skip controller_num_replicas
controller_selection_threshold
""".split())  # fmt: skip


@pytest.mark.parametrize(('words', 'build', 'field', 'expected'), REACHES)
def test_flag_reaches_its_config(words, build, field, expected):
  found = getattr(build(words), field)
  assert found == expected
  assert type(found) is type(expected)


def test_every_other_flag_sets_the_field_of_its_name():
  def _configs(words):
    return {
      'child': [_child(words), _training(words)],
      'controller': [_controller(words), _reinforce(words)],
      'run': [_run(words)],
    }

  shown = set(re.findall(r'--(?:no)?(\w+)', ' '.join(c[0] for c in REACHES)))
  assert flag_tables.unset(flag_table, shown | ELSEWHERE, _configs) == []


def test_keeps_are_not_mixed_up():
  assert _keep() == (0.9, 0.8, 0.25, 0.75, 0.25, 1.0)


def test_what_is_absent():
  assert _controller(FIXED) is None
  assert _reinforce('--nocontroller_training') is None


def test_both_formats_are_one_cell():
  flags = _flags('--child_rhn_depth=4')
  one, other = config.parse_arc(flags, LM), config.parse_arc(flags, LEGACY)
  assert (one.format.name, other.format.name) == ('enas_lm', 'legacy')
  assert one == other


@pytest.mark.parametrize(
  ('words', 'text', 'message'),
  [
    (
      '--child_arc_format=enas_lm',
      LEGACY,
      '--child_arc_format=enas_lm: the cell has 7 tokens, so give legacy or '
      'auto',
    ),
    (
      '--child_arc_format=legacy',
      LM,
      '--child_arc_format=legacy: the cell has 6 tokens, so give enas_lm or '
      'auto',
    ),
    (
      '',
      '1 0 3 1 0 0 1',
      'token 1 of 7 (node 0, activation): 1, expected 0: node 0 is always tanh',
    ),
    (
      '',
      '0 0 0 1',
      'a recurrent cell of 4 nodes has 2N-1 tokens, or 2N-2 without those of '
      'node 0; found 4, which is a cell for --child_rhn_depth=3',
    ),
    # Cells for no depth.
    *(
      (
        '',
        text,
        'a recurrent cell of 4 nodes has 2N-1 tokens, or 2N-2 without those of '
        'node 0; found %d' % len(text.split()),
      )
      for text in ('0', '0 0 0 9')
    ),
  ],
)
def test_wrong_cells(words, text, message):
  with pytest.raises(ArcError) as caught:
    config.parse_arc(_flags('--child_rhn_depth=4', words), text)
  assert str(caught.value) == message


def test_a_wrong_token_says_nothing_of_depths():
  with pytest.raises(ArcError, match=r'\Atoken 6 of 6.*expected 0 to 3\Z'):
    config.parse_arc(_flags('--child_rhn_depth=4'), '0 0 0 1 0 9')


def test_random_cells_are_of_the_search_space():
  flags = _flags('--child_rhn_depth=4', '--controller_num_funcs=3')
  draw = np.random.RandomState(0)
  offered = config.offered_space(flags)
  arcs = [offered.random(draw) for _ in range(300)]
  assert {arc.format.name for arc in arcs} == {'enas_lm'}
  for place, count in enumerate([1, 3, 2, 3, 3, 3]):
    assert {arc.tokens[place] for arc in arcs} == set(range(count))


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
  (
    '--controller_baseline=per_update --controller_num_aggregate=1',
    'needs --controller_sync_replicas and --controller_num_aggregate of at lea',
  ),
  (
    '--controller_baseline=per_update ' + ALONE,
    'needs --controller_sync_replicas and --controller_num_aggregate of at lea',
  ),
]


@pytest.mark.parametrize(('words', 'part'), BAD)
def test_check(words, part):
  with pytest.raises(UsageError) as caught:
    Ptb().check(_flags(words))
  assert part in str(caught.value)


def test_wrong_probe():
  with pytest.raises(ArcError):
    Ptb().check(_flags("--eval_probe_arc='0 0 0'"))


@pytest.mark.parametrize(
  'words',
  [
    '',
    FIXED,
    FIXED + ASGD,
    ARC + ' --mode=eval --output_dir=',
    ' '.join(WARM),
    '--nochild_lstm_l_skip --nochild_lstm_e_skip',
    "--child_rhn_depth=4 --eval_probe_arc='%s'" % LM,
  ],
)
def test_check_accepts(words):
  assert Ptb().check(_flags(words)) is None
