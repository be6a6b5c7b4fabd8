"""Names of files are printed in one line, as far as they can be."""

import io
import os
import subprocess
import sys

import pytest

from src.arc import text as text_lib


@pytest.mark.parametrize(
  'text, encoding, wanted',
  [
    ('Brücke 1.jpg', 'utf-8', 'Brücke 1.jpg'),
    ('Brücke 1.jpg', 'ascii', r'Br\xfccke 1.jpg'),
    ('Brücke.jpg', 'latin-1', 'Brücke.jpg'),
    ('\udcfc.jpg', 'utf-8', r'\udcfc.jpg'),
    ('a\nb\tc\x1b[2J.jpg', 'utf-8', r'a\nb\tc\x1b[2J.jpg'),
  ],
)
def test_printable(text, encoding, wanted):
  assert text_lib.printable(text, encoding) == wanted


def test_what_stdout_cannot_say_is_escaped(monkeypatch):
  raw = io.BytesIO()
  monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, 'ascii'))
  text_lib.say('ü\n')
  sys.stdout.flush()
  assert raw.getvalue().splitlines() == [rb'\xfc\n']


def test_bytes_that_are_no_text_come_back(tmp_path):
  name = os.fsdecode(b'L\xe4ufe \xc3\xbc')
  with text_lib.open_text(str(tmp_path / 'a'), 'w') as file:
    file.write(name + '\ud800')
  assert (tmp_path / 'a').read_bytes() == os.fsencode(name) + b'\\ud800'
  with text_lib.open_text(str(tmp_path / 'a')) as file:
    assert file.read() == name + '\\ud800'
  assert text_lib.native(text_lib.stored(name)) == name


@pytest.mark.parametrize(
  'name', [b'plain', b'a b', b"$HOME's", b'L\xe4ufe', b"a\nb\\\xff'"]
)
def test_a_shell_sees_what_was_quoted(name):
  word = text_lib.quote(os.fsdecode(name))
  assert text_lib.printable(word) == word
  shown = subprocess.check_output(['bash', '-c', 'printf %s ' + word])
  assert shown == name
