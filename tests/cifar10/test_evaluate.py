"""Evaluation mode: exact, and from whatever checkpoint there is."""

import csv
import os
import shutil

import numpy as np
import pytest

from src.cifar10 import config, data_utils, graphs, main
from src.cifar10.task import Cifar10
from src.images import in_memory
from src.run import session as session_lib
from src.tf1 import tf
from tests import tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
ARCS = ['0 1 0 2 1 1', '3 5 1 4 0 0', '4 4 0 4 0 0', '1 2 1 3 1 0']
HELPERS = ('/biased', '/local_step')  # of batch norm, see Checkpoints
HEADER = ['arc', 'split', 'num_correct', 'num_examples', 'accuracy']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('evaluate')


@pytest.fixture(scope='module')
def data_path(folder):
  return tiny_runs.write_data(folder / 'data')


@pytest.fixture(scope='module')
def arcs_file(folder):
  path = folder / 'arcs.txt'
  path.write_text('\n'.join(ARCS[:2] + [''] + ARCS[2:]) + '\n')
  return str(path)


@pytest.fixture(scope='module')
def settings():
  """Those flags of the search that describe its model."""
  return [
    '--search_for=macro',
    '--num_valids=16',
    '--child_num_layers=3',
    '--child_out_filters=4',
    '--child_num_branches=6',
    '--controller_search_whole_channels',
  ]


@pytest.fixture(scope='module')
def search(folder, data_path):
  """The folder of a search over all six operations."""
  out = folder / 'search'
  more = ['--child_num_branches=6', '--num_epochs=5', '--eval_every_epochs=5']
  argv = tiny_runs.arguments(tiny_runs.SEARCH, data_path, out, *more)
  assert main.main(argv) == 0
  return out


@pytest.fixture(scope='module')
def expected(search, data_path):
  """Right answers on the test set for each of ARCS, by other means."""
  flags, _ = tiny_runs.parse(
    tiny_runs.arguments(
      tiny_runs.SEARCH, data_path, search, '--child_num_branches=6'
    )
  )
  data = data_utils.read_data(data_path, 16, log=lambda line: None)
  with tf.Graph().as_default(), tf.Session() as session:
    graph = graphs.build(
      Cifar10().child(flags),
      graphs.Images(data.mean, data.std),
      99,  # a graph of its own
      controller=Cifar10().controller(flags),
    )
    tf.train.Saver(tf.trainable_variables() + _moving()).restore(
      session, tiny_runs.checkpoints.find(str(search))[-1].prefix
    )
    correct = []
    for text in ARCS:
      tokens = np.array(text.split(), np.int32)
      guesses = [
        session.run(
          graph.infer.logits,
          {graph.infer.images: [image], graph.arc: tokens},
        ).argmax()
        for image in data.images['test']
      ]
      correct.append(int((guesses == data.labels['test']).sum()))
  return correct


def _moving():
  """What inference needs beside the trained variables."""
  names = ('moving_mean', 'moving_variance')
  return [v for v in tf.global_variables() if v.op.name.endswith(names)]


def _argv(*words):
  return ['main.py', '--mode=eval'] + list(words)


def _evaluate(out, *words):
  """Runs the mode; returns the rows of its CSV."""
  assert main.main(_argv('--eval_output=%s' % out, *words)) == 0
  with open(str(out)) as file:
    rows = list(csv.reader(file))
  assert rows[0] == HEADER
  return rows[1:]


def _refused(capsys, code, *words):
  """Runs what must fail with one line; returns that line."""
  capsys.readouterr()
  assert main.main(_argv(*words)) == code
  shown = capsys.readouterr()
  assert shown.out == ''
  assert shown.err.count('\n') == 1 and shown.err.endswith('\n'), shown.err
  return shown.err[:-1]


def _rows(correct, split='test', total=130):
  return [
    [arc, split, str(count), str(total), repr(count / total)]
    for arc, count in zip(ARCS, correct)
  ]


@pytest.fixture
def bare(tmp_path, search):
  """A copy of the last checkpoint alone; its prefix."""
  prefix = tiny_runs.checkpoints.find(str(search))[-1].prefix
  (tmp_path / 'bare').mkdir()
  for ending in ('.index', '.data-00000-of-00001'):
    shutil.copy(prefix + ending, str(tmp_path / 'bare'))
  return str(tmp_path / 'bare' / os.path.basename(prefix))


