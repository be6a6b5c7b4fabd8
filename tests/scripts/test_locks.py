"""The lock files pin what the requirement files name, and nothing else."""

import glob
import os

import pytest

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
LOCKS = sorted(glob.glob(os.path.join(ROOT, 'requirements', '*.lock')))


@pytest.mark.parametrize('path', LOCKS, ids=os.path.basename)
def test_lock_files_only_pin(path):
  with open(path) as file:
    lines = file.read().splitlines()
  assert lines[0].startswith('# Written by scripts/lock.sh from ')
  for line in lines[1:]:
    name, version = line.split('==')
    assert name.replace('-', '').isalnum() and version[0].isdigit(), line
    assert not set(version) & set(' ;@/<>'), line


def test_lock_files_name_every_direct_dependency():
  # Those of NVIDIA's image are its own (docker/Dockerfile.ngc).
  there = 'tensorflow-gpu protobuf numpy six absl-py'.split()
  for inputs, environments in (
    ('requirements.txt', 'py36 py37 py38'),
    ('requirements-tf2.txt', 'py310 py311 py312'),
    ('requirements-onnx.txt', 'onnx'),
    ('requirements-ray.txt', 'ray37 ray311'),
    ('requirements-dev.txt', 'py36 py37 py38 py310 py311 py312'),
    ('requirements-lint.txt', 'lint'),
  ):
    with open(os.path.join(ROOT, inputs)) as file:
      lines = [line.split('#')[0].strip() for line in file]
    for name in environments.split():
      path = os.path.join(ROOT, 'requirements', name + '.lock')
      with open(path) as file:
        pins = dict(line.strip().split('==') for line in file if '==' in line)
      for line in filter(None, lines):
        wanted = line.replace('<', '=').replace('>', '=').split('=')[0]
        wanted = wanted.partition('[')[0]
        kept = name == 'py38' and wanted in there
        assert (wanted in pins) != kept, '{}: {}'.format(path, wanted)
      if inputs == 'requirements.txt' and name != 'py38':
        assert pins['tensorflow-gpu'] == '1.15.5'
        major, minor = pins['protobuf'].split('.')[:2]
        assert (int(major), int(minor)) < (3, 21)
