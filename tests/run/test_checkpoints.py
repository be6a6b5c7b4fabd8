"""Checkpoints: complete or not there, exact, and upstream's can be read."""

import os
import shutil

import numpy as np
import pytest

from src.nn import variables
from src.run import checkpoints
from src.run import session as session_lib
from src.run.errors import RunError
from src.tf1 import tf

MOVING = 'child/bn/moving_mean'
HELPER = 'child/bn/child/bn/moving_mean/'
SHAPES = {
  'child/w': [2, 3],
  'child/w/Momentum': [2, 3],
  'child/w/gradient_sum': [2, 3],
  MOVING: [3],
  HELPER + 'biased': [3],
  HELPER + 'local_step': [],
  'global_step': [],
}


def _graph(shapes=SHAPES):
  graph = tf.Graph()
  with graph.as_default():
    for name, shape in shapes.items():
      variables.create(
        name,
        shape,
        variables.zeros,
        trainable=name == 'child/w',
        dtype='int32' if name == 'global_step' else 'float32',
        saved=not name.endswith('gradient_sum'),
      )
  return graph


def _values(offset=0):
  """Distinct values, some of which no short decimal number can say."""
  values = {
    name: np.arange(1, 1 + int(np.prod(shape))).reshape(shape) / 3 + offset + i
    for i, (name, shape) in enumerate(SHAPES.items())
  }
  values['global_step'] = np.int32(4 + offset)
  return {
    name: np.asarray(value, np.int32 if name == 'global_step' else np.float32)
    for name, value in values.items()
  }


def _save(folder, *positions, **kwargs):
  """Writes a checkpoint per position, with different values in each."""
  graph = _graph()
  saver = checkpoints.Checkpoints(str(folder), graph, **kwargs)
  with session_lib.open_session(graph) as session:
    for epoch in positions:
      session_lib.load(session, _values(epoch))
      saver.save(session, 'model.ckpt-%d' % epoch, {'position': [epoch, 0, 0]})


def _restore(prefix, shapes=SHAPES):
  graph = _graph(shapes)
  with session_lib.open_session(graph) as session:
    checkpoints.restore(session, str(prefix))
    return session.run(session_lib.variables(graph))


def _upstream(folder, leave_out=()):
  """A checkpoint as `tf.train.Saver` writes it; returns its prefix."""
  graph = _graph()
  with graph.as_default(), session_lib.open_session(graph) as session:
    session_lib.load(session, _values())
    saved = [v for v in tf.global_variables() if v.op.name not in leave_out]
    return tf.train.Saver(saved).save(session, str(folder / 'model.ckpt'), 4)


def _error(function, *args):
  with pytest.raises(RunError) as caught:
    function(*args)
  assert '\n' not in str(caught.value)
  return str(caught.value)


def _assert_equal(found, expected):
  assert sorted(found) == sorted(expected)
  for name, value in expected.items():
    assert found[name].dtype == value.dtype
    np.testing.assert_array_equal(found[name], value, name)


def test_round_trip_is_exact_and_has_local_variables(tmp_path):
  _save(tmp_path, 5)
  _assert_equal(_restore(tmp_path / 'model.ckpt-5'), _values(5))


def test_files_of_a_checkpoint(tmp_path):
  _save(tmp_path, 5)
  assert sorted(os.listdir(str(tmp_path))) == [
    'checkpoint',
    'model.ckpt-5.data-00000-of-00001',
    'model.ckpt-5.index',
    'model.ckpt-5.json',
  ]
  found = tf.train.latest_checkpoint(str(tmp_path))
  assert found == str(tmp_path / 'model.ckpt-5')


def test_the_last_three_stay(tmp_path):
  _save(tmp_path, 1, 2, 3, 4, 5)
  found = checkpoints.find(str(tmp_path))
  prefixes = [str(tmp_path / ('model.ckpt-%d' % epoch)) for epoch in (3, 4, 5)]
  assert [checkpoint.prefix for checkpoint in found] == prefixes
  assert [c.state['position'][0] for c in found] == [3, 4, 5]
  assert len(os.listdir(str(tmp_path))) == 3 * 3 + 1
  listed = tf.train.get_checkpoint_state(str(tmp_path))
  assert list(listed.all_model_checkpoint_paths) == prefixes
  for epoch in (3, 4, 5):
    _assert_equal(
      _restore(tmp_path / ('model.ckpt-%d' % epoch)), _values(epoch)
    )


def test_order_is_that_of_positions_and_not_of_names(tmp_path):
  _save(tmp_path, 9, 10, keep=1)
  (found,) = checkpoints.find(str(tmp_path))
  assert found.prefix.endswith('model.ckpt-10')


