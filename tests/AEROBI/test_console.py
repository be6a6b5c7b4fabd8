"""Names of files are printed in one line, as far as they can be."""

import io
import sys

import pytest

from src.AEROBI import console


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
  assert console.printable(text, encoding) == wanted


def test_what_stdout_cannot_say_is_escaped(monkeypatch):
  raw = io.BytesIO()
  monkeypatch.setattr(sys, 'stdout', io.TextIOWrapper(raw, 'ascii'))
  console.say('ü\n')
  sys.stdout.flush()
  assert raw.getvalue().splitlines() == [rb'\xfc\n']
