"""From flags to configs: every value arrives, every mistake is named."""

import numpy as np
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
from src.nn.clipping import EachNorm
from src.nn.schedules import CosineRestarts, Exponential
from src.run import session
from src.run.errors import UsageError
from tests import flag_tables
from tests.flag_tables import sets

WHOLE = '--controller_search_whole_channels'
FIXED = "--child_num_layers=2 --child_fixed_arc='3 1 0'"
MICRO = '--search_for=micro --child_num_branches=5'
CELLS = '0 4 1 2 1 0 1 3'
FIXED_MICRO = MICRO + " --child_num_cells=1 --child_fixed_arc='%s'" % CELLS
UNTRAINED = '--nocontroller_training'
COSINE = (
  '--child_lr_cosine --child_lr_max=0.3 --child_lr_min=0.01 --child_lr_T_0=3 '
  '--child_lr_T_mul=4'
)
DECAY = '--child_lr=0.2 --child_lr_dec_rate=0.3 --child_lr_dec_every=4'
SMALL = '--child_num_layers=7 --child_num_branches=5'
SMALL_MICRO = (
  MICRO + ' --child_num_layers=7 --child_num_cells=3 --child_out_filters=6'
)
RATE = '--controller_lr=0.5 --controller_lr_dec_rate=0.9'
SCALED = '--child_out_filters=6 --child_out_filters_scale=3'
BOUND = '--child_grad_bound=3 --child_num_aggregate=4'
EACH = BOUND + ' --child_sync_replicas --child_clip_gradients'
SUMMED = '--controller_num_aggregate=5 --controller_train_steps=3'
SYNC = SUMMED + ' --controller_sync_replicas'
OWN_BASELINE = '--controller_baseline=per_batch'
SHARED = SYNC + ' --controller_shared_batch'


def _flags(*words):
  needed = '--search_for=macro --data_path=data --output_dir=run'
  return flag_tables.parse(flag_table, needed, *words)


def _child(*words):
  return Cifar10().child(_flags(*words))


def _training(*words):
  return config.child_training(_flags(*words), 10)


def _controller(*words):
  return Cifar10().controller(_flags(*words))


def _reinforce(*words):
  return config.controller_training(_flags(*words))


def _run(*words):
  flags = _flags(*words)
  return config.run_config(flags, config.space(flags))


# What flags of another name than a config's field set, or several together.
SETS = [
  sets(_child, '--child_num_layers=7', num_layers=7, fixed_arc=None),
  sets(_child, FIXED, fixed_arc=MacroArc.parse('3 1 0', 2, 4)),
  sets(_child, FIXED_MICRO, fixed_arc=MicroArc.parse(CELLS)),
  sets(_child, SMALL_MICRO, num_layers=7, num_cells=3, out_filters=6),
  sets(_child, SCALED, out_filters=18),
  sets(_controller, SCALED, out_filters=18, search_for='macro'),
  sets(_controller, '--search_for=connection', search_for='connection'),
  sets(_controller, SMALL, num_layers=7, num_operations=5),
  sets(_controller, WHOLE, whole_channels=True),
  sets(_controller, SMALL_MICRO, num_cells=3, num_operations=5),
  sets(_training, COSINE, schedule=CosineRestarts(0.3, 0.01, 3, 4, 10)),
  sets(_training, DECAY, schedule=Exponential(0.2, 0.3, 4 * 10)),
  sets(_training, BOUND, clip=None, num_aggregate=1),
  sets(_training, EACH, clip=EachNorm(3.0), num_aggregate=4),
  sets(_training, '--num_epochs=7', num_steps=7 * 10),
  sets(_run, '--num_epochs=7', num_epochs=7),
  sets(_run, BOUND, child_aggregate=1),
  sets(_run, EACH, child_aggregate=4),
  # As upstream, aggregation multiplies the runs, applied together or not.
  sets(_run, SUMMED, controller_aggregate=1, controller_runs=15),
  sets(_run, SYNC, controller_aggregate=5, controller_runs=15),
  sets(_reinforce, SUMMED, num_aggregate=1),
  sets(_reinforce, OWN_BASELINE, baseline='per_batch'),
  sets(_run, OWN_BASELINE, rewards_stay=True),
  sets(_run, SHARED, batch_shared_by=5),
  sets(_run, '--controller_reward_batch_size=9', reward_batch_size=9),
  sets(_child, FIXED + ' --child_fixed_layers=search', fixed_as_searched=True),
  sets(_reinforce, SYNC, num_aggregate=5),
  sets(_reinforce, RATE, schedule=Exponential(0.5, 0.9, 1000000)),
]
# Their effect is shown below, or in what a task reads and does.
ELSEWHERE = {
  'data_path', 'num_valids', 'data_format', 'controller_training',
  'child_fixed_separable', 'multi_label', 'child_img_size', 'split_fraction',
  'split_seed', 'skip_unreadable_images', 'loader_threads', 'decoded_mb',
  'reward_cost', 'child_arcs', 'derive_split', 'random_skip_probability',
}  # fmt: skip