def test_only_files_of_the_removed_checkpoint_go(tmp_path):
  (tmp_path / 'model.ckpt-10.mine').write_text('kept')
  (tmp_path / 'notes.json').write_text('{}')
  _save(tmp_path, 1, 2, keep=1)
  assert (tmp_path / 'model.ckpt-10.mine').exists()
  assert (tmp_path / 'notes.json').read_text() == '{}'


def test_without_its_mark_a_checkpoint_is_incomplete(tmp_path):
  _save(tmp_path, 1, 2)
  (tmp_path / 'model.ckpt-2.json').unlink()
  (found,) = checkpoints.find(str(tmp_path))
  assert found.prefix == str(tmp_path / 'model.ckpt-1')
  assert checkpoints.locate(str(tmp_path)) == found


def test_find_in_a_folder_without_checkpoints(tmp_path):
  (tmp_path / 'flags.json').write_text('{}')
  assert checkpoints.find(str(tmp_path)) == []
  assert checkpoints.find(str(tmp_path / 'missing')) == []


def test_save_where_nothing_can_be_written(tmp_path):
  folder = tmp_path / 'run'
  folder.mkdir()
  graph = _graph()
  saver = checkpoints.Checkpoints(str(folder), graph)
  with session_lib.open_session(graph) as session:
    session_lib.load(session, _values())
    saver.save(session, 'model.ckpt-1', {'position': [1, 0, 0]})
    shutil.rmtree(str(folder))
    folder.write_text('a file in its place')
    message = _error(saver.save, session, 'model.ckpt-2', {'position': 2})
  assert message.startswith(
    'cannot write the checkpoint %s: ' % (folder / 'model.ckpt-2')
  )


def test_locate_takes_a_folder_a_prefix_or_a_file(tmp_path):
  _save(tmp_path, 1, 2)
  located = checkpoints.locate(str(tmp_path))
  assert located.prefix == str(tmp_path / 'model.ckpt-2')
  assert located.state['position'] == [2, 0, 0]
  prefix = str(tmp_path / 'model.ckpt-1')
  for ending in ('', '.index', '.json'):
    assert checkpoints.locate(prefix + ending).prefix == prefix


def test_locate_takes_a_folder_of_upstream(tmp_path):
  prefix = _upstream(tmp_path)
  assert checkpoints.locate(str(tmp_path)) == (prefix, None)


def test_locate_takes_the_best(tmp_path):
  run = tmp_path / 'run'
  run.mkdir()
  graph = _graph()
  saver = checkpoints.Checkpoints(str(run), graph)
  with session_lib.open_session(graph) as session:
    session_lib.load(session, _values())
    best = str(run) + ':best'
    for epoch, score in enumerate((None, 0.5, 0.25, None), 1):
      state = {'position': [epoch, 0, 0], 'score': score}
      saver.save(session, 'model.ckpt-%d' % epoch, state)
      if epoch == 1:
        assert 'none was validated' in _error(checkpoints.locate, best)
  assert checkpoints.locate(best).prefix == str(run / 'model.ckpt-2')
  (run / 'model.ckpt-2.index').write_text('')
  assert 'model.ckpt-2.index is damaged' in _error(checkpoints.locate, best)
  # A folder of that very name is a run directory.
  run.rename(best)
  assert checkpoints.locate(best).prefix == best + '/model.ckpt-4'


def test_locate_nothing(tmp_path):
  assert _error(checkpoints.locate, str(tmp_path)).startswith(
    'there is no checkpoint in %s: --checkpoint_path is ' % tmp_path
  )
  path = str(tmp_path / 'model.ckpt-7')
  assert _error(checkpoints.locate, path) == (
    'there is no checkpoint %s (no file %s.index)' % (path, path)
  )


def test_upstream_lacks_the_gradient_sums(tmp_path):
  expected = _values()
  expected['child/w/gradient_sum'] = np.zeros([2, 3], np.float32)
  _assert_equal(_restore(_upstream(tmp_path)), expected)


def test_stand_ins_for_the_zero_debias_helpers(tmp_path):
  helpers = [HELPER + 'biased', HELPER + 'local_step']
  found = _restore(_upstream(tmp_path, helpers))
  assert found[HELPER + 'local_step'] == 1000
  moving = _values()[MOVING]
  # moving = biased / (1 - d^s), the rule by which they are kept.
  np.testing.assert_allclose(
    found[HELPER + 'biased'] / (1 - 0.9**1000), moving, rtol=1e-6
  )
  np.testing.assert_array_equal(found[MOVING], moving)


