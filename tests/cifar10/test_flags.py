"""The flags of `src.cifar10.main` against those of melodyguan/enas."""

import pytest

from src.cifar10 import flags as flag_table
from src.run import flags as flags_lib
from src.run.errors import UsageError

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
OURS = {
  'mode': 'train',
  'seed': 0,
  'debug': False,
  'download': False,
  'keep_checkpoints': 3,
  'nan_policy': 'stop',
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
  'checkpoint_path': None,
  'eval_split': 'valid',
  'eval_arcs_file': None,
  'eval_output': None,
  'derive_samples': 100,
  'derive_from': 'controller',
  'derive_output': None,
  'export_dir': None,
  'report': True,
  'cluster_timeout': 120.0,
}
# What changes nothing of what a run computes.
HARMLESS = """
mode output_dir reset_output_dir debug download num_epochs log_every
keep_checkpoints nan_policy checkpoint_path eval_split eval_arcs_file
eval_output derive_samples derive_from derive_output export_dir report
child_num_replicas controller_num_replicas cluster_timeout
"""

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


def test_no_flag_is_unaccounted_for():
  upstream = {name for name, _, _ in _upstream()}
  assert set(FLAGS) == upstream | set(OURS)
  assert sum(len(group) for _, group in flag_table.GROUPS) == len(FLAGS)


def test_our_flags():
  values = vars(_parse()[0])
  assert {name: values[name] for name in OURS} == OURS


def test_data_format_finds_the_layout_by_default():
  # Upstream's NHWC never worked there; with it a GPU would not be used well.
  assert FLAGS['data_format'].kind == ('auto', 'NHWC', 'NCHW')
  assert FLAGS['data_format'].default == 'auto'


def test_refused_flags():
  assert sorted(flag_table.WITHOUT_EFFECT) == sorted(REFUSED.split())
  for name in flag_table.WITHOUT_EFFECT:
    assert name not in FLAGS
    with pytest.raises(UsageError, match='--%s has no effect' % name):
      _parse('--%s=5' % name)


def test_help_has_every_flag_with_its_default(capsys):
  with pytest.raises(SystemExit) as caught:
    _parse('--help')
  assert caught.value.code == 0
  lines = capsys.readouterr().out.splitlines()
  flags = dict(zip(lines, lines[1:]))
  for flag in FLAGS.values():
    if isinstance(flag.kind, tuple):
      shown = '  --%s={%s}' % (flag.name, ','.join(flag.kind))
    elif flag.kind == 'bool':
      shown = '  --[no]' + flag.name
    else:
      shown = '  --%s=%s' % (flag.name, flag.kind.upper())
    default = 'none' if flag.default in (None, '') else flag.default
    assert flags[shown] == '      %s (default: %s)' % (flag.help, default)
  headings = [heading + ':' for heading, _ in flag_table.GROUPS]
  assert [line for line in lines if line.endswith(':')] == headings


def test_every_help_text_says_something_of_its_own():
  texts = [flag.help for flag in FLAGS.values()]
  own = [text for text in texts if not text.startswith('workers;')]
  assert len(set(own)) == len(own)
  for name, flag in FLAGS.items():
    assert len(flag.help.split()) >= 2, name


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


def test_what_may_change_on_resume():
  assert sorted(flag_table.MAY_CHANGE) == sorted(HARMLESS.split())


def test_what_an_evaluation_takes_from_the_run():
  # The data, but neither what the run was doing nor on which device.
  assert sorted(flag_table.NOT_INHERITED) == sorted(
    HARMLESS.split() + ['data_format']
  )
