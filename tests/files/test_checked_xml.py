"""XML that is read, and XML that is refused."""

import pytest

from src.files import checked_xml
from src.files.errors import FileError

BOMB = """<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">
<!ENTITY z "&y;&y;&y;&y;&y;&y;&y;&y;">]>
<a>&z;</a>"""
EXTERNAL = """<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<a>&x;</a>"""


def _write(tmp_path, text):
  path = tmp_path / 'defects.xml'
  path.write_text(text)
  return str(path)


def _error(path):
  with pytest.raises(FileError) as caught:
    checked_xml.read(path)
  message = str(caught.value)
  assert len(message.splitlines()) == 1
  return message


def test_plain_xml_is_read(tmp_path):
  text = (
    '<Annotation><Defect name="a.png"><Crack>1</Crack></Defect></Annotation>'
  )
  root = checked_xml.read(_write(tmp_path, text))
  assert root.tag == 'Annotation'
  assert root[0].get('name') == 'a.png'
  assert root[0].findtext('Crack') == '1'


@pytest.mark.parametrize('text', [BOMB, EXTERNAL, '<!DOCTYPE a><a/>'])
def test_entities_and_document_types_are_refused(tmp_path, text):
  path = _write(tmp_path, text)
  assert _error(path).startswith(path + ' is refused: it declares')


@pytest.mark.parametrize('text', ['', 'no xml', '<a><b></a>'])
def test_broken_xml(tmp_path, text):
  path = _write(tmp_path, text)
  assert _error(path).startswith(path + ' is no XML: ')


def test_missing_file(tmp_path):
  path = str(tmp_path / 'none.xml')
  assert _error(path) == 'cannot read %s: No such file or directory' % path


def test_size_limit(tmp_path, monkeypatch):
  monkeypatch.setattr(checked_xml, 'MAX_BYTES', 10)
  path = _write(tmp_path, '<a>0123456789</a>')
  assert _error(path) == '%s has 17 bytes; XML of at most 10 is read' % path
