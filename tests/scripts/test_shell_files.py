"""What must hold for every shell script, whatever it does."""

import glob
import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
SCRIPTS = sorted(
  path
  for pattern in ('scripts/*.sh', 'docker/*.sh', '.ci/run')
  for path in glob.glob(os.path.join(ROOT, pattern))
)


@pytest.mark.parametrize('path', SCRIPTS, ids=os.path.basename)
def test_bash_reads_it(path):
  subprocess.check_call([shutil.which('bash'), '-n', path])
  with open(path) as file:
    text = file.read()
  assert text.startswith('#!/usr/bin/env bash\n')
  assert '\nset -euo pipefail\n' in text
  assert os.access(path, os.X_OK)


def test_steps_tell_how_long_they_take(tmp_path):
  """SECONDS is bash's clock; the script moves it on."""
  script = """
    weights=(50 25 25)
    . scripts/steps.sh
    step One
    SECONDS=$((SECONDS + 60))
    step Two
    searching %s 4
    SECONDS=$((SECONDS + 400))
    step Three
  """
  (tmp_path / 'metrics.csv').write_text('phase,epoch\n')
  told = subprocess.check_output(
    ['bash', '-c', script % tmp_path], cwd=ROOT, universal_newlines=True
  )
  # Two goes on with a run, so that it says nothing of what three takes.
  assert [line for line in told.splitlines() if line] == [
    '== 1/3 One (no time known yet)',
    '== 2/3 Two (about 30 s for this step, 1 min 0 s to the end)',
    '== 3/3 Three (about 30 s for this step, 30 s to the end)',
  ]


def test_a_first_epoch_tells_how_long_a_search_takes(tmp_path):
  script = """
    weights=(50 50)
    . scripts/steps.sh
    step One
    searching %s 10
    printf 'phase,epoch\\n' > %s/metrics.csv
    sleep 2.5
    printf 'valid,1\\n' >> %s/metrics.csv
    sleep 2
  """
  told = subprocess.check_output(
    ['bash', '-c', script % ((tmp_path,) * 3)],
    cwd=ROOT,
    universal_newlines=True,
  )
  assert re.search(
    r'after 1 of 10 epochs: about \d\d s for this step, ', told
  ), told
