"""Architectures as they are pasted, from each source of them."""

import io
import json

import pytest

from src.arc import (
  PNASNET_5,
  ArcError,
  ChannelMacroArc,
  MacroArc,
  RecurrentArc,
  pasted,
  read_arc,
)
from src.arc.__main__ import main

ARC = MacroArc.parse('0 3 0 5 1 0')
SCRIPT = """#!/bin/bash
fixed_arc="9 9"
# fixed_arc="1"
fixed_arc="0"
fixed_arc="$fixed_arc 3 0"
  fixed_arc="${fixed_arc} 5 1 0"
python src/cifar10/main.py --child_num_layers=3 \\
  --child_fixed_arc="${fixed_arc}" \\
  "$@"
"""
WAYS = [
  '[0, 3, 0, 5, 1, 0]',
  '0,3,0,5,1,0',
  '[0 3 0\n 5 1 0]\n',
  '[[0], [3, 0], [5, 1, 0]]',
  ARC.to_json(),
  SCRIPT,
  SCRIPT.replace('\n', '\r\n'),
  'arc=(\n  0\n  3 0\n  5 1 0\n)\nexec --child_fixed_arc="${arc[*]}"',
  '--child_fixed_arc="0 3 0 5 1 0"',
  'step=90    ent=5.8 ppl=26.9 rw=0.03 bl=0.0 arc=[0 3 0 5 1 0]',
]


@pytest.mark.parametrize('text', WAYS)
def test_each_way_of_writing(text, tmp_path, monkeypatch):
  assert pasted.one(text) == '0 3 0 5 1 0'
  path = tmp_path / 'arc'
  path.write_bytes(b'\xef\xbb\xbf' + text.encode())
  assert pasted.one(str(path)) == '0 3 0 5 1 0'
  monkeypatch.setattr('sys.stdin', io.StringIO(text))
  assert pasted.one('-') == '0 3 0 5 1 0'
  assert [pasted.plain(t) for _, t in pasted.several(text)][-1] in (
    '0 3 0 5 1 0',
    '5 1 0',  # of what has a row a line
  )


def test_plain_numbers_stay_as_they_are(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / '5').write_text('0 1 2')
  for text in ('0  1 2 ', '5', 'words', '0 1 x'):
    assert pasted.one(text) == text


def test_json_of_every_kind():
  channels = ChannelMacroArc.parse('0 1 1 1 1', 1, 3, 2)
  for arc in (channels, RecurrentArc.parse('0 2 1 3')):
    assert pasted.one(arc.to_json()) == str(arc)
  # The numbers of a PNAS cell do not say all of it.
  assert read_arc(pasted.one(PNASNET_5.to_json())) == PNASNET_5


def test_several_of_a_text():
  text = '0 1\n\n[0, 1,\n 2]\n%s\n%s\n[3' % (ARC.to_json(), ARC.to_json())
  assert [(n, pasted.plain(t)) for n, t in pasted.several(text)] == [
    (1, '0 1'), (3, '0 1 2'), (5, str(ARC)), (6, str(ARC)), (7, '3')
  ]  # fmt: skip


def test_what_cannot_be_read(tmp_path):
  (tmp_path / 'binary').write_bytes(b'\xff')
  for word, message in [
    ('no/such', 'cannot read no/such: No such file'),
    ('arc.txt', 'cannot read arc.txt: No such file'),
    (str(tmp_path / 'binary'), "cannot read .*can't decode"),
    ('{"type": "x"}', "expected .type.: one of .*macro.*, found 'x'"),
    ('{"type":', 'not an architecture in JSON: '),
    (json.dumps({'type': 'macro'}), 'expected the fields'),
  ]:
    with pytest.raises(ArcError, match=message):
      pasted.one(word)


def test_the_command_takes_them(tmp_path, capsys):
  path = tmp_path / 'final.sh'
  path.write_text(SCRIPT)
  assert main(['diff', str(path), ARC.to_json()]) == 0
  assert capsys.readouterr().out == 'the same architecture\n'
  picture = tmp_path / 'arc.svg'
  assert main(['draw', '0,3,0,5,1,0', '-o', str(picture)]) == 0
  assert picture.exists()
