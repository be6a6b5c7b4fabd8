"""`python -m src.view study` on made folders: lines, page, table, pictures."""

import csv
import os
import re
import shutil

import pytest

from src.view.__main__ import main
from src.view.study import folder, numbers, results
from tests import made_study

PANELS = {'headroom', 'best', 'shared', 'tau'}


@pytest.fixture(scope='module', params=[False, True], ids=['accuracy', 'ppl'])
def made(request, tmp_path_factory):
  path = str(tmp_path_factory.mktemp('study') / 'a<b')
  os.mkdir(path)
  made_study.write(path, samples=12, text=request.param)
  return path


def _written(path):
  return {name for name in os.listdir(path) if name.startswith('study')}


def test_all_of_it(made, capsys):
  assert main(['study', made]) == 0
  printed = capsys.readouterr().out
  assert _written(made) == {'study.html', 'study.csv'} | {
    'study_%s.png' % panel for panel in PANELS
  }
  for panel in PANELS:
    with open('%s/study_%s.png' % (made, panel), 'rb') as file:
      assert file.read(4) == b'\x89PNG'
  with open(made + '/study.html', encoding='utf-8') as file:
    page = file.read()
  assert len(re.findall('<svg', page)) == len(PANELS)
  assert '<h1>Study in %s' % made.replace('<', '&lt;') in page
  assert not re.search('@[A-Z_]+@|nan|None', page + printed)
  assert not re.search(r'(src|href)="?http', page)
  found = results.found(folder.read(made), 2, 4)
  with open(made + '/study.csv', encoding='utf-8') as file:
    rows = list(csv.DictReader(file))
  assert len(rows) == len(list(numbers.rows(found)))
  (mean,) = [
    row
    for row in rows
    if (row['quantity'], row['arm'], row['seed'])
    == ('best_retrained_difference', 'controller-random', '')
  ]
  paired = found.of_best[0].paired
  assert [float(mean[name]) for name in ('value', 'low', 'high', 'p', 'n')] == (
    [paired.mean, paired.low, paired.high, paired.p_t, 3]
  )
  scale = 1 if found.of_best and folder.read(made).falls else 100
  assert '%+.2f' % (scale * paired.mean) in printed
  assert '%+.2f' % found.taus['all'].tau in printed


def test_the_architectures_to_retrain(made, capsys):
  assert main(['study', made, '--arcs', '--top=1', '--sample=2']) == 0
  study = folder.read(made)
  assert capsys.readouterr().out.splitlines() == folder.to_retrain(study, 1, 2)
  assert main(['study', made, '--headroom=3']) == 0
  printed = capsys.readouterr().out.splitlines()
  first = study.seeds[0]
  drawn = folder.drawn(first.arms['random'], 3, first.number)
  assert printed == [entry.arc for entry in drawn]


SEEDS = ['seed_0', 'seed_1', 'seed_2']
UNIFORM = 'random/controller_scored.csv'


@pytest.mark.parametrize('made', [False], indirect=True)
@pytest.mark.parametrize(
  'gone, panels, missing',
  [
    (['retrained'], {'headroom', 'shared'}, ['retrained/scores.csv']),
    (
      ['seed_1/random', 'headroom', 'seed_0/' + UNIFORM],
      {'best', 'shared', 'tau'},
      ['seed_1/random/derived_random.csv', 'seed_0/' + UNIFORM],
    ),
    (SEEDS + ['retrained'], {'headroom'}, ['retrained/scores.csv']),
    (SEEDS + ['headroom'], set(), ['headroom/scores.csv']),
  ],
)
def test_missing_parts_are_left_out(
  tmp_path, capsys, made, gone, panels, missing
):
  path = str(tmp_path / 'study')
  shutil.copytree(made, path, ignore=shutil.ignore_patterns('study*'))
  for name in gone:
    full = os.path.join(path, name)
    (os.remove if os.path.isfile(full) else shutil.rmtree)(full)
  assert main(['study', path]) == 0
  printed = capsys.readouterr().out
  lines = [line for line in printed.splitlines() if 'Not there' in line]
  assert len(lines) == 1 and all(name in lines[0] for name in missing)
  pngs = {name for name in _written(path) if name.endswith('.png')}
  assert pngs == {'study_%s.png' % panel for panel in panels}


def test_an_error_is_one_line_and_exit_2(tmp_path, capsys):
  path = str(tmp_path)
  for arguments, part in (
    ([path], 'holds no study'),
    ([path, '--arcs'], 'holds no study'),
    ([path + '/no'], 'cannot read'),
    ([path, '--headroom=1'], '--headroom=1: expected at least 2'),
    ([path, '--top=0'], '--top=0: expected at least 1'),
    ([path, '--sample=-1'], '--sample=-1: expected at least 0'),
  ):
    assert main(['study'] + arguments) == 2
    printed = capsys.readouterr()
    assert part in printed.err and printed.err.count('\n') == 1
  assert os.listdir(path) == []
