"""From flags to configs: every value arrives, every mistake is named."""

import pytest

from src.arc import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  ArcError,
  CellsSpace,
  MacroArc,
  MacroSpace,
  MicroArc,
)
from src.cifar10 import config
from src.cifar10 import flags as flag_table
from src.cifar10.operations import BUILDERS
from src.cifar10.task import Cifar10
from src.nn import clipping, schedules
from src.run import flags as flags_lib
from src.run import session
from src.run.errors import UsageError

NEEDED = ['--search_for=macro', '--data_path=data', '--output_dir=run']
WHOLE = '--controller_search_whole_channels'
FIXED = ['--child_num_layers=2', '--child_fixed_arc=3 1 0']
MICRO = ['--search_for=micro', '--child_num_branches=5']
CELLS = '0 4 1 2 1 0 1 3'
FIXED_MICRO = MICRO + ['--child_num_cells=1', '--child_fixed_arc=' + CELLS]


def _flags(*words):
  values, _ = flags_lib.parse(
    flag_table.GROUPS,
    ['main.py'] + NEEDED + list(words),
    flag_table.WITHOUT_EFFECT,
  )
  return values


def _child(*words):
  return Cifar10().child(_flags(*words))


def _training(*words):
  return config.child_training(_flags(*words), 10)


def _controller(*words):
  return Cifar10().controller(_flags(*words))


def _reinforce(*words):
  return config.controller_training(_flags(*words))


def _run(*words):
  return Cifar10().run_config(_flags(*words))


def _micro_child(*words):
  return _child(*MICRO, *words)


def _micro_controller(*words):
  return _controller(*MICRO, *words)


AGGREGATE = '--controller_num_aggregate=5'
SYNC = '--controller_sync_replicas'

