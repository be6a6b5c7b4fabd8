"""The program as a user meets it: its log, its errors, its signals."""

import csv
import os
import pathlib
import re
import shutil
import signal
import time

import pytest

from src.arc import MacroArc, MicroArc
from src.cifar10 import download, main
from src.run import checkpoints, session
from tests import forked, tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
ROOT = pathlib.Path(__file__).resolve().parents[2]
FAST = ['--num_epochs=1']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('main')


@pytest.fixture(scope='module')
def data_path(folder):
  return tiny_runs.write_data(folder / 'data')


@pytest.fixture(scope='module')
def search(folder, data_path):
  """The folder of a finished search."""
  out = folder / 'search'
  assert main.main(_argv(data_path, out)) == 0
  return out


@pytest.fixture
def finished(tmp_path, search):
  """A copy of it that a test may change."""
  shutil.copytree(str(search), str(tmp_path / 'run'))
  return tmp_path / 'run'


def _argv(data_path, out, *more, **kwargs):
  settings = kwargs.get('settings', tiny_runs.SEARCH)
  return tiny_runs.arguments(settings, data_path, out, *more)


def _refused(capsys, argv, code):
  """Runs what must fail with one line; returns that line."""
  capsys.readouterr()
  assert main.main(argv) == code
  shown = capsys.readouterr()
  assert shown.out == ''
  assert shown.err.count('\n') == 1 and shown.err.endswith('\n'), shown.err
  return shown.err[:-1]


# The log.


def _stdout(run):
  return (run / 'stdout').read_text().splitlines()


def _headings(run):
  """What the log says between building a child and its first step.

  Rules are bars here, and what stands between two of them has commas.
  """
  lines = _stdout(run)
  shown = lines[
    lines.index('Build model child') : lines.index('Starting session')
  ]
  assert shown[-1] == '-' * 80
  return ', '.join(shown[:-1]).replace(', %s, ' % ('-' * 80), '|')


def _num_parameters(run, aux=False):
  return sum(
    value.size
    for name, value in tiny_runs.variables(run).items()
    if name.startswith('child/')
    and name.startswith('child/aux_head/') == aux
    and name.rsplit('/', 1)[1] in ('w', 'w_depth', 'w_point', 'offset', 'scale')
  )


def _controller_variables(headings):
  """Splits off what the log says of them; returns (the rest, their names)."""
  rest, *shown = headings.split("<tf.Variable 'controller/")
  return rest, ' '.join(line.split(":0'")[0] for line in shown)


def test_preamble_of_a_search(search, data_path):
  lines = _stdout(search)
  rule = '-' * 80
  assert lines[0] == rule
  flags = lines[1 : lines.index(rule, 1)]
  names = [line.split('.')[0] for line in flags]
  assert names == sorted(vars(tiny_runs.parse(['main.py'])[0]))
  assert all(
    len(line) == 80 or 'path' in line or 'dir' in line for line in flags
  )
  assert 'child_num_branches' + '.' * 61 + '2' in flags
  assert 'controller_sync_replicas' + '.' * 52 + 'True' in flags
  rest = lines[1 + len(flags) : lines.index('Build model child')]
  assert rest[:5] == [
    rule,
    'Reading data',
    'data_batch_1.bin',
    'test_batch.bin',
    'Prepropcess: [subtract mean], [divide std]',
  ]
  assert rest[5].startswith('mean: [') and rest[6].startswith('std: [')
  assert rest[7:] == [rule]
  headings, names = _controller_variables(_headings(search))
  assert headings == (
    'Build model child|Build data ops|Building ConvController|'
    'Build controller sampler|Build train graph, Model has %d params|'
    'Build valid graph|Build test graph|Build valid graph on shuffled data, '
    % _num_parameters(search)
  )
  assert names == (
    'lstm/layer_0/w g_emb emb/w softmax/w attention/w_1 attention/w_2 '
    'attention/v'
  )


