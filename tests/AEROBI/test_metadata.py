"""Labels by tag name, and what is wrong with a row."""

import pytest

from src.AEROBI import metadata
from src.files.errors import FileError
from src.run.errors import RunError
from tests.AEROBI import made_codebrim


def test_the_order_of_elements_does_not_matter(tmp_path):
  path = tmp_path / 'defects.xml'
  path.write_text(
    '<Any><Defect extra="1" name="image_1_crop_2.png">'
    '<CorrosionStain> 1\n</CorrosionStain><Crack>1</Crack>'
    '<Background>0</Background><ExposedBars>0</ExposedBars>'
    '<Spallation>0</Spallation><Efflorescence>0</Efflorescence>'
    '</Defect></Any>'
  )
  assert metadata.read(str(path)) == {'image_1_crop_2': (0, 1, 0, 0, 0, 1)}


def test_equal_rows_may_be_there_twice(tmp_path):
  path = tmp_path / 'x.xml'
  made_codebrim.write_xml(path, [('a.png', '100000')] * 2)
  assert metadata.read(str(path)) == {'a': (1, 0, 0, 0, 0, 0)}


@pytest.mark.parametrize(
  'text, problem',
  [
    ('<A><B/></A>', 'row 1 has no attribute "name"'),
    (
      '<A>%s</A>' % made_codebrim.row('a.png', '10000'),
      'the row of a.png has 0 elements CorrosionStain; each of Background, '
      'Crack, Spallation, Efflorescence, ExposedBars, CorrosionStain must be '
      'there once',
    ),
    (
      '<A>%s</A>' % made_codebrim.row('a.png', '1000x0'),
      "the row of a.png has ExposedBars = 'x'; it must be 0 or 1",
    ),
  ],
)
def test_bad_rows(tmp_path, text, problem):
  path = tmp_path / 'x.xml'
  path.write_text(text)
  with pytest.raises(RunError) as caught:
    metadata.read(str(path))
  assert str(caught.value) == '%s: %s' % (path, problem)


def test_contradicting_rows(tmp_path):
  path = tmp_path / 'x.xml'
  made_codebrim.write_xml(path, [('a.png', '100000'), ('a.png', '010000')])
  with pytest.raises(RunError) as caught:
    metadata.read(str(path))
  assert str(caught.value) == '%s has two different rows for a.png' % path


def test_entities_are_refused(tmp_path):
  path = tmp_path / 'x.xml'
  path.write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
  with pytest.raises(FileError, match='is refused'):
    metadata.read(str(path))


def test_a_file_of_its_own_comes_before_its_parent():
  parent, own = (1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0)
  labels = {'a': parent, 'a_copy00': own}
  for name, expected in [
    ('a.png', parent),
    ('a.PNG', parent),
    ('a_copy00.png', own),
    ('a_copy01.png', parent),
    ('a_-_rot90.png', parent),
    ('a_copy00_-_rot90.png', own),
    ('a_copy.png', None),
    ('b.png', None),
    ('a.b.png', None),
  ]:
    assert metadata.find(labels, name) == expected, name
