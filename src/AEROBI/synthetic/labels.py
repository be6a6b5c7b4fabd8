"""Which labels the synthetic crops bear: CODEBRIM's own frequencies.

The data set's public label counts give the combinations of the whole set and
the class totals of each split. A split's combinations are those of the whole
set, reweighted until its class totals come out.
"""

# Bg Cr Sp Ef Ba Co -> crops in the whole unbalanced set.
COMBINATIONS = {
  '100000': 2485,
  '010000': 2036,
  '001011': 789,
  '000100': 517,
  '001010': 434,
  '001000': 307,
  '000001': 260,
  '011000': 108,
  '010100': 105,
  '001001': 99,
  '000010': 82,
  '010001': 72,
  '000011': 71,
  '000101': 69,
  '010101': 67,
  '011011': 66,
  '000000': 52,
  '001111': 19,
  '001101': 15,
  '001100': 14,
  '011010': 14,
  '011111': 14,
  '011001': 12,
  '010010': 7,
  '000110': 4,
  '001110': 3,
  '011101': 2,
  '011100': 2,
  '000111': 2,
  '010011': 2,
}
UNLABELLED = '000000'
# Crops of each split, and those of each class.
TOTALS = {
  'train': (6481, (2185, 2208, 1608, 543, 1215, 1263)),
  'val': (616, (150, 149, 140, 141, 142, 146)),
  'test': (632, (150, 150, 150, 149, 150, 150)),
}
_UNLABELLED_CROPS = {'train': 43, 'val': 5, 'test': 4}
_ROUNDS = 200  # of the fit; it is exact to many digits after a few dozen


def of_split(split, count, with_unlabelled=False):
  """Label combinations for a split, without order.

  Args:
    split: 'train', 'val' or 'test'.
    count: int, at least 6, so that every class can be there.
    with_unlabelled: bool, whether crops without any label are among them, as
      in 52 of the real ones.

  Returns:
    list of `count` str, six digits each, by falling frequency.
  """
  weights = _fitted(split, with_unlabelled)
  counts = _largest_remainder(weights, count)
  for place in range(6):
    if not any(n for label, n in counts.items() if label[place] == '1'):
      most = max(counts, key=lambda label: counts[label])
      counts[most] -= 1
      counts['0' * place + '1' + '0' * (5 - place)] += 1
  return [label for label, n in counts.items() for _ in range(n)]


def class_counts(labels):
  """How many of the labels (six digits each) have each class, a list."""
  return [sum(label[place] == '1' for label in labels) for place in range(6)]


def copies(labels):
  """Which crops an oversampled set repeats, and how often.

  The balanced archive repeats crops of rare classes up to three times. Here a
  crop is repeated while its rarest class is below the most frequent one and no
  class of it would rise above that.

  Args:
    labels: list of str, the crops' labels.

  Returns:
    list of (index, number of the copy: 0, 1 or 2).
  """
  counts = class_counts(labels)
  target = max(counts)
  found = []
  for number in range(3):
    for index, label in enumerate(labels):
      own = [place for place in range(6) if label[place] == '1']
      if own and all(counts[place] < target for place in own):
        found.append((index, number))
        for place in own:
          counts[place] += 1
  return found


def _fitted(split, with_unlabelled):
  """Weights of the combinations by iterative proportional fitting."""
  total, marginals = TOTALS[split]
  weights = {k: float(n) for k, n in COMBINATIONS.items() if k != UNLABELLED}
  labelled = total - _UNLABELLED_CROPS[split]
  for _ in range(_ROUNDS):
    for place, marginal in enumerate(marginals):
      for digit, wanted in (('1', marginal), ('0', labelled - marginal)):
        keys = [key for key in weights if key[place] == digit]
        factor = wanted / sum(weights[key] for key in keys)
        for key in keys:
          weights[key] *= factor
  if with_unlabelled:
    weights[UNLABELLED] = float(_UNLABELLED_CROPS[split])
  return weights


def _largest_remainder(weights, count):
  """Splits `count` in proportion to weights; dict of str to int."""
  total = sum(weights.values())
  shares = {key: count * weight / total for key, weight in weights.items()}
  counts = {key: int(share) for key, share in shares.items()}
  by_remainder = sorted(shares, key=lambda key: counts[key] - shares[key])
  for key in by_remainder[: count - sum(counts.values())]:
    counts[key] += 1
  return counts