def test_preamble_of_a_fixed_network(folder, data_path):
  out = folder / 'fixed_log'
  late = ['--report', '--log_every=9', '--num_epochs=2']
  late += ['--eval_every_epochs=2']
  argv = _argv(data_path, out, *FAST, *late, settings=tiny_runs.FIXED)
  assert main.main(argv) == 0
  # After an epoch that has told nothing there is no report, and no warning.
  assert 'warning' not in _stdout(out) and (out / 'report.html').exists()
  assert _headings(out) == (
    'Build model child|Build data ops|Build train graph, Model has %d params|'
    'Build test graph' % _num_parameters(out)
  )


@pytest.fixture(scope='module')
def cells(folder, data_path):
  """The folder of a finished micro search."""
  argv = _argv(
    data_path, folder / 'cells', *FAST, settings=tiny_runs.MICRO_SEARCH
  )
  assert main.main(argv) == 0
  return folder / 'cells'


def test_preamble_of_a_micro_search(cells):
  headings, names = _controller_variables(_headings(cells))
  # Shapes are written in two ways.
  headings = re.sub(r'Tensor\("[^"]*", shape=\((\?|None), ', '(', headings)
  aux = _num_parameters(cells, True)
  assert aux == 404736
  assert headings == (
    'Build model child|Build data ops|Building ConvController|'
    'Build controller sampler|Build controller sampler|Build train graph, '
    'Layer  0: (16, 16, 8), dtype=float32), '
    'Layer  1: (8, 8, 16), dtype=float32), '
    'Layer  2: (8, 8, 16), dtype=float32), '
    'Using aux_head at layer 2, Aux head uses %d params, Model has %d params|'
    'Build valid graph|Build test graph|Build valid graph on shuffled data, '
    % (aux, _num_parameters(cells))
  )
  assert names == (
    'lstm/layer_0/w g_emb emb/w softmax/w softmax/b attention/w_1 '
    'attention/w_2 attention/v'
  )


def test_log_blocks_of_a_micro_search_have_a_line_per_cell(cells):
  lines = _stdout(cells)
  start = lines.index('Here are 10 architectures') + 1
  table = tiny_runs.table(cells, 'architectures.csv')
  assert len(table) == 10
  for number, row in enumerate(table):
    block = lines[start + 4 * number : start + 4 * number + 4]
    assert MicroArc.parse(' '.join(block[:2]), 2) == MicroArc.parse(row['arc'])
    assert block[2] == 'val_acc={:<6.4f}'.format(float(row['valid_accuracy']))
    assert block[3] == '-' * 80


def test_skip_rate_of_a_micro_search_is_zero(cells):
  rows = tiny_runs.table(cells, 'metrics.csv')
  rates = [row['skip_rate'] for row in rows if row['phase'] == 'controller']
  assert len(rates) == 6
  assert set(map(float, rates)) == {0.0}


def test_lines_of_an_epoch(search):
  lines = _stdout(search)
  lines = lines[lines.index('Starting session') + 1 :]
  kinds = [line.split('=')[0].split(':')[0].split(' ')[0] for line in lines]
  block = ['[', '[', '[', 'val_acc', '-' * 80]
  epoch = ['epoch'] * 4 + ['Epoch'] + ['ctrl_step'] * 6 + ['Here'] + block * 10
  epoch += ['Epoch', 'Eval', 'valid_accuracy', 'Eval', 'test_accuracy']
  assert [kind if kind[0] != '[' else '[' for kind in kinds] == epoch * 2


def test_log_blocks_are_the_architectures_of_the_table(search):
  lines = _stdout(search)
  blocks, block = [], []
  for line in lines[lines.index('Starting session') :]:
    if line.startswith('['):
      block.append(line)
    elif line.startswith('val_acc='):
      blocks.append((str(MacroArc.parse(' '.join(block), 3, 2)), line[8:]))
      block = []
  table = tiny_runs.table(search, 'architectures.csv')
  assert len(table) == 20
  assert blocks == [
    (row['arc'], '%.4f' % float(row['valid_accuracy'])) for row in table
  ]


def test_ctrl_step_without_aggregation_counts_updates(folder, data_path):
  out = folder / 'plain'
  more = ['--nocontroller_sync_replicas', '--controller_num_aggregate=1']
  assert main.main(_argv(data_path, out, *(FAST + more))) == 0
  rows = tiny_runs.table(out, 'metrics.csv')
  steps = [int(row['step']) for row in rows if row['phase'] == 'controller']
  assert steps == [1, 2]
  assert tiny_runs.variables(out)['train_step'] == 2


