"""Where runs and data lie: what `--load_path` and `--dataset` mean."""

import os
import time

from src.run.directory import FLAGS_FILE
from src.run.errors import UsageError


def data_set(data_dir, dataset):
  """The path that --dataset means: in data_dir, or one of its own."""
  inside = os.path.join(data_dir, dataset)
  if not os.path.exists(inside) and os.path.exists(dataset):
    return dataset
  return inside


def new(log_dir, dataset, train_type, now=None):
  """Path of a new run: log_dir/dataset_type_time, as MENAS names them.

  Args:
    log_dir: str.
    dataset: str, a name or a path, of which the last part counts.
    train_type: str.
    now: `time.struct_time`, or None for the present.
  """
  name = os.path.basename(os.path.normpath(dataset))
  when = time.strftime('%Y-%m-%d_%H-%M-%S', now or time.localtime())
  return os.path.join(log_dir, '%s_%s_%s' % (name, train_type, when))


def find(load_path, log_dir, dataset):
  """The run that a word means.

  It is a folder as it stands, or the name of one in log_dir, in full or
  without the data set that it begins with.

  Raises:
    UsageError: none of these is a run.
  """
  name = os.path.basename(os.path.normpath(dataset))
  places = [
    load_path,
    os.path.join(log_dir, load_path),
    os.path.join(log_dir, '%s_%s' % (name, load_path)),
  ]
  if os.path.isabs(load_path):
    del places[1:]
  for place in places:
    if os.path.isfile(os.path.join(place, FLAGS_FILE)):
      return os.path.normpath(place)
  raise UsageError(
    '%s is no run: there is no %s in %s'
    % (load_path, FLAGS_FILE, ' or '.join(places))
  )
