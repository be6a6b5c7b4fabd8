"""Runs of `src.cifar10.main` so small that a test can afford several.

48 training and 130 test images: with a batch of 8 and 16 images held out, an
epoch of a search has 4 child steps, and a fixed network's 6.
"""

import contextlib
import csv
import os
import re
from unittest import mock

import numpy as np

from src.cifar10 import flags as flag_table
from src.cifar10 import graphs
from src.cifar10.task import Cifar10
from src.ptb import graphs as ptb_graphs
from src.run import checkpoints, program, session
from src.run import flags as flags_lib
from src.tf1 import tf

NUM_TRAIN, NUM_VALID, NUM_TEST = 32, 16, 130
CHILD_STEPS, CONTROLLER_RUNS = 4, 6

FIXED_ARC = '0 1 1 0 0 1'
FIXED_CELLS = '0 0 1 4 1 2 1 3 1 4 0 0 0 1 1 2'

_CHILD = [
  '--search_for=macro',
  '--num_valids=16',
  '--batch_size=8',
  '--num_epochs=2',
  '--log_every=1',
  '--child_num_layers=3',
  '--child_out_filters=4',
  '--child_num_branches=2',
  '--child_keep_prob=0.9',
  '--noreport',
]
SEARCH = _CHILD + [
  '--controller_search_whole_channels',
  '--controller_train_every=1',
  '--controller_train_steps=2',
  '--controller_num_aggregate=3',
  '--controller_sync_replicas',
  '--controller_entropy_weight=0.0001',
  '--controller_tanh_constant=1.5',
  '--controller_skip_target=0.4',
  '--controller_skip_weight=0.8',
]
FIXED = _CHILD + ['--child_fixed_arc=' + FIXED_ARC, '--nocontroller_training']
_CELLS = [
  '--search_for=micro',
  '--child_num_layers=1',
  '--child_num_cells=2',
  '--child_num_branches=5',
  '--child_use_aux_heads',
  '--child_drop_path_keep_prob=0.6',
]
MICRO_SEARCH = SEARCH + _CELLS + ['--controller_op_tanh_reduce=2.5']
MICRO_FIXED = FIXED + _CELLS + ['--child_fixed_arc=' + FIXED_CELLS]
COSINE = [
  '--child_lr_cosine',
  '--child_lr_max=0.05',
  '--child_lr_min=0.0005',
  '--child_lr_T_0=1',
  '--child_lr_T_mul=2',
]


def write_data(folder, num_train=NUM_TRAIN):
  """Writes noisy images whose colour tells their label; returns the path."""
  folder.mkdir(parents=True, exist_ok=True)
  for name, count in [
    ('data_batch_1.bin', num_train + NUM_VALID),
    ('test_batch.bin', NUM_TEST),
  ]:
    random = np.random.RandomState(count)
    labels = np.arange(count) % 10
    rows = random.randint(0, 60, [count, 3, 1024])
    rows[:, 0] += labels[:, None] * 19
    rows[:, 1] += (labels[:, None] % 3) * 60
    records = np.concatenate([labels[:, None], rows.reshape(count, -1)], 1)
    records.astype(np.uint8).tofile(str(folder / name))
  return str(folder)


def arguments(settings, data_path, output_dir, *more):
  """A command line; what comes later counts."""
  places = ['--data_path=%s' % data_path, '--output_dir=%s' % output_dir]
  return ['main.py'] + settings + places + list(more)


def parse(argv):
  """(flag values, names given) of a command line."""
  return flags_lib.parse(flag_table.GROUPS, argv, flag_table.WITHOUT_EFFECT)


def train(flags, *stop):
  """See `program.training`."""
  program.training(Cifar10(), flags, *stop)


class _Graphs:
  """As a context: graphs of the same settings are built once.

  To build one takes longer than such a run. All else of each run is made anew,
  also its session. Not for tests that change how graphs are built.
  """

  def __init__(self):
    self._kept, self._depth = {}, 0

  def _once(self, build):
    def _build(*args, **parts):
      # The head goes with the kind of images; it is made anew each time.
      known = {name: parts[name] for name in parts if name != 'head'}
      settings = repr((build, args, sorted(known.items())))
      graph = tf.get_default_graph()
      if settings in self._kept:
        graph.stands_for, built = self._kept[settings]
        for name in graph.stands_for.get_all_collection_keys():
          found = graph.stands_for.get_collection_ref(name)
          graph.get_collection_ref(name).extend(found)
        return built
      built = build(*args, **parts)
      if len(self._kept) == 8:
        del self._kept[next(iter(self._kept))]
      self._kept[settings] = graph, built
      return built

    return _build

  def __enter__(self):
    self._depth += 1
    if self._depth > 1:
      return
    self._patches = contextlib.ExitStack()
    for owner, name in (
      (session, 'open_session'),
      (checkpoints, 'Checkpoints'),
    ):
      self._patch(owner, name, _redirected(getattr(owner, name)))
    for owner in (graphs, ptb_graphs):
      self._patch(owner, 'build', self._once(owner.build))

  def _patch(self, owner, name, own):
    self._patches.enter_context(mock.patch.object(owner, name, own))

  def __exit__(self, *exception):
    self._depth -= 1
    if not self._depth:
      self._patches.close()


def _redirected(function):
  """It, given the graph that was built for the one that it is given."""

  def _function(*args, **kwargs):
    args = [getattr(arg, 'stands_for', arg) for arg in args]
    return function(*args, **kwargs)

  return _function


shared_graphs = _Graphs()


def run(argv, stops=(), task=None):
  """Trains; stopped at each of these positions and started again after it."""
  task = task or Cifar10()
  table = task.flag_table
  flags, _ = flags_lib.parse(table.GROUPS, argv, table.WITHOUT_EFFECT)
  with shared_graphs:
    for wanted in stops:
      program.training(
        task, flags, lambda position, wanted=wanted: position == wanted
      )
      found = checkpoints.find(flags.output_dir)[-1]
      assert tuple(found.state['position']) == wanted, 'not stopped there'
    program.training(task, flags)


def variables(output_dir):
  """All variables of the last checkpoint, a dict from name to array."""
  reader = tf.train.load_checkpoint(
    checkpoints.find(str(output_dir))[-1].prefix
  )
  return {
    name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()
  }


def text(output_dir, name):
  """A file of a run without what two equal runs may differ in: the time."""
  with open(os.path.join(str(output_dir), name)) as file:
    content = file.read()
  content = re.sub(r'mins=[0-9.]+ *$', 'mins=', content, flags=re.M)
  return re.sub(r'^output_dir.*$', '', content, flags=re.M)


def table(output_dir, name):
  """A CSV of a run as a list of dicts."""
  with open(os.path.join(str(output_dir), name)) as file:
    return list(csv.DictReader(file))


def snapshot(folder):
  """Every file below a folder with its content."""
  return {
    str(path.relative_to(folder)): path.read_bytes()
    for path in folder.rglob('*')
    if path.is_file()
  }