# Errors: one line, the right code, nothing touched.


@pytest.mark.parametrize(
  ('more', 'line'),
  [
    (['--bach_size=3'], 'Did you mean: batch_size ?'),
    (
      ['--child_num_branches=4', '--nocontroller_training']
      + ['--child_fixed_arc=0 1 1 5 0 1'],
      "token 4 of 6, layer 2, operation: found '5', expected 0 to 3; "
      'this --child_fixed_arc needs --child_num_branches=6',
    ),
    (['--num_valids=0'], '--num_valids=0: a search needs'),
    (['--data_format=NCHW'], '--data_format=NCHW needs a GPU'),
  ],
)
def test_usage_errors(tmp_path, data_path, capsys, monkeypatch, more, line):
  monkeypatch.setattr(session, 'has_gpu', lambda: False)
  argv = _argv(data_path, tmp_path / 'out', *more)
  assert line in _refused(capsys, argv, 2)
  assert list(tmp_path.iterdir()) == []


def test_missing_data_folder(tmp_path, capsys):
  missing = str(tmp_path / 'nowhere')
  line = _refused(capsys, _argv(missing, tmp_path / 'out'), 1)
  assert line.startswith('error: there is no data folder %r' % missing)
  assert '--download' in line
  assert list(tmp_path.iterdir()) == []


def test_truncated_batch(tmp_path, capsys):
  data_path = tiny_runs.write_data(tmp_path / 'data')
  batch = tmp_path / 'data' / 'data_batch_1.bin'
  batch.write_bytes(batch.read_bytes()[:-1])
  before = tiny_runs.snapshot(tmp_path)
  line = _refused(capsys, _argv(data_path, tmp_path / 'out'), 1)
  assert line.startswith('error: %s has %d bytes' % (batch, 48 * 3073 - 1))
  assert tiny_runs.snapshot(tmp_path) == before


@pytest.mark.parametrize('num_valids', [48, 49])
def test_wrong_num_valids(tmp_path, data_path, capsys, num_valids):
  argv = _argv(data_path, tmp_path / 'out', '--num_valids=%d' % num_valids)
  assert '--num_valids=%d: ' % num_valids in _refused(capsys, argv, 1)
  assert list(tmp_path.iterdir()) == []


def test_wrong_num_classes(tmp_path, data_path, capsys):
  argv = _argv(data_path, tmp_path / 'out', '--num_classes=9')
  assert 'record 9 has the label 9' in _refused(capsys, argv, 1)
  assert list(tmp_path.iterdir()) == []


def test_reset_of_a_folder_that_is_not_ours(tmp_path, data_path, capsys):
  (tmp_path / 'thesis.tex').write_text('years of work')
  argv = _argv(data_path, tmp_path, '--reset_output_dir')
  assert _refused(capsys, argv, 2) == (
    'error: --reset_output_dir would delete %s, which is not a run directory '
    '(it has no flags.json): nothing was touched; choose another --output_dir'
    % tmp_path
  )
  assert tiny_runs.snapshot(tmp_path) == {'thesis.tex': b'years of work'}


def test_debug_adds_a_traceback(tmp_path, data_path, capsys):
  argv = _argv(data_path, tmp_path / 'out', '--child_keep_prob=0', '--debug')
  assert main.main(argv) == 2
  assert capsys.readouterr().err.endswith(
    '\nerror: --child_keep_prob=0.0: expected a number in (0, 1]\n'
  )


def test_download_comes_before_reading(
  tmp_path, data_path, capsys, monkeypatch
):
  def _download(path, archive):
    del archive
    shutil.copytree(data_path, path)
    os.remove(os.path.join(path, 'test_batch.bin'))

  monkeypatch.setattr(download, 'download', _download)
  wanted = str(tmp_path / 'wanted')
  argv = _argv(wanted, tmp_path / 'out', '--download')
  assert 'lacks test_batch.bin' in _refused(capsys, argv, 1)
  assert os.listdir(wanted) == ['data_batch_1.bin']


# Starting again.


