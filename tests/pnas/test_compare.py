"""Arms at equal numbers of children; what they are worth is made up."""

import csv

import pytest

from src.cifar10.evaluate import Accuracy
from src.pnas import compare
from src.run import retraining
from src.run.errors import UsageError
from tests import tiny_runs
from tests.pnas import tiny_search

_OPERATORS = '3x3 maxpool,1x7-7x1 conv,3x3 avgpool'
_CHILDREN = 8  # 6 of one block, 2 of two


@pytest.fixture
def trained(monkeypatch):
  """Texts of the cells that were trained."""
  done = []

  def _score_all(task, flags, asked, path, engine, tell, title):
    for arc, seed in asked:
      done.append(str(arc))
      right = 10 + 10 * sum(arc.tokens[1::2]) + len(arc.tokens)
      tell(
        retraining.Score(
          arc.canonical(), seed, path, {}, 1, 1.0, 5, 5, None,
          best=Accuracy(right, 100), best_epoch=1, host='here',
        )
      )  # fmt: skip

  monkeypatch.setattr(retraining, 'score_all', _score_all)
  return done


def _words(tmp_path, *more):
  data = tiny_runs.write_data(tmp_path / 'data')
  words = tiny_search.words(data, tmp_path / 'out', '--seeds=1', '--noreport')
  return words + ['--operators=' + _OPERATORS] + list(more)


def test_all_arms_train_as_many(trained, tmp_path, capsys):
  assert compare.main(_words(tmp_path)) == 0
  said = capsys.readouterr().out
  assert 'pnas less random: mean difference of the best' in said
  assert '(+nan' not in said  # of one seed there is no interval
  with open(str(tmp_path / 'out' / 'compare.csv')) as file:
    rows = list(csv.DictReader(file))
  for arm in compare.ARMS:
    own = [row for row in rows if row['arm'] == arm]
    assert len(own) == _CHILDREN and {row['seed'] for row in own} == {'0'}
    assert own[-1]['examples'] == str(_CHILDREN * tiny_runs.NUM_TRAIN)
    best = max(float(row['reward']) for row in own)
    assert float(own[-1]['best']) == best
  page = (tmp_path / 'out' / 'compare.html').read_text()
  assert 'Best child at equal numbers' in page and '<svg' in page
  # Started again, nothing is trained.
  count = len(trained)
  assert compare.main(_words(tmp_path)) == 0 and len(trained) == count
  # All arms begin anew, or none.
  words = _words(tmp_path, '--reset_output_dir', '--devices=0')
  assert compare.main(words) == 0 and len(trained) == 2 * count
  log = tiny_search.lines(tmp_path / 'out' / 'pnas_0', 'stdout')
  assert '--devices has no effect without --engine=local:N: ignored' in log
  tiny_runs.write_data(tmp_path / 'data', 33)
  words = [word for word in words if word != '--reset_output_dir']
  assert compare.main(words) == 1
  assert 'other: train, valid): give' in capsys.readouterr().err


def test_arms_that_are_none(tmp_path, capsys):
  assert compare.main(_words(tmp_path, '--arms=pnas,fate')) == 2
  assert 'expected some of' in capsys.readouterr().err
  with pytest.raises(UsageError, match='output_dir is needed'):
    compare._main(['compare', '--output_dir='])
  # What is of one search only.
  for word in ('--dry_run', '--final_train=pnasnet5', '--resume=x'):
    assert compare.main(_words(tmp_path, word)) == 2
    assert 'Unknown command line flag' in capsys.readouterr().err


def test_a_file_is_no_folder(tmp_path, capsys):
  words = _words(tmp_path)
  (tmp_path / 'out').write_text('')
  assert compare.main(words) == 1
  assert 'cannot make the directory' in capsys.readouterr().err
