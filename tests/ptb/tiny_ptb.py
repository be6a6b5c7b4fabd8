"""Runs of `src.ptb.main` so small that a test can afford many.

20 words, 400 training tokens in 4 rows: an epoch has about 14 windows of 7.
"""

import contextlib
import csv
import re

import numpy as np

from src.ptb import flags as flag_table
from src.ptb.task import Ptb
from src.run import flags as flags_lib
from src.run import session as sessions
from src.tf1 import tf
from tests import tiny_runs
from tests.ptb import texts

ARC = '0 0 0 1 1 2'
_CHILD = [
  'main.py',
  '--search_for=enas',
  '--batch_size=4',
  '--child_bptt_steps=7',
  '--child_rhn_depth=4',
  '--child_lstm_hidden_size=4',
  '--num_epochs=2',
  '--log_every=1',
  '--noreport',
]
SEARCH = _CHILD + [
  '--controller_lstm_size=4',
  '--controller_train_steps=2',
  '--controller_num_aggregate=3',
]
FIXED = _CHILD + [
  '--child_fixed_arc=' + ARC,
  '--nocontroller_training',
  '--child_l2_reg=1e-4',
]
# A line of the controller; its group is the number of updates.
CONTROLLER = re.compile(
  r'ctrl_step=(\d+) +loss=-?\d+\.\d{3} +ent=\d+\.\d\d +lr=5\.00e-05 +'
  r'\|g\|=\d+\.\d{7} +rw=(\d+\.\d{3}) +bl=\d+\.\d{3} +mins=\d+\.\d\d\Z'
)


def write_data(folder):
  """Writes texts in which words follow each other; returns the folder."""
  folder.mkdir(parents=True, exist_ok=True)
  made = {}
  for seed, (name, count) in enumerate(
    [('train', 400), ('valid', 100), ('test', 50)]
  ):
    draw = np.random.RandomState(seed)
    words = (np.arange(count) + draw.randint(3, size=count)) % 19
    lines = [
      ' '.join('w%02d' % w for w in row) for row in words.reshape(-1, 10)
    ]
    made[name] = '\n'.join(lines) + '\n'
  return texts.write(folder, **made)


def arguments(settings, data_path, output_dir, *more):
  """A command line; what comes later counts."""
  places = ['--data_path=%s' % data_path, '--output_dir=%s' % output_dir]
  return settings + places + list(more)


def run(argv, stops=()):
  """Trains; stopped at each of these positions and started again after it."""
  tiny_runs.run(argv, stops, Ptb())


@contextlib.contextmanager
def started(argv, state=None):
  """An experiment at its beginning, in a session of its own.

  Args:
    argv: command line; its output_dir must exist.
    state: what an earlier one's `state` returned, or None.
  """
  flags, _ = flags_lib.parse(flag_table.GROUPS, argv, flag_table.WITHOUT_EFFECT)
  task = Ptb()
  with tf.Graph().as_default() as graph:
    data = task.read_data(flags, lambda line: None)
    experiment, initial, _ = task.build(flags, data)
    with sessions.open_session(graph) as session:
      sessions.load(session, initial)
      experiment.start(session, [], state)
      yield experiment
      experiment.close()


def text(folder, name='stdout'):
  """A file of a run, without its place and its minutes."""
  with open(str(folder / name)) as file:
    return re.sub(r'mins=.*|output_dir\..*', '', file.read())


def lines(out):
  """Those of a run's log."""
  with open(str(out / 'stdout')) as file:
    return file.read().split('\n')


def rows(out, name):
  """Those of a table of a run, dicts."""
  with open(str(out / name)) as file:
    return list(csv.DictReader(file))
