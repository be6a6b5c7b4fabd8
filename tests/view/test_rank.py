"""Statistics of derived architectures, against slow arithmetic."""

import itertools
import math

import pytest

from src.arc import ArcError
from src.view import rank


def _write(path, rows, header='rank,arc,times_sampled,valid_accuracy'):
  path.write_text('\n'.join([header] + rows) + '\n')
  return str(path)


def test_statistics_count_what_was_sampled_often(tmp_path):
  path = _write(tmp_path / 'd.csv', ['1,0 1 1,3,0.5', '2,1 1  0,1,0.25'])
  found = rank.read(path)
  assert found == {'0 1 1': (0.5, 3), '1 1 0': (0.25, 1)}
  statistics = rank.statistics(found)
  assert statistics.count == 4
  mean = (0.5 * 3 + 0.25) / 4
  assert statistics.mean == mean
  variance = (3 * (0.5 - mean) ** 2 + (0.25 - mean) ** 2) / 3
  assert abs(statistics.std - math.sqrt(variance)) < 1e-15
  assert (statistics.best, statistics.worst) == (0.5, 0.25)
  one = rank.statistics(rank.Table({'0': (0.5, 1)}))
  assert one.std == 0.0 and one.count == 1


@pytest.mark.parametrize(
  'header', ['arc,accuracy', 'arc,test_accuracy', 'arc,valid_accuracy']
)
def test_any_accuracy_will_do(tmp_path, header):
  found = rank.read(_write(tmp_path / 'd.csv', ['0 1 1,0.5'], header))
  assert found == {'0 1 1': (0.5, 1)}


def test_trainings_from_several_seeds_count_once(tmp_path):
  rows = ['0 1 1,0,0.5,', '0 1 1,1,0.25,', '1 1 0,0,,loss nan']
  header = 'arc,seed,test_accuracy,failure'
  found = rank.read(_write(tmp_path / 'scores.csv', rows, header))
  assert found == {'0 1 1': (0.375, 1)}


def _slow_tau(one, other):
  """tau-b from its definition: pairs in the same order less others."""
  concordant = discordant = ties_one = ties_other = 0
  for i, j in itertools.combinations(range(len(one)), 2):
    a, b = one[i] - one[j], other[i] - other[j]
    if a == 0 and b == 0:
      continue
    if a == 0:
      ties_one += 1
    elif b == 0:
      ties_other += 1
    elif (a > 0) == (b > 0):
      concordant += 1
    else:
      discordant += 1
  both = concordant + discordant
  return (concordant - discordant) / math.sqrt(
    (both + ties_one) * (both + ties_other)
  )


def test_kendalls_tau():
  shared = [0.1, 0.2, 0.2, 0.4, 0.5, 0.7]
  retrained = [0.8, 0.85, 0.7, 0.9, 0.9, 0.95]
  first = rank.Table({str(i): (a, 1) for i, a in enumerate(shared)})
  second = rank.Table({str(i): (a, 1) for i, a in enumerate(retrained)})
  second['other'] = (0.1, 1)
  tau, p_value, count = rank.kendall_tau(first, second)
  assert abs(tau - _slow_tau(shared, retrained)) < 1e-12
  assert count == 6 and 0 < p_value < 0.2
  perplexities = rank.Table(
    {name: (100 - value, times) for name, (value, times) in second.items()},
    falls=True,
  )
  assert rank.kendall_tau(first, perplexities)[0] == tau


def test_errors_are_one_line(tmp_path):
  folder = tmp_path
  for path, message in (
    (str(folder / 'no'), 'cannot read .*No such file'),
    (_write(folder / 'a', ['1,2'], 'x,y'), 'a needs the column arc and one'),
    (_write(folder / 'b', []), 'b holds no architectures'),
    (_write(folder / 'c', ['1,0,1,x']), 'c line 2: x is no accuracy'),
    (_write(folder / 'e', ['1,0']), 'e line 2: None is no accuracy'),
    (_write(folder / 'f', ['1,0,1,nan']), 'f line 2: nan is no accuracy'),
    (_write(folder / 'g', ['1,0,1,77']), 'g line 2: 77 is no accuracy'),
    (_write(folder / 'h', ['1,0,0,0.5']), 'h line 2: 0.5 is no accuracy: exp'),
    (_write(folder / 'i', ['1,0,1,0.5\0']), 'i'),
    (_write(folder / 'j', ['0,0.9'], 'arc,ppl'), 'j line 2: 0.9 is no perp'),
  ):
    with pytest.raises(ArcError, match=message):
      rank.read(path)
  with pytest.raises(ArcError, match='in both files, found 1'):
    rank.kendall_tau({'0': (1, 1), '1': (1, 1)}, {'0': (0.5, 1)})
  equal = {'0': (0.5, 1), '1': (0.5, 1)}
  with pytest.raises(ArcError, match='in one of the files are equal'):
    rank.kendall_tau(equal, {'0': (0.5, 1), '1': (0.6, 1)})


@pytest.mark.parametrize('column', ['valid_ppl', 'ppl', 'test_ppl'])
def test_lower_perplexities_are_better(tmp_path, column):
  rows = ['0 1 1,140.5', '0 0 1,99.5']
  table = rank.read(_write(tmp_path / 'd.csv', rows, 'arc,' + column))
  statistics = rank.statistics(table)
  assert (statistics.best, statistics.worst) == (99.5, 140.5)
  assert statistics.mean == 120


def test_a_file_that_excel_saved(tmp_path):
  path = tmp_path / 'x.csv'
  path.write_bytes(b'\xef\xbb\xbfarc,accuracy\r\n0 1 1,0.5\r\n')
  assert rank.read(str(path)) == {'0 1 1': (0.5, 1)}


@pytest.mark.parametrize('falls', [False, True])
def test_the_controller_against_chance(falls):
  def _table(first):
    values = range(100 + first, 120 + first)
    return rank.Table({str(v): (float(v), 2) for v in values}, falls)

  shifts = (-10, 0, 10)
  told = [rank.against_chance(_table(n), _table(0)) for n in shifts]
  assert told[1][1].startswith('no difference') and '50 % of' in told[1][0]
  better, worse = (told[0], told[2]) if falls else (told[2], told[0])
  assert 'does better than chance' in better[1]
  assert 'does worse than chance' in worse[1]
  pairs = [(one + 10, other) for one in range(20) for other in range(20)]
  wins = sum((one > other) + 0.5 * (one == other) for one, other in pairs)
  assert 'in %.0f %% of' % (100 * wins / len(pairs)) in better[0]