def test_folder_is_enough(tmp_path, search, arcs_file, expected):
  rows = _evaluate(
    tmp_path / 'out.csv',
    '--checkpoint_path=%s' % search,
    '--eval_split=test',
    '--eval_arcs_file=' + arcs_file,
  )
  assert rows == _rows(expected)
  # With all counts equal the test would show little.
  assert len(set(expected)) > 1
  assert os.listdir(str(tmp_path)) == ['out.csv']


def test_a_prefix_is_enough_and_batch_size_does_not_matter(
  tmp_path, search, arcs_file, expected, monkeypatch
):
  prefix = tiny_runs.checkpoints.find(str(search))[-1].prefix
  monkeypatch.setattr(in_memory, 'EVAL_BATCH_SIZE', 7)
  rows = _evaluate(
    tmp_path / 'out.csv',
    '--checkpoint_path=' + prefix,
    '--batch_size=3',
    '--eval_split=test',
    '--eval_arcs_file=' + arcs_file,
  )
  assert rows == _rows(expected)


def test_an_earlier_checkpoint_is_another_result(tmp_path, search, arcs_file):
  found = tiny_runs.checkpoints.find(str(search))[-3:]
  assert len(found) == 3
  tables = [
    _evaluate(
      tmp_path / 'out.csv',
      '--checkpoint_path=' + checkpoint.prefix,
      '--eval_arcs_file=' + arcs_file,
    )
    for checkpoint in found[1:]
  ]
  # The controller, not the child, moved between the two.
  assert tables[0] == tables[1]
  assert [row[:2] + row[3:4] for row in tables[0]] == [
    [arc, 'valid', '16'] for arc in ARCS
  ]


def test_model_flags_without_flags_json(
  tmp_path, bare, data_path, settings, arcs_file, expected
):
  rows = _evaluate(
    tmp_path / 'out.csv',
    '--checkpoint_path=' + bare,
    '--data_path=' + data_path,
    '--eval_split=test',
    '--eval_arcs_file=' + arcs_file,
    *settings,
  )
  assert rows == _rows(expected)


def test_a_checkpoint_of_upstream(
  tmp_path, search, data_path, settings, arcs_file, expected
):
  """Global variables by `tf.train.Saver`, no state and no flags beside it."""
  argv = tiny_runs.arguments(
    tiny_runs.SEARCH, data_path, search, '--child_num_branches=6'
  )
  flags, _ = tiny_runs.parse(argv)
  data = data_utils.read_data(data_path, 16, log=lambda line: None)
  values = tiny_runs.variables(search)
  folders = [tmp_path / 'with helpers', tmp_path / 'without']
  with tf.Graph().as_default(), tf.Session() as session:
    graphs.build(
      Cifar10().child(flags),
      graphs.Images(data.mean, data.std),
      99,  # a graph of its own
      config.child_training(flags, 4),
      Cifar10().controller(flags),
      config.controller_training(flags),
    )
    session_lib.load(session, values)
    everything = tf.global_variables()
    fewer = [v for v in everything if not v.op.name.endswith(HELPERS)]
    assert len(fewer) < len(everything)
    for folder, saved in zip(folders, (everything, fewer)):
      folder.mkdir()
      saver = tf.train.Saver(saved)
      saver.save(session, str(folder / 'model.ckpt'), 20)
  for folder in folders:
    assert not list(folder.glob('*.json'))
    rows = _evaluate(
      tmp_path / 'out.csv',
      '--checkpoint_path=%s' % folder,
      '--data_path=' + data_path,
      '--eval_split=test',
      '--eval_arcs_file=' + arcs_file,
      *settings,
    )
    assert rows == _rows(expected)


def test_without_an_output_file_the_table_is_shown(
  search, arcs_file, expected, capsys
):
  argv = _argv(
    '--checkpoint_path=%s' % search,
    '--eval_split=test',
    '--eval_arcs_file=' + arcs_file,
  )
  capsys.readouterr()
  assert main.main(argv) == 0
  shown = capsys.readouterr()
  assert list(csv.reader(shown.out.splitlines())) == [HEADER] + _rows(expected)
  assert shown.err == ''


def test_an_evaluation_changes_nothing_of_the_run(tmp_path, search, arcs_file):
  before = tiny_runs.snapshot(search)
  _evaluate(
    tmp_path / 'out.csv',
    '--checkpoint_path=%s' % search,
    '--eval_arcs_file=' + arcs_file,
  )
  assert tiny_runs.snapshot(search) == before


