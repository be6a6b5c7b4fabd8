"""What checkpoints remember of a corpus must stay the same for ever."""

import hashlib
import struct

import numpy as np

from src.ptb import fingerprint
from src.ptb.corpus import Corpus
from tests.ptb import texts

CORPUS = Corpus(
  *(np.array(texts.IDS[split], np.int32) for split in texts.IDS),
  texts.VOCABULARY,
)


def test_digests():
  found = fingerprint.of(CORPUS)
  words = b'<eos>\n<unk>\na\ncat\nsat\nthe'
  expected = {'vocabulary': hashlib.sha256(words).hexdigest()}
  assert fingerprint.of_vocabulary(CORPUS) == expected
  for split, ids in texts.IDS.items():
    packed = struct.pack('<%di' % len(ids), *ids)
    expected[split] = hashlib.sha256(packed).hexdigest()
  assert found == expected
