"""The experiment scripts: their settings, and the quickstart."""

import csv
import importlib.util
import json
import os
import shutil
import subprocess
import sys

import pytest

from src.AEROBI import flags as aerobi_flags
from src.AEROBI.synthetic import command_line as synthetic
from src.AEROBI.task import Aerobi
from src.arc import PnasArc
from src.cifar10 import config
from src.cifar10 import flags as flag_table
from src.cifar10.task import Cifar10
from src.pnas import compare, search_flags, train
from src.pnas.task import settle, space_of
from src.ptb import flags as ptb_flags
from src.ptb.task import Ptb
from src.recurrent import train_regular
from src.recurrent.analysis import random_vs_trained
from src.recurrent.lines import Lines
from src.recurrent.study import command
from src.recurrent.task import Recurrent
from src.robustness import run_sweep
from src.run import flags as flags_lib
from src.run import program, session
from tests import forked
from tests.AEROBI import tiny_runs as tiny_aerobi
from tests.cifar10 import whole_graphs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

# What melodyguan/enas's scripts set of a run.
IMAGES = {
  'data_path': 'data/cifar10',
  'output_dir': 'outputs',
  'num_epochs': 310,
  'log_every': 50,
  'eval_every_epochs': 1,
  'controller_train_every': 1,
  'controller_num_aggregate': 20,
  'controller_train_steps': 50,
  'data_format': 'auto',
}
CELLS = dict(IMAGES, controller_num_aggregate=10)
CODEBRIM = dict(
  IMAGES, data_path='data/codebrim', batch_size=16, controller_train_steps=40
)


@pytest.fixture
def project(tmp_path):
  """A copy of the scripts whose set-up does nothing."""
  shutil.copytree(os.path.join(ROOT, 'scripts'), str(tmp_path / 'scripts'))
  for name in ('src', 'data'):
    os.symlink(os.path.join(ROOT, name), str(tmp_path / name))
  (tmp_path / 'scripts' / 'bootstrap.sh').write_text('#!/bin/sh\nexit 0\n')
  return tmp_path


def _run(project, script, *words, **environment):
  return subprocess.run(
    [str(project / 'scripts' / script)] + list(words),
    cwd='/',
    env=dict(os.environ, **environment),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )


def _write_python(project, body):
  """Makes a shell script Python."""
  python = project / 'fake' / 'bin' / 'python'
  python.parent.mkdir(parents=True, exist_ok=True)
  python.write_text('#!/bin/sh\n%s\n' % body)
  python.chmod(0o755)


def _argv(project, script, *words, **environment):
  """The words that a script hands to Python."""
  _write_python(project, 'printf "%s\\n" "$@"')
  done = _run(project, script, *words, ENAS_VENV='fake', **environment)
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()


def _flags(project, script, *words, table=flag_table, **environment):
  """The flags that a script hands to the program."""
  argv = _argv(project, script, *words, **environment)
  package = table.__name__.replace('.flags', '')
  assert argv[:2] == ['-m', package + '.main']
  return flags_lib.parse(table.GROUPS, argv[1:], table.WITHOUT_EFFECT)[0]


def _parts(task, flags, num_batches):
  """What a graph is built of."""
  task.check(flags)
  return {
    'child': task.child(flags),
    'training': config.child_training(flags, num_batches),
    'controller': task.controller(flags),
    'reinforcement': config.controller_training(flags),
  }


def _holds(flags, settings):
  assert {name: getattr(flags, name) for name in settings} == settings


