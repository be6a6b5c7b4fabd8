"""Random numbers as a function of (run seed, purpose, step).

Nothing in this project draws from a generator that remembers what was drawn
before. Whoever needs random numbers says for which purpose and at which step,
and gets the same ones each time it asks, so an interrupted run that resumes
draws exactly what the uninterrupted run would have drawn.
"""

import hashlib

import numpy as np


def seed_for(seed, purpose, step=0):
  """Mixes a key into one 31-bit seed.

  Args:
    seed: int, the seed of the run.
    purpose: str, what the numbers are for, such as "data order".
    step: int, which draw of that purpose.

  Returns:
    int in [0, 2^31), the same on every platform and Python version.
  """
  text = '%d/%s/%d' % (seed, purpose, step)
  digest = hashlib.sha256(text.encode('utf-8')).digest()
  return int.from_bytes(digest[:4], 'little') & 0x7FFFFFFF


def generator(seed, purpose, step=0):
  """A NumPy generator for one key.

  The legacy `RandomState` is used on purpose: its streams are frozen, so a
  seed means the same run under every NumPy.
  """
  return np.random.RandomState(seed_for(seed, purpose, step))


def pair(seed, purpose, step):
  """The key as graphs take it: (seed of the purpose, step), see random_ops."""
  return seed_for(seed, purpose), step