def test_missing_variable(tmp_path):
  prefix = _upstream(tmp_path, ['child/w/Momentum'])
  assert _error(_restore, prefix).startswith(
    'the checkpoint %s has no variable child/w/Momentum: it is of a network '
    'with other flags; give the --child_* flags' % prefix
  )


def test_a_helper_without_its_moving_average(tmp_path):
  prefix = _upstream(tmp_path, [HELPER + 'biased', MOVING])
  assert 'has no variable child/bn/' in _error(_restore, prefix)


def test_another_shape(tmp_path):
  _save(tmp_path, 1)
  prefix = str(tmp_path / 'model.ckpt-1')
  error = _error(_restore, prefix, dict(SHAPES, **{'child/w': [2, 4]}))
  assert error.startswith(
    'variable child/w is [2, 3] in the checkpoint %s but [2, 4] here: it is '
    'of a network with other flags' % prefix
  )


def test_what_a_checkpoint_has_beyond_the_graph_is_ignored(tmp_path):
  _save(tmp_path, 1)
  found = _restore(tmp_path / 'model.ckpt-1', {'child/w': [2, 3]})
  _assert_equal(found, {'child/w': _values(1)['child/w']})


def _truncated(folder, ending):
  _save(folder, 1)
  path = folder / ('model.ckpt-1.' + ending)
  path.write_bytes(path.read_bytes()[:-40])
  return str(folder / 'model.ckpt-1')


def test_truncated_data(tmp_path):
  prefix = _truncated(tmp_path, 'data-00000-of-00001')
  assert _error(_restore, prefix).startswith(
    'cannot read the checkpoint %s: ' % prefix
  )


def test_truncated_index(tmp_path):
  prefix = _truncated(tmp_path, 'index')
  assert _error(_restore, prefix).startswith(
    'cannot read the checkpoint %s: ' % prefix
  )


def _flip(path):
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 1
  path.write_bytes(bytes(content))


def _newest_good(folder):
  warnings = []
  found = checkpoints.newest_good(str(folder), warnings.append)
  return found and found.prefix, warnings


@pytest.mark.parametrize('ending', ['data-00000-of-00001', 'index'])
def test_a_damaged_checkpoint_is_passed_over_and_named(tmp_path, ending):
  _save(tmp_path, 1, 2)
  _flip(tmp_path / ('model.ckpt-2.' + ending))
  first, second = (str(tmp_path / ('model.ckpt-%d' % i)) for i in (1, 2))
  warning = (
    'warning: the checkpoint %s is passed over, because model.ckpt-2.%s is '
    'damaged; %s is used' % (second, ending, first)
  )
  assert checkpoints.locate(str(tmp_path)).prefix == first
  assert _newest_good(tmp_path) == (first, [warning])
  assert (tmp_path / 'model.ckpt-2.json.damaged').exists()
  assert _newest_good(tmp_path) == (first, [])


def test_a_missing_file_and_a_broken_mark_count_as_damage(tmp_path):
  _save(tmp_path, 1, 2, 3)
  (tmp_path / 'model.ckpt-3.index').unlink()
  (tmp_path / 'model.ckpt-2.json').write_text('{"position": [2')
  found, warnings = _newest_good(tmp_path)
  assert found == str(tmp_path / 'model.ckpt-1')
  assert sorted(warning.split('because ')[1] for warning in warnings) == [
    'model.ckpt-2.json is damaged; %s is used' % found,
    'model.ckpt-3.index is missing; %s is used' % found,
  ]


def test_no_good_checkpoint_is_an_error_that_says_what_to_do(tmp_path):
  _save(tmp_path, 1, 2)
  for path in tmp_path.glob('*.index'):
    _flip(path)
  before = sorted(path.name for path in tmp_path.iterdir())
  with pytest.raises(RunError) as caught:
    _newest_good(tmp_path)
  assert str(caught.value) == (
    'none of the checkpoints in %s is whole (model.ckpt-2.index is damaged; '
    'model.ckpt-1.index is damaged): restore one from a copy, or start over '
    'with --reset_output_dir' % tmp_path
  )
  assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_values_without_marks_are_no_fresh_start(tmp_path):
  _save(tmp_path, 7)
  (tmp_path / 'model.ckpt-7.json').unlink()
  with pytest.raises(RunError, match='they have no marks'):
    _newest_good(tmp_path)


def test_a_run_that_never_saved_starts_afresh(tmp_path):
  assert _newest_good(tmp_path) == (None, [])
  (tmp_path / 'model.ckpt-0.index').write_text('torn')
  assert _newest_good(tmp_path) == (None, [])