@pytest.mark.parametrize(
  ('script', 'settings', 'num_batches'),
  [
    ('cifar10_macro_search.sh', dict(IMAGES, batch_size=128), 352),
    ('cifar10_macro_final.sh', dict(IMAGES, batch_size=100), 500),
    (
      'cifar10_micro_search.sh',
      dict(CELLS, batch_size=160, num_epochs=150, controller_train_steps=30),
      282,
    ),
    (
      'cifar10_micro_final.sh',
      dict(CELLS, batch_size=144, num_epochs=630),
      348,
    ),
  ],
)
def test_settings_are_upstreams(
  project, monkeypatch, script, settings, num_batches
):
  """And the graph is that of which test_graphs compares each variable."""
  monkeypatch.setattr(session, 'has_gpu', lambda: False)
  flags = _flags(project, script)
  _holds(flags, settings)
  assert _parts(Cifar10(), flags, num_batches) == whole_graphs.SCRIPTS[script]


@pytest.mark.parametrize(
  ('script', 'settings', 'more'),
  [
    ('AEROBI_macro_search.sh', CODEBRIM, []),
    (
      'AEROBI_macro_final.sh',
      dict(CODEBRIM, output_dir='outputs_2', num_epochs=150),
      ['--num_epochs=150', '--nocontroller_training']
      + ['--child_fixed_arc=' + tiny_aerobi.SHIPPED],
    ),
  ],
)
def test_settings_are_those_of_the_fork(project, script, settings, more):
  flags = _flags(project, script, table=aerobi_flags)
  _holds(flags, dict(settings, child_img_size=224))
  expected = tiny_aerobi.parse(tiny_aerobi.SCRIPT + more)
  assert _parts(Aerobi(), flags, 10) == _parts(Aerobi(), expected, 10)


def test_flags_and_data_path_override_settings(project):
  flags = _flags(
    project,
    'cifar10_macro_search.sh',
    '--num_epochs=3',
    '--nocontroller_training',
    DATA_PATH='/somewhere',
  )
  assert flags.num_epochs == 3
  assert flags.controller_training is False
  assert flags.data_path == '/somewhere'


def test_words_of_an_experiment_stay_before_flags(project):
  script, driver = 'robustness.sh', ['-m', 'src.robustness.driver']
  words = ['poisoning', 'P1_006', '3']
  assert _argv(project, script) == driver
  assert _argv(project, script, *words, '--list', DATA_PATH='a b') == (
    driver + words + ['--data_path=a b', '--list']
  )


def test_missing_data_is_one_line_that_says_how_to_get_it(project):
  done = _run(
    project,
    'cifar10_macro_search.sh',
    ENAS_VENV=sys.prefix,
    DATA_PATH='nowhere',
  )
  assert done.returncode == 1
  lines = done.stderr.strip().splitlines()
  assert len(lines) == 1
  assert 'nowhere' in lines[0]
  assert '--download' in lines[0]
  assert not (project / 'outputs').exists()


def _demo(project, script, out, *words):
  """What a demo prints; it is run to its end, with processes that are forked.

  Returns:
    (str, its row of the best architecture).
  """
  if not (project / 'fake').exists():
    forked.write_python(project / 'fake' / 'bin' / 'python')
  done = _run(project, script, '--num_epochs=1', *words, ENAS_VENV='fake')
  assert done.returncode == 0, done.stderr
  with open(str(out / 'search' / 'derived.csv')) as file:
    rows = list(csv.DictReader(file))
  assert 'architecture   %s\n' % rows[0]['arc'] in done.stdout
  with open(str(out / 'final' / 'flags.json')) as file:
    assert json.load(file)['child_fixed_arc'] == rows[0]['arc']
  assert (out / 'search.mp4').stat().st_size > 10000
  assert (out / 'best.png').read_bytes()[:4] == b'\x89PNG'
  return done.stdout, rows


