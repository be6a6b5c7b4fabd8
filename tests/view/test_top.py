"""`python -m src.view top`: ranked, counted, the front, what is written."""

import csv
import json

import pytest

from src.arc import ChannelMacroArc, RecurrentSpace, counts, record
from src.ptb import config as ptb_config
from src.ptb import flags as ptb_flags
from src.ptb import ptb_enas_child
from src.ptb.task import Ptb
from src.view import log, top
from src.view.__main__ import main
from tests import flag_tables, made_log

FLAGS = {
  'child_out_filters': 4,
  'child_num_layers': 3,
  'child_num_branches': 6,
  'search_for': 'macro',
}


def _made(folder, flags=FLAGS, **more):
  folder.mkdir()
  made_log.write(folder / 'stdout', 3, **more)
  (folder / 'flags.json').write_text(json.dumps(flags))
  return str(folder)


@pytest.fixture
def run(tmp_path):
  return _made(tmp_path / 'run', num_layers=3)


def test_shown_architectures_are_ranked_once_each(run):
  found = top.ranking(log.load(run), run)
  shown = log.load(run).history.shown
  assert (found.measure, found.source) == ('accuracy', top.ONE_BATCH)
  assert {e.arc for e in found.entries} == {s.arc for s in shown}
  assert len({e.arc for e in found.entries}) == len(found.entries)
  scores = [entry.score for entry in found.entries]
  assert scores == sorted(scores, reverse=True)
  assert scores[0] == max(s.accuracy for s in shown)
  for entry in found.entries:
    assert entry.parameters == counts.count_parameters(entry.arc, 4)
    assert entry.multiply_adds == counts.count_multiply_adds(entry.arc, 4)


def test_what_was_derived_comes_first(run, tmp_path, capsys):
  with open(run + '/derived.csv', 'w') as file:
    file.write('rank,arc,times_sampled,valid_accuracy\n')
    file.write('1,0 1 1 0 0 0,2,0.25\n2,5 1 0 2 0 0,1,0.75\n')
    file.write('3,4 4 0 4 0 0,1,0.5\n')
  out = tmp_path / 'new' / 'top'
  assert main(['top', run, '-k', '2', '-o', str(out), '--nolatency']) == 0
  with open(str(out / 'top.csv')) as file:
    rows = list(csv.DictReader(file))
  assert [(r['rank'], r['arc'], r['accuracy']) for r in rows] == [
    ('1', '5 1 0 2 0 0', '0.75'),
    ('2', '4 4 0 4 0 0', '0.5'),
  ]
  assert [row['latency_ms'] for row in rows] == ['', '']
  whole = json.loads((out / 'top.json').read_text())
  assert [r['arc'] for r in whole['architectures']] == [r['arc'] for r in rows]
  assert whole['num_architectures'] == 3
  assert whole['source'] == run + '/derived.csv'
  # The first is dear: a separable convolution of 3x3 as a plain one.
  assert [r['rank'] for r in whole['front']] == [2, 1]
  assert (out / 'top.png').read_bytes()[:4] == b'\x89PNG'
  printed = capsys.readouterr().out.splitlines()
  assert printed[1].split()[:2] == ['1', '0.7500']
  assert len([line for line in printed if line[:1].isdigit()]) == 2


def test_front():
  def _entry(rank, score, cost):
    return top.Entry(rank, None, score, None, cost)

  entries = [
    _entry(1, 0.9, 50), _entry(2, 0.8, 20), _entry(3, 0.8, 30),
    _entry(4, 0.7, 20), _entry(5, 0.2, 10), _entry(6, 0.1, None),
  ]  # fmt: skip
  found = top.front(entries, top.multiply_adds)
  assert [entry.rank for entry in found] == [5, 2, 1]
  falling = top.front(entries, top.multiply_adds, falls=True)
  assert [entry.rank for entry in falling] == [5]
  assert top.front(entries, top.latency) == []


def test_cells_of_a_language_model(tmp_path, capsys):
  space = RecurrentSpace(4)
  run = _made(tmp_path / 'run', {'child_rhn_depth': 4}, make=space.random)
  flags = flag_tables.parse(
    ptb_flags, '--data_path=d --child_rhn_depth=4 --child_lstm_hidden_size=20'
  )
  words = type('Corpus', (), {'vocabulary_size': 50})
  said = Ptb().record(flags, words)
  (tmp_path / 'run' / record.FILE).write_text(said.to_json())
  entries = top.ranking(log.load(run), run).entries
  child = ptb_config.child_config(flags, 50)
  _, expected = ptb_enas_child.parameter_counts(child)
  assert {entry.parameters for entry in entries} == {expected}
  assert main(['top', run]) == 0
  shown = capsys.readouterr()
  assert shown.out.split()[0] == entries[0].arc.measure == 'reward'
  assert 'no latency: cells of language models' in shown.err


def test_partial_channels(tmp_path, capsys):
  def _make(draw):
    return ChannelMacroArc.random(3, 6, 4, draw)

  run = _made(tmp_path / 'run', num_layers=3, make=_make)
  out = tmp_path / 'top'
  assert main(['top', run, '-k', '1', '-o', str(out)]) == 0
  shown = capsys.readouterr()
  assert 'no fixed network takes partial channels' in shown.err
  assert shown.err.count('\n') == 1
  assert 'no front' in shown.out
  assert not (out / 'top.png').exists() and (out / 'top.csv').exists()


def test_one_line_for_what_cannot_be(tmp_path, capsys, run):
  fixed = tmp_path / 'fixed'
  fixed.mkdir()
  lines = [
    line
    for line in made_log.search(2, num_layers=3, arcs_an_epoch=0)
    if not line.startswith('ctrl')
  ]
  (fixed / 'stdout').write_text('\n'.join(lines) + '\n')
  for words, part in (
    ([str(tmp_path / 'no')], 'there is no run directory'),
    ([str(fixed)], 'has no architectures to choose from'),
    ([run, '-k', '0'], '-k 0: expected at least 1'),
    ([run, '--batch_size=0'], '--batch_size=0: expected at least 1'),
  ):
    assert main(['top'] + words) == 2
    err = capsys.readouterr().err
    assert part in err and err.count('\n') == 1