# Which field of which config a flag sets, and to what.
REACHES = [
  (['--child_num_layers=7'], _child, 'num_layers', 7),
  (['--child_num_layers=7'], _controller, 'num_layers', 7),
  (['--child_out_filters=6'], _child, 'out_filters', 6),
  (['--child_out_filters=6'], _controller, 'out_filters', 6),
  (
    ['--child_out_filters=6', '--child_out_filters_scale=3'],
    _child,
    'out_filters',
    18,
  ),
  (
    ['--child_out_filters=6', '--child_out_filters_scale=3'],
    _controller,
    'out_filters',
    18,
  ),
  (['--child_num_branches=5'], _controller, 'num_operations', 5),
  (['--num_classes=6'], _child, 'num_classes', 6),
  (['--child_keep_prob=0.9'], _child, 'keep_prob', 0.9),
  ([WHOLE], _controller, 'whole_channels', True),
  ([], _child, 'fixed_arc', None),
  (FIXED, _child, 'fixed_arc', MacroArc.parse('3 1 0', 2, 4)),
  (['--child_branch_binding=last'], _child, 'branch_binding', 'last'),
  (['--child_eval_bn=batch'], _child, 'eval_bn', 'batch'),
  (
    [
      '--child_lr_cosine',
      '--child_lr_max=0.3',
      '--child_lr_min=0.01',
      '--child_lr_T_0=3',
      '--child_lr_T_mul=4',
    ],
    _training,
    'schedule',
    schedules.CosineRestarts(0.3, 0.01, 3, 4, 10),
  ),
  (
    ['--child_lr=0.2', '--child_lr_dec_rate=0.3', '--child_lr_dec_every=4'],
    _training,
    'schedule',
    schedules.Exponential(0.2, 0.3, 4 * 10),
  ),
  (['--child_l2_reg=0.5'], _training, 'l2_reg', 0.5),
  (['--child_grad_bound=3'], _training, 'clip', None),
  (
    ['--child_grad_bound=3', '--child_clip_gradients'],
    _training,
    'clip',
    clipping.EachNorm(3.0),
  ),
  (['--child_cutout_size=16'], _training, 'cutout_size', 16),
  (['--child_num_aggregate=4'], _training, 'num_aggregate', 1),
  (
    ['--child_num_aggregate=4', '--child_sync_replicas'],
    _training,
    'num_aggregate',
    4,
  ),
  (
    ['--child_num_aggregate=4', '--child_sync_replicas'],
    _run,
    'child_aggregate',
    4,
  ),
  (['--child_num_aggregate=4'], _run, 'child_aggregate', 1),
  ([], _controller, 'search_for', 'macro'),
  (['--search_for=connection'], _controller, 'search_for', 'connection'),
  (['--controller_tanh_constant=1.5'], _controller, 'tanh_constant', 1.5),
  (['--controller_temperature=5'], _controller, 'temperature', 5.0),
  (['--controller_skip_target=0.4'], _controller, 'skip_target', 0.4),
  (['--controller_full_entropy'], _controller, 'full_entropy', True),
  (
    ['--controller_lr=0.5', '--controller_lr_dec_rate=0.9'],
    _reinforce,
    'schedule',
    schedules.Exponential(0.5, 0.9, 1000000),
  ),
  (['--controller_l2_reg=0.1'], _reinforce, 'l2_reg', 0.1),
  (['--controller_bl_dec=0.9'], _reinforce, 'bl_dec', 0.9),
  (['--controller_entropy_weight=0.2'], _reinforce, 'entropy_weight', 0.2),
  (['--controller_skip_weight=0.8'], _reinforce, 'skip_weight', 0.8),
  ([AGGREGATE], _reinforce, 'num_aggregate', 1),
  ([AGGREGATE, SYNC], _reinforce, 'num_aggregate', 5),
  ([AGGREGATE], _run, 'controller_aggregate', 1),
  ([AGGREGATE, SYNC], _run, 'controller_aggregate', 5),
  # As upstream, aggregation multiplies the runs, applied together or not.
  ([AGGREGATE, '--controller_train_steps=3'], _run, 'controller_runs', 15),
  (['--controller_train_every=3'], _run, 'controller_train_every', 3),
  (['--output_dir=there'], _run, 'output_dir', 'there'),
  (['--seed=3'], _run, 'seed', 3),
  (['--batch_size=16'], _run, 'batch_size', 16),
  (['--num_epochs=7'], _run, 'num_epochs', 7),
  (['--log_every=9'], _run, 'log_every', 9),
  (['--eval_every_epochs=2'], _run, 'eval_every_epochs', 2),
  (['--num_epochs=7'], _training, 'num_steps', 7 * 10),
  (['--child_train_aux_head'], _training, 'train_aux_head', True),
  ([], _training, 'train_aux_head', False),
  # Micro cells.
  (['--child_num_layers=7'], _micro_child, 'num_layers', 7),
  (['--child_num_cells=7'], _micro_child, 'num_cells', 7),
  (['--child_num_cells=7'], _micro_controller, 'num_cells', 7),
  (['--child_out_filters=6'], _micro_child, 'out_filters', 6),
  ([], _micro_controller, 'num_operations', 5),
  (['--num_classes=6'], _micro_child, 'num_classes', 6),
  (['--child_keep_prob=0.9'], _micro_child, 'keep_prob', 0.9),
  (
    ['--child_drop_path_keep_prob=0.6'],
    _micro_child,
    'drop_path_keep_prob',
    0.6,
  ),
  (['--child_use_aux_heads'], _micro_child, 'use_aux_heads', True),
  ([], _micro_child, 'use_aux_heads', False),
  ([], _micro_child, 'eval_dropout', True),
  (['--nochild_eval_dropout'], _micro_child, 'eval_dropout', False),
  ([], _micro_child, 'fixed_arc', None),
  (FIXED_MICRO, _child, 'fixed_arc', MicroArc.parse(CELLS)),
  (['--controller_tanh_constant=1.5'], _micro_controller, 'tanh_constant', 1.5),
  (['--controller_temperature=5'], _micro_controller, 'temperature', 5.0),
  (
    ['--controller_op_tanh_reduce=2.5'],
    _micro_controller,
    'op_tanh_reduce',
    2.5,
  ),
]
# Flags whose effect is in what main does, shown in test_main, test_evaluate,
# test_derive and below.
ELSEWHERE = """
mode reset_output_dir debug data_path download num_valids data_format
controller_training child_fixed_separable checkpoint_path eval_split
eval_arcs_file eval_output keep_checkpoints nan_policy derive_samples
derive_from derive_output export_dir report cluster_timeout
"""
# Flags that have but one allowed value.
SINGLE = 'child_num_replicas controller_num_replicas'


