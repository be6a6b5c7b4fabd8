"""Digests of a corpus, for `src.run.fingerprint`.

They are of the vocabulary and of the ids of each text. A changed text would
else be taken for the old one, and ids for the words of another vocabulary.
"""

import hashlib

import numpy as np

from src.ptb.corpus import SPLITS


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
