"""The settings of scripts/ptb_*.sh, against those of enas_lm."""

import os
import shutil
import subprocess

import pytest

from src.ptb import config
from src.ptb import flags as flag_table
from src.ptb.task import Ptb
from src.run import flags as flags_lib
from tests import flag_tables
from tests.ptb import texts

NEEDED = '--search_for=enas --data_path=data/ptb --output_dir=outputs '
FINAL = (
  NEEDED + '--child_fixed_arc="0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2" '
  '--nocontroller_training --batch_size=64 --child_rhn_depth=9 '
  '--child_grad_bound=0.25 --child_rnn_slowness_reg=0 --child_optim_algo=asgd '
)
# What differs from the defaults, which are those of a search.
GPU = (
  FINAL + '--num_epochs=3000 --child_lstm_hidden_size=800 '
  '--child_lstm_e_keep=0.875 --child_lstm_i_keep=0.825 '
  '--child_lstm_x_keep=0.275 --child_lstm_h_keep=0.775 '
  '--child_lstm_o_keep=0.25 --child_init_range=0.05 --child_rnn_l2_reg=0.7 '
)
TPU = (
  FINAL + '--num_epochs=483 --nochild_random_bptt --child_lstm_hidden_size=850 '
  '--child_lstm_e_keep=0.85 --child_average_loose_ends '
  '--child_asgd_start_step=2000'
)


@pytest.fixture
def run(tmp_path):
  """Runs a script with a Python that only prints its arguments."""
  shutil.copytree(
    os.path.join(texts.ROOT, 'scripts'), str(tmp_path / 'scripts')
  )
  (tmp_path / 'scripts' / 'bootstrap.sh').write_text('#!/bin/sh\nexit 0\n')
  python = tmp_path / 'fake' / 'bin' / 'python'
  python.parent.mkdir(parents=True)
  python.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
  python.chmod(0o755)

  def _run(script, *words, **environment):
    return subprocess.run(
      [str(tmp_path / 'scripts' / script)] + list(words),
      cwd='/',
      env=dict(os.environ, ENAS_VENV='fake', **environment),
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      universal_newlines=True,
    )

  return _run


def _flags(done):
  assert (done.returncode, done.stderr) == (0, '')
  argv = done.stdout.splitlines()
  assert argv[:2] == ['-m', 'src.ptb.main']
  return flags_lib.parse(
    flag_table.GROUPS, argv[1:], flag_table.WITHOUT_EFFECT
  )[0]


@pytest.mark.parametrize(
  ('script', 'environment', 'settings'),
  [
    ('ptb_search.sh', {}, NEEDED),
    ('ptb_final.sh', {}, GPU),
    ('ptb_final.sh', {'RECIPE': 'gpu'}, GPU),
    ('ptb_final.sh', {'RECIPE': 'tpu'}, TPU),
  ],
)
def test_settings(run, script, environment, settings):
  flags = _flags(run(script, **environment))
  assert vars(flags) == vars(flag_tables.parse(flag_table, settings))
  Ptb().check(flags)
  arc = config.child_config(flags, 10000).arc
  assert arc is None or arc.loose_ends == (7, 8)


def test_flags_and_data_path_override_settings(run):
  for script in ('ptb_search.sh', 'ptb_final.sh'):
    flags = _flags(
      run(script, '--num_epochs=3', '--child_init_range=1', DATA_PATH='x')
    )
    assert (flags.num_epochs, flags.child_init_range) == (3, 1.0)
    assert flags.data_path == 'x'


def test_unknown_recipe(run):
  done = run('ptb_final.sh', RECIPE='cpu')
  assert (done.returncode, done.stdout) == (2, '')
  assert done.stderr == 'error: RECIPE=cpu: expected gpu or tpu\n'


# Stands in for Python in the demo: notes what it is called with, and leaves
# behind what the next step needs.
DEMO = """#!/bin/sh
printf '%s\\t' "$@" >> calls
echo >> calls
case "$*" in
  *--mode=derive*)
    mkdir -p outputs/ptb_demo/search outputs/ptb_demo/final
    printf 'rank,arc\\n1,0 2 1 0 0 1 3 2 0 1\\n' \\
      > outputs/ptb_demo/search/derived.csv
    ;;
  *--child_fixed_arc*)
    printf 'test_ppl: 300.00\\ntest_ppl: 123.45\\n' \\
      > outputs/ptb_demo/final/stdout
    ;;
esac
"""


def test_demo_searches_draws_and_trains(run, tmp_path):
  (tmp_path / 'fake' / 'bin' / 'python').write_text(DEMO)
  done = run('ptb_demo.sh', '--seed=3')
  assert (done.returncode, done.stderr) == (0, '')
  calls = [
    line.split('\t')[:-1]
    for line in (tmp_path / 'calls').open()
    if line.strip()
  ]
  search, derive, chance, draw, final, compared = calls
  arc = '0 2 1 0 0 1 3 2 0 1'
  assert draw[:4] == ['-m', 'src.arc', 'draw', arc]
  assert '--checkpoint_path=outputs/ptb_demo/search' in derive
  assert chance == derive + ['--derive_from=random']
  assert compared[:3] == ['-m', 'src.view', 'rank']
  for words, fixed in ((search, None), (final, arc)):
    assert words[:2] == ['-m', 'src.ptb.main']
    flags, _ = flags_lib.parse(flag_table.GROUPS, words[1:])
    Ptb().check(flags)
    assert (flags.seed, flags.child_fixed_arc) == (3, fixed)
    assert os.path.isdir(os.path.join(texts.ROOT, flags.data_path))
  assert '  cell             %s\n' % arc in done.stdout
  assert 'test perplexity  123.45 (counting words gives 297.55)' in done.stdout
