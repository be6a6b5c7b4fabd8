"""From flags to configs: every value arrives, every mistake is named."""

import numpy as np
import pytest

from src.arc import ArcError, RecurrentArc
from src.nn.clipping import GlobalNorm
from src.nn.schedules import Constant, Exponential, WarmUp
from src.ptb import config
from src.ptb import flags as flag_table
from src.run import flags as flags_lib
from src.run.errors import UsageError

NEEDED = ['--search_for=enas', '--data_path=data', '--output_dir=run']
# The same cell of three nodes after node 0, in both formats.
LM, LEGACY = '0 2 1 0 0 1', '0 0 3 1 0 0 1'
FIXED = [
  '--child_rhn_depth=4',
  '--child_fixed_arc=' + LM,
  '--nocontroller_training',
]


def _flags(*words):
  return flags_lib.parse(
    flag_table.GROUPS,
    ['main.py'] + NEEDED + list(words),
    flag_table.WITHOUT_EFFECT,
  )[0]


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


DECAY = [
  '--child_lr=3', '--child_lr_dec_start=4', '--child_lr_dec_every=5',
  '--child_lr_dec_rate=0.3', '--child_lr_dec_min=0.2',
]  # fmt: skip
WARM = ['--child_lr_warmup_val=0.5', '--child_lr_warmup_steps=9']
# Which field of which config a flag sets, and to what.
REACHES = [
  ([], _child, 'vocab_size', 11),
  (['--child_lstm_hidden_size=5'], _child, 'hidden_size', 5),
  (['--child_rhn_depth=4'], _child, 'num_nodes', 3),
  (['--child_rhn_depth=4'], _controller, 'num_nodes', 3),
  ([], _child, 'arc', None),
  (FIXED, _child, 'arc', RecurrentArc.parse(LM)),
  (['--child_init_range=0.1'], _child, 'init_range', 0.1),
  (['--child_average_loose_ends'], _child, 'average_loose_ends', True),
  ([], _child, 'average_loose_ends', False),
  (['--batch_size=3'], _training, 'batch_size', 3),
  (['--child_bptt_steps=3'], _training, 'bptt', 3),
  # 7 windows an epoch.
  (DECAY, _training, 'schedule', Exponential(3.0, 0.3, 35, 28, 0.2)),
  (
    DECAY + WARM,
    _training,
    'schedule',
    WarmUp(Exponential(3.0, 0.3, 35, 28, 0.2), 0.5, 9),
  ),
  (['--child_grad_bound=3'], _training, 'clip', GlobalNorm(3.0)),
  (['--child_l2_reg=0.3'], _training, 'l2_reg', 0.3),
  ([], _training, 'l2_form', 'quartic'),
  (FIXED, _training, 'l2_form', 'square'),
  (['--child_l2_form=square'], _training, 'l2_form', 'square'),
  (FIXED + ['--child_l2_form=quartic'], _training, 'l2_form', 'quartic'),
  (['--child_rnn_l2_reg=0.3'], _training, 'rnn_l2_reg', 0.3),
  (['--child_rnn_slowness_reg=0.3'], _training, 'rnn_slowness_reg', 0.3),
  ([], _training, 'averaging', False),
  (FIXED + ['--child_optim_algo=asgd'], _training, 'averaging', True),
  (['--eval_every_epochs=3'], _run, 'eval_every_epochs', 3),
  (['--controller_train_every=3'], _run, 'controller_train_every', 3),
  (['--controller_train_steps=3'], _run, 'controller_runs', 30),
  (['--nocontroller_sync_replicas'], _run, 'controller_runs', 250),
  (['--nocontroller_sync_replicas'], _run, 'controller_aggregate', 1),
  ([], _run, 'windows_shared_by', 1),
  (['--controller_shared_batch'], _run, 'windows_shared_by', 10),
  ([], _run, 'controller_log_every', 10),
  (['--log_every=3'], _run, 'controller_log_every', 3),
  (['--nocontroller_sync_replicas'], _run, 'controller_log_every', 10),
  (['--controller_num_funcs=2'], _controller, 'num_funcs', 2),
  (['--controller_lstm_size=5'], _controller, 'lstm_size', 5),
  (['--controller_tanh_constant=1.5'], _controller, 'tanh_constant', 1.5),
  (['--controller_temperature=3'], _controller, 'temperature', 3.0),
  (['--controller_distance_penalty=3'], _controller, 'distance_penalty', 3.0),
  (['--controller_distance_penalty=0'], _controller, 'distance_penalty', None),
  (['--controller_true_entropy'], _controller, 'full_entropy', True),
  (['--controller_lr=0.5'], _reinforce, 'schedule', Constant(0.5)),
  (['--controller_bl_dec=0.9'], _reinforce, 'bl_dec', 0.9),
  (['--controller_entropy_weight=0.2'], _reinforce, 'entropy_weight', 0.2),
  (['--controller_l2_reg=0.1'], _reinforce, 'l2_reg', 0.1),
  (['--controller_num_aggregate=3'], _reinforce, 'num_aggregate', 3),
  (['--nocontroller_sync_replicas'], _reinforce, 'num_aggregate', 1),
  ([], _reinforce, 'baseline', 'global'),
  (['--controller_baseline=per_batch'], _reinforce, 'baseline', 'per_batch'),
  ([], _reinforce, 'num_reward_batches', 16),
] + [
  (['--child_lstm_%s_keep=0.3' % name], _keep, name, 0.3) for name in 'eixhow'
]