@pytest.mark.parametrize(
  ('words', 'build', 'field', 'expected'),
  REACHES,
  ids=lambda value: ' '.join(value) if isinstance(value, list) else None,
)
def test_flag_reaches_its_config(words, build, field, expected):
  found = getattr(build(*words), field)
  assert found == expected
  assert type(found) is type(expected)


def test_every_flag_is_accounted_for():
  shown = {
    word.lstrip('-').split('=')[0].replace('nochild_', 'child_')
    for words, _, _, _ in REACHES
    for word in words
  }
  shown |= set((ELSEWHERE + SINGLE).split()) | {'search_for'}
  assert shown == {
    flag.name for _, group in flag_table.GROUPS for flag in group
  }


def test_branch_is_another_name_of_macro():
  macro = _controller()._asdict()
  branch = _controller('--search_for=branch')._asdict()
  assert dict(macro, search_for='') == dict(branch, search_for='')


def test_micro_flags_change_no_config_of_a_macro_space():
  words = [
    '--child_num_cells=9',
    '--child_use_aux_heads',
    '--child_drop_path_keep_prob=0.6',
    '--nochild_eval_dropout',
    '--controller_op_tanh_reduce=2.5',
  ]
  for build in (_child, _training, _controller, _reinforce, _run):
    assert build(*words) == build()


def test_macro_flags_change_no_config_of_the_micro_space():
  words = [
    '--child_out_filters_scale=3',
    '--controller_search_whole_channels',
    '--controller_full_entropy',
    '--controller_skip_target=0.3',
  ]
  assert _micro_child(*words) == _micro_child()
  assert _micro_controller(*words) == _micro_controller()


def test_spaces_of_flags():
  macro = MacroSpace(
    'macro',
    MACRO_OPERATIONS[:5],
    7,
    flags=[('child_num_layers', 7), ('child_num_branches', 5)],
  )
  words = ['--child_num_layers=7', '--child_num_branches=5']
  filters = ['--child_out_filters=6', '--child_out_filters_scale=3']
  for build in (_child, _run):
    assert build(WHOLE, *words).space == macro
    partial = build(*words, *filters).space
    assert partial == macro._replace(num_filters=18)
    connection = build(WHOLE, *words, '--search_for=connection').space
    assert connection == macro._replace(fixed_operations=True)
    assert build(*MICRO, '--child_num_cells=3').space == CellsSpace(
      'micro', MICRO_OPERATIONS, 3, flags=[('child_num_cells', 3)]
    )
  # Fixed networks have whole channels.
  assert _child(*FIXED).space.num_filters is None


def test_the_layout_is_handed_on():
  flags = _flags()
  child = config.child_config(flags, config.space(flags), 'NCHW')
  assert child.data_format == 'NCHW'


def test_fixed_network_has_no_controller():
  assert _controller(*FIXED) is None
  assert _reinforce('--nocontroller_training') is None