@pytest.mark.slow
def test_quickstart_searches_draws_and_retrains(project):
  out = project / 'outputs' / 'quickstart'
  tiny = ['--child_out_filters=2', '--batch_size=200', '--child_num_layers=2']
  tiny += ['--controller_train_steps=1', '--controller_num_aggregate=1']
  shown, rows = _demo(project, 'quickstart.sh', out, *tiny)
  assert sum(int(row['times_sampled']) for row in rows) == 100
  assert {row['num_examples'] for row in rows} == {'300'}
  assert 'images that its rewards never saw:\n            samples' in shown
  assert ' with these shared weights.\n' in shown
  assert '<svg' in (out / 'search' / 'report.html').read_text(encoding='utf-8')
  assert 'on 500 images (guessing gives 0.1)' in shown
  assert (out / 'final' / 'model.ckpt-10.index').exists()
  again, _ = _demo(project, 'quickstart.sh', out, *tiny)
  assert again.splitlines()[-11:] == shown.splitlines()[-11:]


@pytest.mark.slow
def test_a_study_compares_search_and_chance_and_goes_on(project):
  out = project / 'outputs' / 'study_macro'
  forked.write_python(project / 'fake' / 'bin' / 'python')
  words = ['--seeds=3', '--top=1', '--sample=1', '--headroom=2', '--']
  words += ['--num_epochs=1']
  words += ['--child_out_filters=2', '--batch_size=200']
  words += ['--controller_train_steps=1']
  words += ['--derive_samples=9', '--eval_every_epochs=1']
  done = _run(project, 'study.sh', *words, ENAS_VENV='fake')
  assert done.returncode == 0, done.stderr
  with open(str(out / 'seed_3' / 'random' / 'derived_matched.csv')) as file:
    rows = list(csv.DictReader(file))
  assert sum(int(row['times_sampled']) for row in rows) == 9
  assert {row['num_examples'] for row in rows} == {'400'}
  with open(str(out / 'seed_3' / 'random' / 'flags.json')) as file:
    assert json.load(file)['child_arcs'] == 'random'
  with open(str(out / 'retrained' / 'scores.csv')) as file:
    rows = list(csv.DictReader(file))
  assert {row['seed'] for row in rows} == {'0', '1'}
  assert len({row['arc'] for row in rows}) in (4, 5, 6)
  with open(str(out / 'headroom' / 'scores.csv')) as file:
    assert len({row['arc'] for row in csv.DictReader(file)}) == 2
  assert '<svg' in (out / 'study.html').read_text(encoding='utf-8')
  before = (out / 'seed_3' / 'printed.txt').read_text()
  again = _run(project, 'study.sh', *words, ENAS_VENV='fake')
  assert again.returncode == 0 and again.stdout == done.stdout
  added = (out / 'seed_3' / 'printed.txt').read_text()[len(before) :]
  assert 'ch_step=' not in added and 'distinct' not in added


# An architecture of each task's study, as those that are retrained.
OF_STUDIES = {
  'macro': '0 1 1 2 1 1 3 0 1 1',
  'micro': ' '.join(3 * 2 * ['0 0 1 1']),
  'AEROBI': '0 1 1 2 1 1',
  'ptb': '0 1 0 0 2 0 0 0 2 1',
}


@pytest.mark.parametrize(
  ('task', 'table', 'made'),
  [
    ('macro', flag_table, Cifar10),
    ('micro', flag_table, Cifar10),
    ('AEROBI', aerobi_flags, Aerobi),
    ('ptb', ptb_flags, Ptb),
  ],
)
def test_settings_of_a_study(project, task, table, made):
  """All programs of it are started with flags that make sense."""
  _write_python(
    project,
    'case $* in\n  *--skip_rate*) echo 0.5 ;;\n'
    '  *) printf "<%s>" "$@" && echo ;;\nesac',
  )
  words = ['--task=' + task, '--trainings=1']
  done = _run(project, 'study.sh', *words, ENAS_VENV='fake')
  assert done.returncode == 0, done.stderr
  out = project / 'outputs' / ('study_' + task)
  modes = []
  for name in (
    'seed_1/printed.txt', 'seed_2/printed.txt', 'printed_headroom.txt',
    'printed_retrained.txt',
  ):  # fmt: skip
    for line in (out / name).read_text().splitlines():
      argv = line[1:-1].split('><')
      assert argv[1].endswith('.main')
      flags, _ = flags_lib.parse(table.GROUPS, argv[1:], table.WITHOUT_EFFECT)
      if flags.mode == 'retrain':
        flags.child_fixed_arc = OF_STUDIES[task]
      if flags.mode in ('train', 'retrain'):  # others take a run's flags over
        made().check(flags)
      modes.append(flags.mode)
      if flags.mode == 'retrain':  # headroom has two, whatever is given
        assert flags.retrain_seeds == 1 + (name == 'printed_headroom.txt')
  per_seed = ['train', 'train', 'derive', 'derive', 'eval']
  per_seed += ['derive'] * (task in ('macro', 'AEROBI'))
  assert modes == 2 * per_seed + 2 * ['retrain']