@pytest.mark.parametrize('row', SETS, ids=lambda row: row[1])
def test_flags_set_fields(row):
  flag_tables.check_sets(*row)


def test_every_other_flag_sets_the_field_of_its_name():
  def _configs(words):
    spaces = (words, MICRO + ' ' + words)
    return {
      'child': [build(w) for build in (_child, _training) for w in spaces],
      'controller': [_controller(w) for w in spaces] + [_reinforce(words)],
      'run': [_run(words)],
    }

  assert flag_tables.unset(flag_table, SETS, ELSEWHERE, _configs) == []


def test_architectures_of_chance():
  for probability in (0.0, 1.0):
    words = '--child_arcs=random --random_skip_probability=%s' % probability
    draw = _run(WHOLE, words).random_arc
    arcs = [draw(np.random.RandomState(seed)) for seed in range(20)]
    skips = [len(arc.skip_sources(4)) for arc in arcs]
    assert skips == [4 * int(probability)] * 20
    assert len({arc.ops for arc in arcs}) == 20
  cells = Cifar10().space(_flags(MICRO))
  draw = _run(MICRO + ' --child_arcs=random').random_arc
  arc = draw(np.random.RandomState(3))
  assert arc == cells.random(np.random.RandomState(3))
  assert cells.tokens(arc) == arc.tokens
  assert _run().random_arc is None


def test_branch_is_another_name_of_macro():
  macro = _controller()._asdict()
  branch = _controller('--search_for=branch')._asdict()
  assert dict(macro, search_for='') == dict(branch, search_for='')


def test_flags_of_the_other_space_change_no_config():
  cells = (
    '--child_num_cells=9 --child_use_aux_heads --nochild_eval_dropout '
    '--child_drop_path_keep_prob=0.6 --controller_op_tanh_reduce=2.5'
  )
  layers = (
    '--child_out_filters_scale=3 --controller_full_entropy '
    '--controller_skip_target=0.3 ' + WHOLE
  )
  for space, words in (('', cells), (MICRO, layers)):
    for build in (_child, _training, _controller, _reinforce, _run):
      assert build(space, words) == build(space)


def test_spaces_of_flags():
  macro = MacroSpace(
    'macro',
    MACRO_OPERATIONS[:5],
    7,
    flags=[('child_num_layers', 7), ('child_num_branches', 5)],
  )
  for build in (_child, _run):
    assert build(WHOLE, SMALL).space == macro
    partial = build(SMALL, SCALED).space
    assert partial == macro._replace(num_filters=18)
    connection = build(WHOLE, SMALL, '--search_for=connection').space
    assert connection == macro._replace(fixed_operations=True)
    assert build(MICRO, '--child_num_cells=3').space == CellsSpace(
      'micro', MICRO_OPERATIONS, 3, flags=[('child_num_cells', 3)]
    )
  # Fixed networks have whole channels.
  assert _child(FIXED).space.num_filters is None


def test_fixed_network_has_no_controller():
  assert _controller(FIXED) is None
  assert _reinforce(UNTRAINED) is None


def test_separable_operations_of_fixed_networks():
  assert _child(FIXED).builders == dict(BUILDERS, separable=BUILDERS['conv'])
  for words in ('--child_fixed_separable ' + FIXED, ''):
    assert _child(words).builders == BUILDERS


