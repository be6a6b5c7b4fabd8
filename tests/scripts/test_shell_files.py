"""What must hold for every shell script, whatever it does."""

import glob
import os
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
