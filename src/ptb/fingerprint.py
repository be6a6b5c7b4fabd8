"""Whether a corpus is the one that a run was trained on.

A checkpoint remembers the SHA-256 of the vocabulary and of the ids of each
text. A changed text would else be taken for the old one, and ids for the words
of another vocabulary.
"""

import hashlib

import numpy as np

from src.ptb.corpus import SPLITS, DataError


def of(corpus):
  """SHA-256 of the parts of a corpus.Corpus, a dict from name to hex str."""
  parts = of_vocabulary(corpus)
  for split in SPLITS:
    ids = np.ascontiguousarray(getattr(corpus, split), '<i4')
    parts[split] = hashlib.sha256(ids).hexdigest()
  return parts


def of_vocabulary(corpus):
  """That of the vocabulary alone, a dict with one entry."""
  words = '\n'.join(corpus.vocabulary).encode('utf-8')
  return {'vocabulary': hashlib.sha256(words).hexdigest()}


def check(found, remembered, trained):
  """Raises DataError if a part is not what it was.

  Args:
    found: what `of` or `of_vocabulary` returned.
    remembered: what `of` returned when training began; empty if that is not
      known, as older checkpoints do not say.
    trained: str, what was trained, for the message.
  """
  other = [
    name for name in found if remembered.get(name, found[name]) != found[name]
  ]
  if other:
    raise DataError(
      '--data_path holds other data than %s was trained on (other: %s): give '
      'the same texts' % (trained, ', '.join(other))
    )
