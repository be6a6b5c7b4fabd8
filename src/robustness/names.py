"""What runs and their tables are called.

An experiment has one directory and one table at a time. What makes another run
of it, such as another seed, is in the name, so that runs do not meet.
"""

import os


def variant(flags, defaults):
  """What of the flags makes another run of the same experiment, as a suffix.

  Args:
    flags: flag values.
    defaults: dict from name to the value that says nothing.

  Returns:
    str, such as '+uniform+seed70', or ''.
  """
  words = []
  for name, word in (
    ('compat', '%s'),
    ('controller', '%s'),
    ('dedup_actions', 'dedup'),
    ('skip_from_stem', 'stem'),
    ('seed', 'seed%s'),
  ):
    value = getattr(flags, name)
    if value != defaults[name]:
      words.append(word % value if '%' in word else word)
  return ''.join('+' + word for word in words)


def full(flags, experiment, defaults):
  """(set, experiment) as files are named.

  Args:
    flags: flag values.
    experiment: Experiment of the flags.
    defaults: see `variant`.
  """
  name = experiment.name
  if flags.dataset != experiment.dataset:
    name += '_' + flags.dataset
  return flags.set, name + variant(flags, defaults)


def directory(folder, set_name, name):
  """The run directory of an experiment, unless the flags name another."""
  return os.path.join(folder, '%s.%s' % (set_name, name))


def table(folder, set_name, name):
  """What its tables in a folder of results begin with, a path."""
  return os.path.join(folder, '%s_%s' % (set_name, name))