@pytest.mark.parametrize(
  ('words', 'arc', 'needed'),
  [
    ('--child_num_layers=2', '4 1 0', '--child_num_branches=6'),
    ('--child_num_layers=3', '3 1 0', '--child_num_layers=2'),
    (
      '--child_num_layers=24',
      '5 1 0',
      '--child_num_layers=2 --child_num_branches=6',
    ),
    (
      '--child_num_layers=2',
      CELLS,
      '--search_for=micro --child_num_cells=1 --child_num_branches=5',
    ),
    (MICRO + ' --child_num_cells=2', CELLS, '--child_num_cells=1'),
    # Nothing would help.
    ('--child_num_layers=2', '3 1 2', None),
    (MICRO + ' --child_num_cells=1', '0 5 1 2 1 0 1 3', None),
  ],
)
def test_what_a_fixed_arc_needs(words, arc, needed):
  with pytest.raises(ArcError) as caught:
    Cifar10().check(_flags(UNTRAINED, words, "--child_fixed_arc='%s'" % arc))
  _, _, advice = str(caught.value).partition('; this --child_fixed_arc needs ')
  assert advice == (needed or '')


# What flags may not say together; each alone: tests/run/test_common_flags.py.
BAD = [
  ('--data_path=', '--data_path is needed'),
  ('--output_dir=', '--output_dir is needed'),
  ('--child_keep_prob=0', 'expected a number in (0, 1]'),
  (FIXED, 'add --nocontroller_training'),
  ('--num_valids=0', '--num_valids=0: a search needs validation images'),
  ('--child_sync_replicas', 'needs --child_num_aggregate'),
  (
    '--child_out_filters=1 --child_num_layers=2',
    '--child_out_filters=1: partial channels need at least 2 filters',
  ),
  (
    '--child_out_filters=5 --child_out_filters_scale=3',
    '--child_out_filters=5: halving the resolution needs an even number',
  ),
  ('--child_num_branches=0', '--child_num_branches=0: expected 1 to 6'),
  ('--child_num_branches=7', '--child_num_branches=7: expected 1 to 6'),
  (
    '--search_for=micro',
    '--child_num_branches=4: cells choose among 5 operations, expected 5',
  ),
] + [
  (MICRO + ' --' + word, '--%s is of macro spaces: leave it out' % name)
  for name, word in (
    ('child_branch_binding', 'child_branch_binding=last'),
    ('child_fixed_separable', 'child_fixed_separable'),
  )
] + [
  (COSINE.replace(word, ''), 'needs ' + word.split('=')[0])
  for word in COSINE.split()[1:]
]  # fmt: skip


def test_workers_that_share_a_controller_have_one_baseline():
  flags = _flags(OWN_BASELINE)
  flags.controller_num_replicas = 2
  with pytest.raises(UsageError, match='know the baseline global only'):
    config.check(flags)


@pytest.mark.parametrize(('words', 'part'), BAD)
def test_check(words, part):
  with pytest.raises(UsageError) as caught:
    Cifar10().check(_flags(words))
  assert part in str(caught.value)


@pytest.mark.parametrize(
  'words',
  [
    '--child_num_layers=2 --child_out_filters=5 --child_num_branches=1',
    '--child_sync_replicas --child_num_aggregate=1 --child_num_branches=6',
    COSINE,
    # An evaluation writes no run directory and trains nothing.
    FIXED + ' --mode=eval --output_dir=',
    MICRO + ' --child_num_layers=6 --child_out_filters=5',
    FIXED_MICRO + ' ' + UNTRAINED,
  ],
)
def test_check_accepts(words):
  assert Cifar10().check(_flags(words)) is None


def test_data_format(monkeypatch):
  for gpu, asked, layout in (
    (False, 'auto', 'NHWC'),
    (True, 'auto', 'NCHW'),
    (True, 'NHWC', 'NHWC'),
    (True, 'NCHW', 'NCHW'),
  ):
    monkeypatch.setattr(session, 'has_gpu', lambda gpu=gpu: gpu)
    assert _child('--data_format=' + asked).data_format == layout
  monkeypatch.setattr(session, 'has_gpu', lambda: False)
  with pytest.raises(UsageError, match='NCHW needs a GPU.*: use NHWC or auto'):
    config.data_format(_flags('--data_format=NCHW'))