@pytest.mark.parametrize(
  ('flag', 'old', 'new'),
  [
    ('child_out_filters', '4', '6'),
    ('child_num_branches', '2', '6'),
    ('seed', '0', '1'),
    ('batch_size', '8', '16'),
    ('controller_lr', '0.001', '0.1'),
    ('child_fixed_separable', 'False', 'True'),
  ],
)
def test_changed_flag_on_resume(search, data_path, capsys, flag, old, new):
  before = tiny_runs.snapshot(search)
  argv = _argv(data_path, search, '--%s=%s' % (flag, new))
  assert _refused(capsys, argv, 2) == (
    'error: %s was made with --%s=%s, not %s: give the old value, another '
    '--output_dir, or --reset_output_dir to start over'
    % (search, flag, old, new)
  )
  assert tiny_runs.snapshot(search) == before


def _written(run):
  """What a run wrote, but for the event files that each start adds to."""
  return {
    name: content
    for name, content in tiny_runs.snapshot(run).items()
    if not name.startswith('events')
  }


def test_a_finished_run_does_nothing(finished, data_path, capsys):
  argv = _argv(data_path, finished)
  # The copy lies elsewhere; its first start notes that.
  for _ in range(2):
    before = _written(finished)
    capsys.readouterr()
    assert main.main(argv) == 0
  assert _written(finished) == before
  shown = capsys.readouterr()
  assert shown.out == (
    'Logging to %s/stdout\nGoing on from %s\nThis run is complete: it has its '
    '2 epochs\nValidation was best at %s (--checkpoint_path=%s:best)\n'
    % (
      finished,
      finished / 'model.ckpt-8',
      checkpoints.best(str(finished)).prefix,
      finished,
    )
  )
  assert shown.err == ''


def test_more_epochs_are_a_harmless_change(finished, data_path):
  before = (finished / 'metrics.csv').read_bytes()
  more = ['--num_epochs=3', '--log_every=2']
  assert main.main(_argv(data_path, finished, *more)) == 0
  after = (finished / 'metrics.csv').read_bytes()
  assert after.startswith(before) and after != before
  rows = tiny_runs.table(finished, 'metrics.csv')
  assert [r['step'] for r in rows if r['phase'] == 'test'] == ['4', '8', '12']
  child = [int(r['step']) for r in rows if r['phase'] == 'child']
  assert child == [1, 2, 3, 4, 5, 6, 7, 8, 10, 12]
  assert '"num_epochs": 3' in (finished / 'flags.json').read_text()


def test_reset_starts_over(finished, data_path, capsys):
  (finished / 'left over').write_text('of the old run')
  more = FAST + ['--reset_output_dir', '--seed=5']
  assert main.main(_argv(data_path, finished, *more)) == 0
  assert 'Path %s exists. Remove and remake.\n' % finished in (
    capsys.readouterr().out
  )
  assert not (finished / 'left over').exists()
  assert '"seed": 5' in (finished / 'flags.json').read_text()
  rows = tiny_runs.table(finished, 'metrics.csv')
  assert len(rows) == 4 + 6 + 2


def test_a_search_without_controller_training(folder, data_path, capsys):
  """And on images for rewards and images to rank on."""
  out = folder / 'random'
  more = ['--nocontroller_training', '--child_arcs=random', '--derive_split=6']
  assert main.main(_argv(data_path, out, *FAST, *more)) == 0
  where = '--checkpoint_path=%s' % out
  argv = ['main', '--mode=derive', where, '--derive_from=random']
  assert main.main(argv + ['--derive_samples=5']) == 0
  table = tiny_runs.table(out, 'derived_random.csv')
  assert {row['num_examples'] for row in table} == {'6'}
  argv = ['main', '--mode=eval', where, '--eval_split=derive']
  argv.append('--eval_arcs_file=%s' % (out / 'derived_random.csv'))
  capsys.readouterr()
  assert main.main(argv) == 0
  scored = list(csv.DictReader(capsys.readouterr().out.splitlines()))
  assert [(row['arc'], row['num_correct']) for row in scored] == [
    (row['arc'], row['num_correct']) for row in table
  ]
  argv = _argv(data_path, folder / 'none', '--derive_split=16')
  assert main.main(argv) == 2
  assert 'of 16 validation images one at least' in capsys.readouterr().err
  phases = [row['phase'] for row in tiny_runs.table(out, 'metrics.csv')]
  assert phases == ['child'] * 4 + ['valid', 'test']
  assert (out / 'architectures.csv').read_text() == (
    'epoch,step,arc,valid_accuracy\n'
  )


