"""The run directory: nobody else's files are deleted, no flag slips by."""

import os

import pytest

from src.run import directory
from src.run.errors import RunError, UsageError


def _names(path):
  return sorted(os.listdir(str(path)))


def _prepare(path, reset=False):
  lines = []
  directory.prepare(str(path), reset, lines.append)
  return lines


def test_prepare_makes_the_directory_and_those_above(tmp_path):
  path = tmp_path / 'a' / 'b'
  assert _prepare(path) == ['Path %s does not exist. Creating.' % path]
  assert path.is_dir()


def test_prepare_leaves_an_existing_directory(tmp_path):
  (tmp_path / 'mine').write_text('kept')
  assert _prepare(tmp_path) == []
  assert (tmp_path / 'mine').read_text() == 'kept'


def test_reset_empties_a_run_directory(tmp_path):
  directory.write_flags(str(tmp_path), {})
  (tmp_path / 'events').mkdir()
  (tmp_path / 'stdout').write_text('old')
  assert _prepare(tmp_path, True) == [
    'Path %s exists. Remove and remake.' % tmp_path
  ]
  (tmp_path / 'lock').write_text('held')
  directory.empty(str(tmp_path))
  assert _names(tmp_path) == ['lock']


@pytest.mark.parametrize('name', ['stdout', 'checkpoint', 'model.ckpt-3.index'])
def test_prepare_refuses_the_run_of_another_program(tmp_path, name):
  (tmp_path / name).write_text('theirs')
  with pytest.raises(UsageError) as caught:
    _prepare(tmp_path)
  assert str(caught.value) == (
    '%s has a file %s but no flags.json, so it is not one of our runs: nothing '
    'was touched; choose another --output_dir' % (tmp_path, name)
  )
  assert (tmp_path / name).read_text() == 'theirs'


def test_reset_takes_an_empty_or_missing_directory(tmp_path):
  assert _prepare(tmp_path, True) == [
    'Path %s exists. Remove and remake.' % tmp_path
  ]
  path = tmp_path / 'new'
  assert _prepare(path, True) == ['Path %s does not exist. Creating.' % path]
  assert _names(path) == []


def test_reset_refuses_what_no_run_wrote(tmp_path):
  (tmp_path / 'thesis.tex').write_text('years of work')
  with pytest.raises(UsageError) as caught:
    _prepare(tmp_path, True)
  assert str(caught.value) == (
    '--reset_output_dir would delete %s, which is not a run directory (it has '
    'no flags.json): nothing was touched; choose another --output_dir'
    % tmp_path
  )
  assert (tmp_path / 'thesis.tex').read_text() == 'years of work'


def test_prepare_where_a_file_is(tmp_path):
  path = tmp_path / 'file'
  path.write_text('kept')
  with pytest.raises(RunError) as caught:
    _prepare(path)
  assert str(caught.value) == (
    'cannot make the directory %s: File exists' % path
  )
  assert path.read_text() == 'kept'


def test_flags_round_trip(tmp_path):
  values = {'child_lr': 0.1, 'child_fixed_arc': None, 'seed': 3, 'debug': True}
  directory.write_flags(str(tmp_path), values)
  assert directory.read_flags(str(tmp_path)) == values
  assert _names(tmp_path) == ['flags.json']
  lines = (tmp_path / 'flags.json').read_text().splitlines()
  assert lines == [
    '{',
    ' "child_fixed_arc": null,',
    ' "child_lr": 0.1,',
    ' "debug": true,',
    ' "seed": 3',
    '}',
  ]


def test_no_flags(tmp_path):
  assert directory.read_flags(str(tmp_path)) is None
  assert directory.read_flags(str(tmp_path / 'missing')) is None


@pytest.mark.parametrize('content', ['', '{"seed": 3', '[1, 2]', 'null'])
def test_damaged_flags(tmp_path, content):
  (tmp_path / 'flags.json').write_text(content)
  with pytest.raises(RunError) as caught:
    directory.read_flags(str(tmp_path))
  message = str(caught.value)
  assert message.startswith('%s is damaged: ' % (tmp_path / 'flags.json'))
  assert message.endswith('or start over with --reset_output_dir')
  assert '\n' not in message


def test_changed_flag_is_named_with_both_values(tmp_path):
  directory.write_flags(str(tmp_path), {'data': 'My $x', 'epochs': 5})
  with pytest.raises(UsageError) as caught:
    directory.check_unchanged(
      str(tmp_path), {'data': 'b', 'epochs': 9}, ['epochs']
    )
  assert str(caught.value) == (
    "%s was made with --data='My $x', not b: give the old value, another "
    '--output_dir, or --reset_output_dir to start over' % tmp_path
  )


def test_what_may_differ_on_resume(tmp_path):
  directory.write_flags(
    str(tmp_path), {'layers': 12, 'epochs': 5, 'of an older version': 1}
  )
  now = {'layers': 12, 'epochs': 9, 'of a newer version': 2}
  directory.check_unchanged(str(tmp_path), now, ['epochs'])
  directory.check_unchanged(str(tmp_path / 'no run'), now, [])
  newer = {'of a newer version': 2}
  directory.check_unchanged(str(tmp_path), now, ['epochs'], newer)
  directory.check_unchanged(str(tmp_path / 'no run'), now, [], {'layers': 5})
  with pytest.raises(UsageError, match='made with --of a newer version=1, not'):
    directory.check_unchanged(
      str(tmp_path), now, ['epochs'], {'of a newer version': 1}
    )


def test_inherited_flags(tmp_path):
  directory.write_flags(
    str(tmp_path), {'layers': 12, 'filters': 36, 'format': 'NCHW', 'old': 1}
  )
  values = {'layers': 5, 'filters': 20, 'format': 'NHWC', 'batch': 32}
  prefix = str(tmp_path / 'model.ckpt-4')
  directory.inherit_flags(prefix, values, {'filters', 'format'})
  assert values == {
    'layers': 12,
    'filters': 20,
    'format': 'NHWC',
    'batch': 32,
  }


def test_nothing_to_inherit(tmp_path):
  values = {'layers': 5}
  directory.inherit_flags(str(tmp_path / 'model.ckpt-4'), values, set())
  assert values == {'layers': 5}


@pytest.mark.parametrize('path', ['run[1]', 'a*/b', 'what?', 'back\\slash'])
def test_a_path_that_is_a_pattern_is_refused(path):
  with pytest.raises(UsageError) as error:
    directory.check_path(path)
  assert str(error.value) == (
    'TensorFlow cannot read checkpoints below %r: choose a path without any '
    'of * ? [ ] \\' % path
  )


def test_other_paths_are_fine():
  assert directory.check_path('/a b/ü-1.2/{x}') is None


def test_prepare_makes_what_a_link_points_to(tmp_path):
  target = tmp_path / 'mounted' / 'run'
  (tmp_path / 'link').symlink_to(target)
  assert _prepare(tmp_path / 'link') == [
    'Path %s does not exist. Creating.' % (tmp_path / 'link')
  ]
  assert target.is_dir()
