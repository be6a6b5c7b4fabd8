"""Searches of seconds: two operations, two levels, 32 training images."""

import os

from src.pnas import train

WORDS = [
  '--operators=3x3 maxpool,1x7-7x1 conv',
  '--B=2',
  '--K=2',
  '--explore=0.5',
  '--F=2',
  '--max_epochs=1',
  '--batch_size=16',
  '--num_valids=16',
  '--rnn_training_epochs=2',
  '--threads=1',
]
# 3 cells of one block, 2 of two.
CHILDREN = 5


def words(data, out, *more):
  places = ['--data_path=%s' % data, '--output_dir=%s' % out]
  return ['train.py'] + WORDS + places + list(more)


def searched(data, out, *more):
  """The results of a search, see `train.searched`."""
  return train.searched(words(data, out, *more))


def lines(out, name):
  """The lines of a file of a search."""
  with open(os.path.join(str(out), name)) as file:
    return file.read().splitlines()
