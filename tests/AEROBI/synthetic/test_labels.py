"""Label frequencies are those published for CODEBRIM."""

import pytest

from src.AEROBI.synthetic import labels

# Class totals of the data set, from its paper and its public label table.
WHOLE = [2485, 2507, 1898, 833, 1507, 1559]


def test_the_table_of_combinations_has_the_published_totals():
  assert sum(labels.COMBINATIONS.values()) == 7729
  for place, expected in enumerate(WHOLE):
    found = sum(
      n for label, n in labels.COMBINATIONS.items() if label[place] == '1'
    )
    assert found == expected
    assert expected == sum(t[1][place] for t in labels.TOTALS.values())
  assert sum(total for total, _ in labels.TOTALS.values()) == 7729


@pytest.mark.parametrize('split', sorted(labels.TOTALS))
def test_a_full_split_has_the_class_counts_of_the_real_one(split):
  total, marginals = labels.TOTALS[split]
  own = labels.of_split(split, total, with_unlabelled=True)
  assert len(own) == total
  for found, expected in zip(labels.class_counts(own), marginals):
    assert abs(found - expected) <= 3
  assert own.count('000000') == {'train': 43, 'val': 5, 'test': 4}[split]
  assert '000000' not in labels.of_split(split, total)


@pytest.mark.parametrize('split', sorted(labels.TOTALS))
@pytest.mark.parametrize('count', [6, 7, 8, 24, 100])
def test_small_splits_have_every_class(split, count):
  own = labels.of_split(split, count)
  assert len(own) == count
  assert min(labels.class_counts(own)) >= 1
  assert all(label in labels.COMBINATIONS for label in own)


def test_background_is_exclusive():
  for label in labels.of_split('train', 6481):
    assert label[0] == '0' or label == '100000'


def test_copies_even_the_classes_out():
  own = labels.of_split('train', 600)
  copies = labels.copies(own)
  before = labels.class_counts(own)
  after = labels.class_counts(own + [own[index] for index, _ in copies])
  assert max(after) == max(before)
  assert min(after) > 2 * min(before)
  assert {number for _, number in copies} == {0, 1, 2}
  assert len(set(copies)) == len(copies)