def test_fixed_network(tmp_path, data_path, capsys):
  run = tmp_path / 'run'
  more = ['--num_epochs=1']
  argv = tiny_runs.arguments(tiny_runs.FIXED, data_path, run, *more)
  assert main.main(argv) == 0
  (row,) = _evaluate(
    tmp_path / 'out.csv', '--checkpoint_path=%s' % run, '--eval_split=test'
  )
  assert row[:2] + row[3:4] == [tiny_runs.FIXED_ARC, 'test', '130']
  # The same number as the run's own evaluation found.
  logged = tiny_runs.table(run, 'metrics.csv')[-1]
  assert (logged['phase'], logged['accuracy']) == ('test', row[4])
  assert int(row[2]) / 130 == float(row[4])

  where = '--checkpoint_path=%s' % run
  assert _refused(capsys, 2, where) == (
    'error: --eval_split=valid: a fixed network is trained on all images but '
    'those of the test set: use --eval_split=test'
  )
  assert _refused(
    capsys, 2, where, '--eval_split=test', '--eval_arcs_file=any'
  ) == (
    'error: --eval_arcs_file is for search models, which need it; a fixed '
    'network has its one architecture'
  )


# What can be wrong.


def test_checkpoint_path_is_needed(capsys):
  assert _refused(capsys, 2) == (
    'error: --checkpoint_path is needed: a checkpoint or a run directory'
  )


def test_no_checkpoint(tmp_path, capsys):
  assert _refused(capsys, 1, '--checkpoint_path=%s' % tmp_path).startswith(
    'error: there is no checkpoint in %s: --checkpoint_path is ' % tmp_path
  )
  path = str(tmp_path / 'model.ckpt-3')
  assert _refused(capsys, 1, '--checkpoint_path=' + path) == (
    'error: there is no checkpoint %s (no file %s.index)' % (path, path)
  )


def test_a_search_needs_architectures(search, capsys):
  assert _refused(capsys, 2, '--checkpoint_path=%s' % search) == (
    'error: --eval_arcs_file is for search models, which need it; a fixed '
    'network has its one architecture'
  )


@pytest.mark.parametrize(
  ('flag', 'reason'),
  [
    ('--child_out_filters=6', 'but'),
    ('--child_branch_binding=last', None),
    ('--num_classes=12', 'but'),
    ('--child_num_branches=4', 'but'),
  ],
)
def test_other_model_flags(tmp_path, search, capsys, flag, reason):
  arcs = tmp_path / 'arcs.txt'
  arcs.write_text('0 1 0 2 1 1\n')
  words = [
    '--checkpoint_path=%s' % search,
    '--eval_arcs_file=%s' % arcs,
    '--eval_output=%s' % (tmp_path / 'out.csv'),
    flag,
  ]
  if reason is None:  # the same variables, used otherwise
    assert main.main(_argv(*words)) == 0
    return
  line = _refused(capsys, 1, *words)
  assert line.startswith('error: variable ')
  assert ' here: it is of a network with other flags; give the --ch' in line
  assert not (tmp_path / 'out.csv').exists()


def test_more_layers_than_the_checkpoint_has(tmp_path, search, capsys):
  arcs = tmp_path / 'arcs.txt'
  arcs.write_text('0 1 0 2 1 1 0 0 0 0\n')
  line = _refused(
    capsys,
    1,
    '--checkpoint_path=%s' % search,
    '--eval_arcs_file=%s' % arcs,
    '--child_num_layers=4',
  )
  assert ' has no variable child/layer_3/' in line


def test_damaged_checkpoint(
  tmp_path, bare, data_path, settings, arcs_file, capsys
):
  path = bare + '.data-00000-of-00001'
  with open(path, 'r+b') as file:
    file.truncate(os.path.getsize(path) // 2)
  line = _refused(
    capsys,
    1,
    '--checkpoint_path=' + bare,
    '--data_path=' + data_path,
    '--eval_arcs_file=' + arcs_file,
    *settings,
  )
  assert line.startswith('error: cannot read the checkpoint %s: ' % bare)


@pytest.mark.parametrize(
  ('content', 'message'),
  [
    (
      '0 1 0 2 1 1\n\n0 1 0 6 1 1\n',
      " line 3: token 4 of 6, layer 2, operation: found '6', expected 0 to 5",
    ),
    (
      '0 1 0\n',
      ' line 1: an architecture of 3 layers has 6 tokens, found 3, which would '
      'be 2 layers',
    ),
  ],
)
def test_a_bad_line_is_named(tmp_path, search, capsys, content, message):
  arcs = tmp_path / 'arcs.txt'
  arcs.write_text(content)
  line = _refused(
    capsys,
    2,
    '--checkpoint_path=%s' % search,
    '--eval_arcs_file=%s' % arcs,
  )
  assert line == 'error: %s%s' % (arcs, message)
