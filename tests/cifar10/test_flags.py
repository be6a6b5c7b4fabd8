"""The flags of `src.cifar10.main` against those of melodyguan/enas."""

import pytest

from src.cifar10 import flags as flag_table
from src.run import flags as flags_lib

# The flags of `src/cifar10/main.py` of melodyguan/enas with their types and
# defaults, but for data_format, which has its own test.
UPSTREAM = """
reset_output_dir bool False
data_path str ''
output_dir str ''
search_for str None
batch_size int 32
num_epochs int 300
child_lr_dec_every int 100
child_num_layers int 5
child_num_cells int 5
child_out_filters int 48
child_out_filters_scale int 1
child_num_branches int 4
child_num_aggregate int None
child_num_replicas int 1
child_lr_T_0 int None
child_lr_T_mul int None
child_cutout_size int None
child_grad_bound float 5.0
child_lr float 0.1
child_lr_dec_rate float 0.1
child_keep_prob float 0.5
child_drop_path_keep_prob float 1.0
child_l2_reg float 0.0001
child_lr_max float None
child_lr_min float None
child_fixed_arc str None
child_use_aux_heads bool False
child_sync_replicas bool False
child_lr_cosine bool False
controller_lr float 0.001
controller_lr_dec_rate float 1.0
controller_l2_reg float 0.0
controller_bl_dec float 0.99
controller_tanh_constant float None
controller_op_tanh_reduce float 1.0
controller_temperature float None
controller_entropy_weight float None
controller_skip_target float 0.8
controller_skip_weight float 0.0
controller_num_aggregate int 1
controller_num_replicas int 1
controller_train_steps int 50
controller_train_every int 2
controller_search_whole_channels bool False
controller_sync_replicas bool False
controller_training bool True
log_every int 50
eval_every_epochs int 1
"""
# Those that nothing reads there, and one that only its scripts pass.
REFUSED = """
child_filter_size child_block_size child_skip_pattern controller_keep_prob
controller_forwards_limit controller_use_critic child_num_cell_layers
"""
# Those of ours that decide what is computed.
OURS = {
  'num_valids': 5000,
  'num_classes': 10,
  'data_format': 'auto',
  'child_clip_gradients': False,
  'child_fixed_separable': False,
  'child_branch_binding': 'selected',
  'child_eval_bn': 'moving',
  'child_eval_dropout': True,
  'child_train_aux_head': False,
  'controller_full_entropy': False,
}
FLAGS = {flag.name: flag for _, group in flag_table.GROUPS for flag in group}


def _parse(*words):
  return flags_lib.parse(
    flag_table.GROUPS, ['main.py'] + list(words), flag_table.WITHOUT_EFFECT
  )


def _upstream():
  for line in UPSTREAM.strip().splitlines():
    name, kind, default = line.split()
    default = {'False': False, 'True': True, 'None': None, "''": ''}.get(
      default, default
    )
    if isinstance(default, str) and default:
      default = {'int': int, 'float': float}[kind](default)
    yield name, kind, default


@pytest.mark.parametrize(('name', 'kind', 'default'), list(_upstream()))
def test_upstream_flag(name, kind, default):
  flag = FLAGS[name]
  if name == 'search_for':  # of a string, the words with a meaning here
    assert flag.kind == ('macro', 'branch', 'connection', 'micro')
  else:
    assert flag.kind == kind
  assert flag.default == default
  assert type(flag.default) is type(default)
  assert getattr(_parse()[0], name) == default


def test_our_flags():
  values = vars(_parse()[0])
  assert {name: values[name] for name in OURS} == OURS


def test_data_format_finds_the_layout_by_default():
  # Upstream's NHWC never worked there; with it a GPU would not be used well.
  assert FLAGS['data_format'].kind == ('auto', 'NHWC', 'NCHW')
  assert FLAGS['data_format'].default == 'auto'


def test_refused_flags():
  assert sorted(flag_table.WITHOUT_EFFECT) == sorted(REFUSED.split())


def test_flags_of_one_space_say_so():
  for words, names in (
    (
      'without effect',
      [
        'child_drop_path_keep_prob', 'child_eval_dropout', 'child_num_cells',
        'child_train_aux_head', 'child_use_aux_heads',
        'controller_op_tanh_reduce',
      ],
    ),
    ('macro only', ['child_out_filters_scale']),
  ):  # fmt: skip
    assert names == sorted(
      name for name, flag in FLAGS.items() if words in flag.help
    )