@pytest.mark.parametrize(
  ('word', 'part'),
  [
    ('--task=nas', 'expected macro, micro, AEROBI or ptb'),
    ('--seeds=1 x', 'x is no number'),
    ('--jobs=two', 'two is no number above 0'),
    ('--top=0', '0 is no number above 0'),
    ('--sample=-1', '-1 is no number'),
    ('--headroom=1', '1 is neither 0 nor at least 2'),
    ('--steps=draw', 'there is no step draw'),
    ('--seed=1', 'unknown argument --seed=1'),
  ],
)
def test_what_a_study_does_not_know(project, word, part):
  done = _run(project, 'study.sh', word)
  assert done.returncode == 2 and part in done.stderr.splitlines()[0]
  assert not (project / 'outputs').exists()


def _makes_sense(flags):
  """Whether a search can be made of flags."""
  settled = search_flags.child(flags)
  settle(settled)
  train._check(flags, settled, space_of(settled))
  return flags


def test_settings_of_a_progressive_search(project):
  words = ['--preset=paper', '--output_dir=o']
  argv = _argv(project, 'pnas_search.sh', *words, DATA_PATH='a b')
  assert argv == ['-m', 'src.pnas.train', '--data_path=a b'] + words
  flags = _makes_sense(search_flags.parse(argv[1:]))
  assert (flags.data_path, flags.B, flags.K) == ('a b', 5, 256)


def test_settings_of_the_demo_of_progressive_search(project, monkeypatch):
  """Its best cell is that of the search with the highest reward."""
  _write_python(project, 'printf "<%s>" "$@" && echo')
  names = '3x3 dconv', '3x3 maxpool'
  cell = PnasArc.parse('-1 0 -1 1 0 1 -1 0', operations=names)
  for seed, rows in enumerate(('0.3\n0.5', '0.08\n0.7', '7e-2\n0.6')):
    folder = project / 'outputs' / 'pnas_demo' / ('pnas_%d' % seed)
    folder.mkdir(parents=True)
    (folder / 'train_history.csv').write_text(rows.replace('\n', ',x\n') + ',x')
    (folder / 'best_cell.json').write_text(cell.to_json())
  done = _run(project, 'pnas_demo.sh', ENAS_VENV='fake')
  assert done.returncode == 0, done.stderr
  argvs = [line[1:-1].split('><') for line in done.stdout.splitlines()[:3]]
  best = 'outputs/pnas_demo/pnas_1/best_cell.json'
  assert argvs[1][-1] == best
  assert [argv[1] for argv in argvs] == [
    'src.pnas.compare', 'src.arc', 'src.pnas.train'
  ]  # fmt: skip

  found = []
  monkeypatch.chdir(str(project))
  monkeypatch.setattr(compare, 'compared', lambda *words: found.append(words))
  assert compare.main(argvs[0][1:]) == 0
  flags, arms = found[0]
  vars(flags).update(compare.OF_ONE)
  _makes_sense(flags)
  assert arms == ['pnas', 'random'] and flags.operators == ','.join(names)
  monkeypatch.setattr(
    program, 'training', lambda task, flags, engine: found.append((task, flags))
  )
  assert train.main(argvs[2][1:]) == 0
  task, flags = found[1]
  task.check(flags)
  assert task.child(flags).fixed_arc == cell


