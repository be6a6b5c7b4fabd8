"""`python -m src.robustness.analysis` on made folders."""

import csv
import os
import re

import pytest

from src.robustness import sets
from src.robustness.analysis.__main__ import main
from tests.robustness.analysis import made

TABLES = ('runs', 'families', 'layers', 'controllers')
PANELS = ('error', 'layers', 'controllers')


def _rows(path, name):
  with open('%s/analysis_%s.csv' % (path, name), encoding='utf-8') as file:
    return list(csv.DictReader(file))


def test_all_of_it(tmp_path, capsys):
  path = str(tmp_path / 'a<b')
  os.mkdir(path)
  made.folder(path)
  assert main([path]) == 0
  printed = capsys.readouterr().out
  written = {n for n in os.listdir(path) if n.startswith('analysis')}
  assert written == {'analysis.html'} | {
    'analysis_%s.csv' % name for name in TABLES
  } | {'analysis_%s.png' % name for name in PANELS}
  for name in PANELS:
    with open('%s/analysis_%s.png' % (path, name), 'rb') as file:
      assert file.read(4) == b'\x89PNG'
  with open(path + '/analysis.html', encoding='utf-8') as file:
    page = file.read()
  assert page.count('<svg') == len(PANELS) and 'a&lt;b</h1>' in page
  assert not re.search('@[A-Z_]+@|nan|None', page + printed)
  assert not re.search(r'(src|href)="?http', page)
  assert len(_rows(path, 'runs')) == 21
  assert len(_rows(path, 'layers')) == 21 * made.EPOCHS
  rho = {(r['family'], r['mode']): r for r in _rows(path, 'families')}
  told = '%+.2f' % float(rho['P3_100', 'clean']['rho'])
  assert told in page and told in printed
  # Of 42 actions, log 42 at most.
  assert re.search('P3_036_100 +rl .* 1.25 +3.74 +0.50', printed)
  assert re.search('P3_036_100 +uniform .* - +3.74 +0.50', printed)
  frozen = _rows(path, 'controllers')[0]
  assert (frozen['other'], frozen['mode'], frozen['seeds']) == (
    'frozen', 'ref', '3'
  )  # fmt: skip
  assert '%+.2f' % (100 * float(frozen['difference'])) in printed
  # Written again, nothing of it is taken for a result.
  assert main([path, '--last=1']) == 0
  assert len(_rows(path, 'runs')) == 21


def test_a_single_run_has_no_chart(tmp_path, capsys):
  _, one = sets.find('baseline', 'space_0')
  made.table(str(tmp_path), 'baseline_space_0', one, ending='.csv.temp')
  out = tmp_path / 'made' / 'out'
  assert main([str(tmp_path), '-o', str(out)]) == 0
  assert '12 so far' in capsys.readouterr().out
  assert not [n for n in os.listdir(str(out)) if n.endswith('.png')]
  assert len(_rows(str(out), 'runs')) == 1


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['%s/none'], 'cannot read'),
    (['%s'], 'holds no tables of results'),
    (['%s', '--last=0'], '--last=0: expected at least 1'),
  ],
)
def test_an_error_is_one_line_and_exit_2(tmp_path, capsys, words, told):
  assert main([words[0] % tmp_path] + words[1:]) == 2
  error = capsys.readouterr().err
  assert told in error and error.count('\n') == 1
  assert os.listdir(str(tmp_path)) == []
