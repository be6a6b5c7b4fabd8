"""Runs of `src.recurrent.train_regular` so small that a test can afford many.

13 words, 900 training tokens in 4 rows: windows of 7, 32 in a pass.
"""

import contextlib
import csv
import glob
import io
import os
import re

import numpy as np

from src.recurrent import train_regular
from src.recurrent.task import Recurrent
from src.run import program
from src.tf1 import tf

ARC = '0 0 1 1 3 0 2'
SETTINGS = (
  '--train_type orig --num_blocks 4 --batch_size 4 --test_batch_size 3 '
  '--shared_rnn_max_length 7 --shared_embed 4 --shared_hid 4 '
  '--controller_hid 4 --max_epoch 2 --shared_max_step 6 --shared_lr 1 '
  '--controller_max_step 5 --derive_num_sample 3 --log_step 2 --max_save_num 9 '
  '--report False'
).split()


def write_texts(folder, words=12):
  """Writes data/tiny; returns the folder of data sets."""
  draw = np.random.RandomState(0)
  path = folder / 'data' / 'tiny'
  path.mkdir(parents=True)
  for split, lines in (('train', 100), ('valid', 25), ('test', 30)):
    ids = draw.randint(words, size=[lines, 8])
    text = ''.join(' '.join('w%d' % n for n in row) + '\n' for row in ids)
    (path / (split + '.txt')).write_text(text)
  return str(folder / 'data')


def arguments(data, out, *more):
  """A command line; what comes later counts."""
  places = ['--data_dir', data, '--dataset', 'tiny', '--output_dir', str(out)]
  return ['train_regular.py'] + SETTINGS + places + list(more)


def run(argv):
  """(exit code, what was printed on stdout and on stderr)."""
  streams = io.StringIO(), io.StringIO()
  with contextlib.redirect_stdout(streams[0]):
    with contextlib.redirect_stderr(streams[1]):
      code = train_regular.main(argv)
  return (code,) + tuple(stream.getvalue() for stream in streams)


def train(argv, stop=lambda position: False):
  """Trains, and stops where `stop` says; see `program.training`."""
  flags, _ = train_regular.parse(argv)
  task = Recurrent()
  task.check(flags)
  program.training(task, flags, stop)
  return flags


def variables(out):
  """dict from name to value in the newest checkpoint of a run."""
  reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(out)))
  names = reader.get_variable_to_shape_map()
  return {name: reader.get_tensor(name) for name in names}


def rows(out, name):
  """Those of a table of a run, dicts."""
  with open(str(out / name)) as file:
    return list(csv.DictReader(file))


def text(out, name='stdout'):
  """A file of a run, without its place."""
  with open(str(out / name)) as file:
    return re.sub(r'(output_dir|max_epoch).*', '', file.read())


def curves(out):
  """dict from tag to the list of (step, value) of the events of a folder."""
  found = {}
  for path in sorted(glob.glob(os.path.join(str(out), 'events*'))):
    for event in tf.train.summary_iterator(path):
      for value in event.summary.value:
        kind = value.WhichOneof('value')
        of_value = getattr(value, kind)
        found.setdefault(value.tag, []).append((event.step, of_value))
  return found