@pytest.mark.parametrize(
  ('script', 'words', 'mode'),
  [
    ('recurrent_search.sh', ['--shared_hid=9', '--shared_embed=9'], 'train'),
    ('recurrent_scratch.sh', ['--child_fixed_arc=0 0 1'], 'single'),
    ('recurrent_scratch.sh', ['--load_path', 'run'], 'train_scratch'),
  ],
)
def test_settings_of_recurrent_searches(project, script, words, mode):
  argv = _argv(project, script, *words, DATASET='wikitext_mini')
  assert argv[:2] == ['-m', 'src.recurrent.train_regular']
  flags, given = train_regular.parse(argv[1:])
  assert flags.mode == mode
  if mode == 'train_scratch':  # it takes its run's flags over
    assert given == {'mode', 'load_path', 'shared_max_step'}
    assert flags.shared_max_step == 0
    return
  assert flags.dataset == 'wikitext_mini' and flags.train_type == 'orig'
  assert (flags.shared_optim, flags.shared_lr) == ('sgd', 20.0)
  flags.num_blocks = 2 if mode == 'single' else 12
  Recurrent().check(flags)
  assert flags.controller_training is (mode == 'train')


def test_settings_of_the_demo_of_recurrent_searches(project):
  """Each program of it is started with flags that it knows."""
  _write_python(project, 'printf "<%s>" "$@" && echo')
  search = project / 'outputs' / 'recurrent_demo' / 'search'
  (search / 'scratch').mkdir(parents=True)
  (search / 'derive.csv').write_text('rank,arc\n1,0 0 1\n')
  with open(str(search / 'scratch' / 'metrics.csv'), 'w') as file:
    rows = csv.DictWriter(file, Lines.METRICS)
    rows.writeheader()
    for phase, perplexity in (
      ('valid', 'inf'), ('valid', 88.5), ('valid', 9.5), ('child', 3.5),
      ('valid', 10.5),
    ):  # fmt: skip
      rows.writerow({'phase': phase, 'loss': 2.5, 'perplexity': perplexity})
  done = _run(project, 'recurrent_demo.sh', ENAS_VENV='fake')
  assert done.returncode == 0, done.stderr
  lines = [line for line in done.stdout.splitlines() if line[0:3] == '<-m']
  argvs = [line[1:-1].split('><')[1:] for line in lines]
  modes = []
  for argv in argvs:
    if argv[0] == 'src.recurrent.train_regular':
      flags, _ = train_regular.parse(argv)
      modes.append(flags.mode)
      if flags.mode == 'train':
        Recurrent().check(flags)
    else:
      assert importlib.util.find_spec(argv[0]), argv
  assert modes == ['train', 'derive', 'train_scratch']
  assert 'validation perplexity 9.50\n' in done.stdout


def test_a_study_of_poisoned_spaces(project, tmp_path):
  """What it hands to the sweep makes sense; of CIFAR it takes the first."""
  given = tmp_path / 'cifar'
  given.mkdir()
  for name in ('data_batch_1.bin', 'test_batch.bin'):
    (given / name).write_bytes(bytes(bytearray(range(200))) * 100)
  words = ['--data_path=%s' % given, '--images=3', '--tests=2', '--seeds=4,5']
  argv = _argv(project, 'robustness_study.sh', *words, '--', '--num_epochs=2')
  out = 'outputs/robustness_study'
  end = argv.index('src.robustness.analysis')
  assert argv[end:] == ['src.robustness.analysis', out + '/results', '-o', out]
  assert argv[:2] == ['-m', 'src.robustness.run_sweep']
  flags = flags_lib.parse(run_sweep.GROUPS, argv[1 : end - 1], ())[0]
  assert (flags.seeds, flags.jobs, flags.num_epochs) == ('4,5', 2, 2)
  named = [word.split('/')[-1] for word in flags.only.split(',')]
  assert named[:2] == ['space_0', 'P6P3_002_100'] and len(named) == 6
  for name, count in (('data_batch_1.bin', 3), ('test_batch.bin', 2)):
    cut = (project / flags.data_path / name).read_bytes()
    assert cut == (given / name).read_bytes()[: 3073 * count]
  done = _run(project, 'robustness_study.sh', '--images=x')
  assert done.returncode == 2 and 'x is no number' in done.stderr