def test_separable_operations_of_fixed_networks():
  assert _child(*FIXED).builders == dict(BUILDERS, separable=BUILDERS['conv'])
  for words in (['--child_fixed_separable'] + FIXED, []):
    assert _child(*words).builders == BUILDERS


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (
      ['--child_num_layers=2', '--child_fixed_arc=4 1 0'],
      "token 1 of 3, layer 0, operation: found '4', expected 0 to 3; "
      'this --child_fixed_arc needs --child_num_branches=6',
    ),
    (
      ['--child_num_layers=2', '--child_fixed_arc=3 1 2'],
      "token 3 of 3, layer 1, skip bit 0 (from stem): found '2', expected 0 "
      'or 1',
    ),
    (
      ['--child_num_layers=3', '--child_fixed_arc=3 1 0'],
      'an architecture of 3 layers has 6 tokens, found 3, which would be 2 '
      'layers; this --child_fixed_arc needs --child_num_layers=2',
    ),
    (
      ['--child_num_layers=24', '--child_fixed_arc=5 1 0'],
      'an architecture of 24 layers has 300 tokens, found 3, which would be 2 '
      'layers; this --child_fixed_arc needs --child_num_layers=2 '
      '--child_num_branches=6',
    ),
    (
      ['--child_num_layers=2', '--child_fixed_arc=' + CELLS],
      'an architecture of 2 layers has 3 tokens, found 8; this '
      '--child_fixed_arc needs --search_for=micro --child_num_cells=1 '
      '--child_num_branches=5',
    ),
    (
      MICRO + ['--child_num_cells=1', '--child_fixed_arc=0 5 1 2 1 0 1 3'],
      "token 2 of 8, normal cell, block 0, op_1: found '5', expected 0 to 4",
    ),
    (
      MICRO + ['--child_num_cells=2', '--child_fixed_arc=' + CELLS],
      'a micro architecture of 2 blocks a cell has 16 tokens, found 8; this '
      '--child_fixed_arc needs --child_num_cells=1',
    ),
  ],
)
def test_wrong_fixed_arc(words, message):
  with pytest.raises(ArcError) as caught:
    Cifar10().check(_flags('--nocontroller_training', *words))
  assert str(caught.value) == message


def _positive(name, value):
  return '--%s=%s: expected at least 1' % (name, value)


BAD = [
  (['--data_path='], '--data_path is needed: the folder of the data set'),
  (['--output_dir='], '--output_dir is needed: where the run is kept'),
  (
    ['--child_num_replicas=2'],
    '--child_num_replicas=2: one process is one replica, expected 1; '
    '--controller_num_aggregate averages gradients within it',
  ),
  (
    ['--controller_num_replicas=0'],
    '--controller_num_replicas=0: one process is one replica, expected 1; '
    '--controller_num_aggregate averages gradients within it',
  ),
  (
    ['--child_keep_prob=0'],
    '--child_keep_prob=0.0: expected a number in (0, 1]',
  ),
  (
    ['--child_keep_prob=1.1'],
    '--child_keep_prob=1.1: expected a number in (0, 1]',
  ),
  (
    ['--controller_skip_target=0'],
    '--controller_skip_target=0.0: expected a number between 0 and 1',
  ),
  (
    ['--controller_skip_target=1'],
    '--controller_skip_target=1.0: expected a number between 0 and 1',
  ),
  (
    ['--child_sync_replicas'],
    '--child_sync_replicas needs --child_num_aggregate',
  ),
  (['--num_valids=0'], '--num_valids=0: a search needs validation images'),
  (
    [
      '--nocontroller_search_whole_channels',
      '--child_out_filters=1',
      '--child_num_layers=2',
    ],
    '--child_out_filters=1: partial channels need at least 2 filters',
  ),
  (['--child_lr=-1'], '--child_lr=-1.0: expected a positive number'),
  (['--child_l2_reg=nan'], '--child_l2_reg=nan: expected at least 0'),
  (
    ['--controller_temperature=0'],
    '--controller_temperature=0.0: expected a positive number',
  ),
  (
    ['--controller_bl_dec=1.5'],
    '--controller_bl_dec=1.5: expected a number in [0, 1]',
  ),
  (['--child_num_branches=0'], '--child_num_branches=0: expected 1 to 6'),
  (['--child_num_branches=7'], '--child_num_branches=7: expected 1 to 6'),
  (
    ['--child_out_filters=5', '--child_out_filters_scale=3'],
    '--child_out_filters=5: halving the resolution needs an even number',
  ),
  (
    ['--search_for=micro'],
    '--child_num_branches=4: cells choose among 5 operations, expected 5',
  ),
  (
    MICRO + ['--child_branch_binding=last'],
    '--child_branch_binding is of macro spaces: leave it out with '
    '--search_for=micro',
  ),
  (
    MICRO + ['--child_fixed_separable'],
    '--child_fixed_separable is of macro spaces: leave it out with '
    '--search_for=micro',
  ),
  (
    MICRO + ['--child_drop_path_keep_prob=0'],
    '--child_drop_path_keep_prob=0.0: expected a number in (0, 1]',
  ),
  (
    MICRO + ['--controller_op_tanh_reduce=0'],
    '--controller_op_tanh_reduce=0.0: expected a positive number',
  ),
  (
    FIXED,
    '--child_fixed_arc trains one network: add --nocontroller_training',
  ),
]
BAD += [
  (['--%s=%d' % (name, value)], _positive(name, value))
  for name in [
    'batch_size',
    'num_epochs',
    'log_every',
    'eval_every_epochs',
    'num_classes',
    'child_num_layers',
    'child_num_cells',
    'child_out_filters',
    'child_out_filters_scale',
    'child_lr_dec_every',
    'child_num_aggregate',
    'child_lr_T_0',
    'child_lr_T_mul',
    'child_cutout_size',
    'controller_train_every',
    'controller_train_steps',
    'controller_num_aggregate',
  ]
  for value in (0, -3)
]
COSINE = {
  'child_lr_max': '0.1',
  'child_lr_min': '0.01',
  'child_lr_T_0': '2',
  'child_lr_T_mul': '2',
}
BAD += [
  (
    ['--child_lr_cosine']
    + ['--%s=%s' % item for item in COSINE.items() if item[0] != name],
    '--child_lr_cosine needs --' + name,
  )
  for name in COSINE
]


