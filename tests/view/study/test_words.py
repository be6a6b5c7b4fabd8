"""What a study says: found, not found, worse, and what is not known."""

import math

import pytest

from src.view import compare
from src.view.study import folder, results, words

STUDY = folder.Study([], None, None, False, 'test_accuracy', [])
NONE = results.Results(2, None, {}, {}, [], [], {}, [], {}, [], {}, [])


def _contrast(differences, other='random'):
  seeds = list(range(len(differences)))
  return results.Contrast(
    'controller', other, seeds, differences, compare.paired(differences)
  )


def _shared(weights, differences, p):
  return results.Shared(weights, _contrast(differences), {}, p)


def _said(study=STUDY, **more):
  """The sentences of the conclusion."""
  return words.sections(study, NONE._replace(**more))[-1].lines


CLEAR = [0.02, 0.03, 0.025, 0.02, 0.03]
NULL = [0.01, -0.01, 0.02, -0.01, 0.005]


def test_a_difference_that_is_found():
  (line,) = _said(of_best=[_contrast(CLEAR)])
  found = compare.paired(CLEAR)
  assert line.startswith('Retrained, the best 2 of each: ')
  assert "the controller's are better than random ones by 2.50 points" in line
  assert '95 %% %+.2f to %+.2f' % (100 * found.low, 100 * found.high) in line


def test_a_null_result_is_told_as_such():
  (line,) = _said(of_best=[_contrast(NULL)])
  found = compare.paired(NULL)
  assert 'no difference found' in line and '+0.30 points' in line
  assert '5 seeds would show one of %.2f' % (100 * found.detectable) in line
  assert 'for the one seen %d are needed' % found.needed in line
  (worse,) = _said(of_best=[_contrast([-d for d in CLEAR])])
  assert "the controller's are worse than random ones by 2.50" in worse
  (line,) = _said(
    STUDY._replace(falls=True), of_best=[_contrast([3, 4, 2, 3, 3])]
  )
  assert 'better than random ones by 3.00 of perplexity' in line


def test_one_seed_and_few_seeds():
  first, second = _said(of_best=[_contrast([0.02])])
  assert 'one seed tells nothing' in first and 'p = 0.5' in second
  assert _said(of_best=[_contrast(CLEAR[:3])])[-1].endswith('p = 0.125.')
  (line,) = _said(of_best=[_contrast([0.5, 0.5, 0.5, 0.5, 0.5])])
  assert 'no difference found' in line and 'would show' not in line


@pytest.mark.parametrize(
  'between, within, p, part',
  [
    (0.02, 0.01, 0.001, 'something for a search to find'),
    (0.01, 0.02, 0.001, 'less than seeds do'),
    (0.02, 0.01, 0.2, 'not told apart'),
    (0.02, 0.0, math.nan, 'not told apart'),
  ],
)
def test_headroom(between, within, p, part):
  found = compare.Components(10, 20, between, within, 3, p)
  first, last = words.sections(STUDY, NONE._replace(headroom=found))
  assert part in first.lines[1] and part in last.lines[0]
  assert '10 random architectures, 20 trainings' in first.lines[0]
  assert '%.2f between architectures' % (100 * between) in first.lines[0]


def test_gains_with_shared_weights_are_no_gains_of_networks():
  own = _shared('own', CLEAR, 0.01)
  uniform = _shared('uniform', NULL, 0.4)
  said = _said(of_best=[_contrast(NULL)], shared=[own, uniform])
  assert 'not found in uniform weights' in said[-2]
  assert 'none of the networks yet' in said[-1]
  said = _said(of_best=[_contrast(CLEAR)], shared=[own, own])
  assert not any('none of the networks' in line for line in said)


def test_skips_could_pass_for_a_search():
  skips = {'controller': 0.8, 'random': 0.5}
  said = _said(of_best=[_contrast(CLEAR)], skips=skips)
  assert 'as many skips as the controller chooses (80 %)' in said[1]
  both = [_contrast(CLEAR), _contrast(CLEAR, 'matched')]
  said = _said(of_best=both, skips=skips)
  assert len(said) == 2 and 'random ones with as many skips' in said[1]


def test_tau():
  for low, high, part in (
    (0.1, 0.5, 'tell something'), (-0.1, 0.5, 'not shown'),
    (-0.5, -0.1, 'wrong way round'),
  ):  # fmt: skip
    tau = compare.Tau(20, 0.3, math.nan, low, high)
    (line,) = _said(taus={'all': tau})
    assert part in line and '%+.2f to %+.2f' % (low, high) in line


def test_what_is_left_out():
  study = STUDY._replace(missing=['a.csv', 'b.csv'])
  lines = words.left_out(study, NONE._replace(notes=['best, x']))
  assert lines == ['Not there, left out: a.csv, b.csv', 'Incomplete: best, x']
  assert _said() == ['Nothing yet.']