def test_a_study_of_open_questions(project, tmp_path):
  """What each program of it is given makes sense, in the order of the steps."""
  log = tmp_path / 'argvs'
  _write_python(project, 'printf \'<%%s>\' "$@" >> %s; echo >> %s' % (log, log))
  words = ['--seeds=4 5', '--archs=7', '--scratch=3', '--jobs=1']
  done = _run(
    project, 'menas_study.sh', *(words + ['--', '--num_blocks=4']),
    ENAS_VENV='fake',
  )  # fmt: skip
  assert done.returncode == 0, done.stderr
  argvs = [line[1:-1].split('><') for line in log.read_text().splitlines()]
  searches, names = [], []
  for argv in argvs:
    assert argv[0] == '-m'
    name = argv[1].rpartition('.')[2]
    names.append(name)
    if name == 'train_regular':
      flags, _ = train_regular.parse(argv[1:])
      names[-1] = flags.mode
      if flags.mode == 'train':
        Recurrent().check(flags)
        searches.append((flags.extra_gradient, flags.random_seed))
        assert flags.num_blocks == 4 and flags.lookahead_diagnostic_every
    elif name == 'random_vs_trained':
      runs, rest = random_vs_trained.taken(argv[1:], ('load_path',))
      flags, _ = command.parse(random_vs_trained.STUDY, rest)
      assert flags.num_archs == (3 if flags.train == 'scratch' else 7)
      assert flags.uniform == (flags.train == 'shared') and len(runs) in (1, 2)
    elif name in ('crossed', 'capacity'):
      command.parse(importlib.import_module(argv[1]).STUDY, argv[1:])
  modes = ('none', 'extrapolate', 'full')
  assert searches == [(mode, seed) for seed in (4, 5) for mode in modes]
  order = ['train'] * 6 + ['derive', 'derive', 'train_scratch'] * 6
  order += ['extra_gradient'] + ['random_vs_trained'] * 4
  assert names == order + ['crossed'] * 2 + ['capacity'] * 4 + ['menas_summary']
  for words, told in (
    ('--seeds=4', 'two seeds at least'),
    ('--jobs=0', 'no number above 0'),
    ('--seed=4', 'unknown argument'),
  ):
    done = _run(project, 'menas_study.sh', words)
    assert done.returncode == 2 and told in done.stderr
  _write_python(project, 'echo "error: no luck"; exit 1')
  (project / 'outputs').rename(tmp_path / 'old')
  done = _run(project, 'menas_study.sh', ENAS_VENV='fake')
  assert done.returncode == 1 and 'error: no luck' in done.stderr


@pytest.mark.slow
def test_aerobi_demo_searches_draws_and_retrains(project):
  # Data as small as the tests can have it; they are not drawn again.
  out = project / 'outputs' / 'AEROBI_demo'
  assert synthetic.main(['--preset=tiny', '--out=%s' % (out / 'data')]) == 0
  tiny = ['--child_out_filters=2', '--child_img_size=16']
  tiny += ['--controller_train_steps=2', '--derive_split=3']
  shown, rows = _demo(project, 'AEROBI_demo.sh', out, *tiny)
  assert {row['num_examples'] for row in rows} == {'3'}
  assert 'what it measured is of synthetic pictures' in shown
  assert "--child_fixed_arc='%s' --child_num_layers=3" % rows[0]['arc'] in shown
  assert (out / 'scores' / 'confusion.png').exists()
  assert len(list((out / 'seen').iterdir())) == 1