@pytest.mark.parametrize(
  ('words', 'message'), BAD, ids=lambda value: str(value)[:40]
)
def test_check(words, message):
  with pytest.raises(UsageError) as caught:
    Cifar10().check(_flags(*words))
  assert str(caught.value) == message


def test_search_for_is_needed():
  flags, _ = flags_lib.parse(flag_table.GROUPS, ['main.py'] + NEEDED[1:])
  with pytest.raises(UsageError) as caught:
    config.check(flags)
  assert str(caught.value) == (
    '--search_for is needed: macro, branch, connection or micro'
  )


@pytest.mark.parametrize(
  'words',
  [
    [],
    ['--child_keep_prob=1'],
    ['--child_num_layers=2', '--child_out_filters=5'],
    ['--child_sync_replicas', '--child_num_aggregate=1'],
    ['--child_num_branches=1'],
    ['--child_num_branches=6'],
    FIXED + ['--nocontroller_training'],
    ['--child_lr_cosine'] + ['--%s=%s' % item for item in COSINE.items()],
    # An evaluation writes no run directory and trains nothing.
    FIXED + ['--mode=eval', '--output_dir='],
    MICRO,
    MICRO + ['--child_num_layers=6', '--child_out_filters=5'],
    FIXED_MICRO + ['--nocontroller_training'],
  ],
  ids=' '.join,
)
def test_check_accepts(words):
  assert config.check(_flags(*words)) is None


@pytest.mark.parametrize(
  ('gpu', 'asked', 'layout'),
  [
    (False, 'auto', 'NHWC'),
    (True, 'auto', 'NCHW'),
    (True, 'NHWC', 'NHWC'),
    (True, 'NCHW', 'NCHW'),
    (False, 'NHWC', 'NHWC'),
  ],
)
def test_data_format(monkeypatch, gpu, asked, layout):
  monkeypatch.setattr(session, 'has_gpu', lambda: gpu)
  assert config.data_format(_flags('--data_format=' + asked)) == layout


def test_nchw_needs_a_gpu(monkeypatch):
  monkeypatch.setattr(session, 'has_gpu', lambda: False)
  with pytest.raises(UsageError) as caught:
    config.data_format(_flags('--data_format=NCHW'))
  assert str(caught.value) == (
    '--data_format=NCHW needs a GPU, and TensorFlow sees none: use NHWC or auto'
  )