@pytest.mark.parametrize(
  ('words', 'build', 'field', 'expected'),
  REACHES,
  ids=lambda value: ' '.join(value) if isinstance(value, list) else None,
)
def test_flag_reaches_its_config(words, build, field, expected):
  found = getattr(build(*words), field)
  assert found == expected
  assert type(found) is type(expected)


def test_keeps_are_not_mixed_up():
  assert _keep() == (0.9, 0.8, 0.25, 0.75, 0.25, 1.0)


def test_what_is_absent():
  assert _controller(*FIXED) is None
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
      ['--child_arc_format=enas_lm'],
      LEGACY,
      '--child_arc_format=enas_lm: the cell has 7 tokens, so give legacy or '
      'auto',
    ),
    (
      ['--child_arc_format=legacy'],
      LM,
      '--child_arc_format=legacy: the cell has 6 tokens, so give enas_lm or '
      'auto',
    ),
    (
      [],
      '1 0 3 1 0 0 1',
      'token 1 of 7 (node 0, activation): 1, expected 0: node 0 is always tanh',
    ),
    (
      [],
      '0 0 0 1',
      'a recurrent cell of 4 nodes has 2N-1 tokens, or 2N-2 without those of '
      'node 0; found 4, which is a cell for --child_rhn_depth=3',
    ),
    # Cells for no depth.
    *(
      (
        [],
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
    config.parse_arc(_flags('--child_rhn_depth=4', *words), text)
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


BAD = [
  (
    ['--data_path='],
    '--data_path is needed: a folder of texts, an .npz or a ptb.pkl',
  ),
  (['--output_dir='], '--output_dir is needed: where the run is kept'),
  (['--child_rhn_depth=1'], '--child_rhn_depth=1: expected at least 2'),
  (['--child_lr_dec_start=-1'], '--child_lr_dec_start=-1: expected at least 0'),
  (['--controller_num_funcs=0'], '--controller_num_funcs=0: expected 1 to 4'),
  (['--controller_num_funcs=5'], '--controller_num_funcs=5: expected 1 to 4'),
  (
    ['--child_num_layers=2'],
    '--child_num_layers=2: the language model has one layer, expected 1',
  ),
  (
    ['--controller_num_replicas=2'],
    '--controller_num_replicas=2: one process is one replica, expected 1; '
    '--controller_num_aggregate averages gradients within it',
  ),
  (
    ['--child_lstm_l_skip'],
    '--child_lstm_l_skip is of the language model that its authors have '
    'withdrawn: leave it out',
  ),
  (
    WARM[:1],
    '--child_lr_warmup_val and --child_lr_warmup_steps go together: give both '
    'or none',
  ),
  (
    WARM[1:],
    '--child_lr_warmup_val and --child_lr_warmup_steps go together: give both '
    'or none',
  ),
  (
    FIXED + ['--eval_probe_arc=' + LM],
    '--eval_probe_arc is for a search: leave it out',
  ),
  (
    FIXED[:2],
    '--child_fixed_arc trains one network: add --nocontroller_training',
  ),
  (
    ['--child_optim_algo=asgd'],
    '--child_optim_algo=asgd averages the weights of one network: it needs '
    '--child_fixed_arc',
  ),
  *(
    (
      ['--controller_baseline=per_update', word],
      '--controller_baseline=per_update compares the cells of an update: it '
      'needs --controller_sync_replicas and --controller_num_aggregate of at '
      'least 2',
    )
    for word in ('--controller_num_aggregate=1', '--nocontroller_sync_replicas')
  ),
  (['--child_lr=-1'], '--child_lr=-1.0: expected a positive number'),
  (['--child_l2_reg=nan'], '--child_l2_reg=nan: expected at least 0'),
  (
    ['--controller_bl_dec=1.5'],
    '--controller_bl_dec=1.5: expected a number in [0, 1]',
  ),
]
BAD += [
  (
    ['--child_lstm_%s_keep=%s' % (name, value)],
    '--child_lstm_%s_keep=%s: expected a number in (0, 1]' % (name, value),
  )
  for name in 'eixhow'
  for value in ('0.0', '1.1')
]
BAD += [
  (['--%s=0' % name], '--%s=0: expected at least 1' % name)
  for name, least in config._AT_LEAST.items()
  if least == 1
]


@pytest.mark.parametrize(
  ('words', 'message'), BAD, ids=lambda value: str(value)[:40]
)
def test_check(words, message):
  with pytest.raises(UsageError) as caught:
    config.check(_flags(*words))
  assert str(caught.value) == message


def test_search_for_is_needed():
  flags, _ = flags_lib.parse(flag_table.GROUPS, ['main.py'] + NEEDED[1:])
  with pytest.raises(UsageError) as caught:
    config.check(flags)
  assert str(caught.value) == '--search_for is needed: enas'


def test_wrong_probe():
  with pytest.raises(ArcError):
    config.check(_flags('--eval_probe_arc=0 0 0'))


@pytest.mark.parametrize(
  'words',
  [
    [],
    FIXED,
    FIXED + ['--child_optim_algo=asgd'],
    FIXED[:2] + ['--mode=eval', '--output_dir='],
    WARM,
    ['--nochild_lstm_l_skip', '--nochild_lstm_e_skip'],
    ['--child_rhn_depth=4', '--eval_probe_arc=' + LM],
  ],
  ids=' '.join,
)
def test_check_accepts(words):
  assert config.check(_flags(*words)) is None