def test_a_controller_that_never_trains_is_told_of_at_the_start(
  folder, data_path, capsys
):
  every = '--controller_train_every=2'
  argv = _argv(data_path, folder / 'never', *FAST, every)
  flags, _ = tiny_runs.parse(argv)
  tiny_runs.train(flags, lambda position: True)
  assert (
    'warning: no controller trains: with ' + every in capsys.readouterr().out
  )


# Real processes.


def _start(argv, folder):
  """A process, whose streams are written to files named after them."""
  for name in ('out', 'err'):
    (folder / name).write_text('')
  words = ['src.cifar10.main'] + argv[1:]
  return forked.Process(words, folder / 'out', folder / 'err')


def _wait_for(path, process, size):
  """Waits until a file has grown beyond a size."""
  for _ in range(1200):
    if path.exists() and path.stat().st_size > size:
      return
    assert process.poll() is None
    time.sleep(0.05)
  raise AssertionError('nothing was written to %s' % path)


def test_signals_save_and_the_same_command_goes_on(tmp_path, data_path):
  out = tmp_path / 'signals'
  argv = _argv(data_path, out, '--num_epochs=100000', settings=tiny_runs.FIXED)
  size = 200  # more than the header of metrics.csv
  for number, code in [(signal.SIGTERM, 143), (signal.SIGINT, 130)]:
    process = _start(argv, tmp_path)
    _wait_for(out / 'metrics.csv', process, size)
    process.send_signal(number)
    assert process.wait(60) == code
    assert (tmp_path / 'err').read_text() == (
      'stopped by %s and saved in %s; the same command goes on from here\n'
      % (number.name, out)
    )
    size = (out / 'metrics.csv').stat().st_size + 50
  shown = (tmp_path / 'out').read_text().splitlines()
  assert shown[1].startswith('Going on from %s/model.ckpt-' % out)
  steps = [
    int(row['step'])
    for row in tiny_runs.table(out, 'metrics.csv')
    if row['phase'] == 'child'
  ]
  assert len(steps) > 1
  assert steps == list(range(1, len(steps) + 1))
  assert tiny_runs.variables(out)['global_step'] == len(steps)


def test_a_usage_error_of_a_process(tmp_path, data_path):
  process = _start(
    _argv(data_path, tmp_path / 'run', '--bach_size=3'), tmp_path
  )
  assert process.wait(60) == 2
  assert (tmp_path / 'out').read_text() == ''
  assert (tmp_path / 'err').read_text() == (
    "error: Unknown command line flag 'bach_size'. Did you mean: batch_size ?\n"
  )
  assert not (tmp_path / 'run').exists()


# A search that learns.


@pytest.mark.slow
def test_a_search_on_real_images_beats_chance(folder):
  argv = _argv(
    str(ROOT / 'data' / 'cifar10_mini'), folder / 'mini', '--num_valids=400',
    '--batch_size=25', '--eval_every_epochs=2', '--child_out_filters=6',
    '--child_num_layers=1', '--child_keep_prob=1', '--child_l2_reg=0.00025',
    '--child_lr_cosine', '--child_lr_max=0.1', '--child_lr_min=0.0005',
    '--child_lr_T_0=2', '--child_lr_T_mul=2', '--controller_train_steps=8',
    '--controller_lr=0.0035',
  )  # fmt: skip
  assert main.main(argv) == 0
  rows = tiny_runs.table(folder / 'mini', 'metrics.csv')
  rewards, tested = (
    [float(row['accuracy']) for row in rows if row['phase'] == phase]
    for phase in ('controller', 'test')
  )
  assert len(rewards) == 24
  # Ten classes: 0.1 is chance. Means of 600 and 500 guesses are good to 0.015.
  # Seeds 0 and 1: 0.188, 0.185; and 0.2, 0.21.
  assert sum(rewards) / 24 > 0.14 and tested[-1] > 0.15
