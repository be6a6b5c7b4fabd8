"""The Dockerfiles name what exists; their scripts do what they say."""

import os
import re
import shutil
import subprocess

import pytest

from tests.docker import dockerfile

ROOT = dockerfile.ROOT
# Dockerfile -> (base image, arguments of docker/install.sh)
IMAGES = {
  'Dockerfile': (
    'tensorflow/tensorflow:1.15.5-gpu-py3',
    'requirements/py36.lock',
  ),
  'Dockerfile.ngc': (
    'nvcr.io/nvidia/tensorflow:23.03-tf1-py3',
    'requirements/py38.lock',
  ),
  'Dockerfile.cpu': ('python:3.7-slim', 'requirements/py37.lock cpu'),
}
images = pytest.mark.parametrize('name', sorted(IMAGES))


def _tracked():
  if not os.path.exists(os.path.join(ROOT, '.git')):
    pytest.skip('not a git checkout: what belongs to the project is unknown')
  listed = subprocess.check_output(['git', 'ls-files', '-z'], cwd=ROOT)
  return [path for path in listed.decode('utf-8').split('\0') if path]


def _values(name, word):
  return [found.value for found in dockerfile.read(name) if found.name == word]


def _commands(name):
  """Words of each command of RUN."""
  lines = [line for value in _values(name, 'RUN') for line in value.split('&&')]
  return [line.split() for line in lines]


def _pairs(name, word):
  return dict(
    pair for value in _values(name, word) for pair in dockerfile.pairs(value)
  )


def test_every_dockerfile_is_tested():
  found = [name for name in os.listdir(dockerfile.FOLDER) if 'file' in name]
  assert sorted(found) == sorted(IMAGES)


@images
def test_base_user_and_environment(name):
  base, _ = IMAGES[name]
  instructions = dockerfile.read(name)
  assert instructions[:2] == [('ARG', 'BASE=' + base), ('FROM', base)]
  labels = _pairs(name, 'LABEL')
  assert labels['org.opencontainers.image.base.name'] == base
  assert labels['org.opencontainers.image.licenses'] == 'Apache-2.0'
  assert all(labels.values())
  words = [found.name for found in instructions]
  assert _values(name, 'USER') == ['1000:1000']
  assert 'RUN' not in words[words.index('USER') :]
  env = _pairs(name, 'ENV')
  assert env['ENAS_VENV'] == '/opt/enas-env'
  assert env['PATH'].startswith('/opt/enas-env/bin:')


@images
def test_what_is_copied_run_and_started_is_there(name):
  copied = set()
  for word, value in dockerfile.read(name):
    if word == 'COPY':
      source, target = value.split()
      assert source == target and os.path.exists(os.path.join(ROOT, source))
      assert source == '.' or dockerfile.sent(source)
      copied.add(source)
    elif word == 'RUN':
      for path in re.findall(r'(?<![\w/.])(?:docker|requirements)/\S+', value):
        assert copied & {path, '.'}, '%s is not there yet' % path
  commands = _commands(name)
  assert {words[0] for words in commands} <= {
    'chmod', 'docker/install.sh', 'ln', 'mkdir', 'python', 'rm',
  }  # fmt: skip
  installs = [words[1:] for words in commands if words[0][:6] == 'docker']
  assert [' '.join(words) for words in installs] == [IMAGES[name][1]]
  workdir = _values(name, 'WORKDIR')[0] + '/'
  (entry,), (command,) = _values(name, 'ENTRYPOINT'), _values(name, 'CMD')
  assert entry == [workdir + 'docker/entrypoint.sh']
  for path in ('docker/install.sh', 'docker/entrypoint.sh', command[0]):
    assert os.access(os.path.join(ROOT, path), os.X_OK), path
    assert dockerfile.sent(path)


@images
def test_default_folders_lie_in_what_is_mounted(name):
  links = dict(
    reversed(words[2:]) for words in _commands(name) if words[0] == 'ln'
  )
  assert links == {
    'outputs': '/outputs',
    'outputs_2': '/outputs/outputs_2',
    'data/cifar10': '/data/cifar10',
    'data/codebrim': '/data/codebrim',
    'data/ptb': '/data/ptb',
  }
  for script in os.listdir(os.path.join(ROOT, 'scripts')):
    with open(os.path.join(ROOT, 'scripts', script)) as file:
      text = file.read()
    defaults = re.findall(r'--output_dir=(\w+) ', text)
    defaults += re.findall(r'DATA_PATH:-(data/\w+)}', text)
    for folder in defaults:
      present = os.path.isdir(os.path.join(ROOT, folder))
      assert folder in links or (present and dockerfile.sent(folder + '/x')), (
        '%s: no image has %s' % (script, folder)
      )


def test_the_project_is_sent_and_nothing_else():
  tracked = _tracked()
  missing = [path for path in tracked if not dockerfile.sent(path)]
  assert missing in ([], ['data/ptb/process.py'])  # see .dockerignore
  paths = [os.path.join(ROOT, path) for path in tracked]
  size = sum(os.path.getsize(path) for path in paths if os.path.exists(path))
  assert size < 30e6
  for path in (
    '.git/HEAD',
    '.venv-tf2/pyvenv.cfg',
    'outputs_2/model.ckpt-1.index',
    'data/cifar10/cifar-10-batches-bin/data_batch_1.bin',
    'data/ptb/ptb.pkl',
    'data/archive.zip',
    'src/arc/__pycache__/macro.cpython-37.pyc',
    'notebooks/.ipynb_checkpoints/a.ipynb',
  ):
    assert not dockerfile.sent(path), path


FAKE_PYTHON = """#!/bin/sh
echo "$*" >> '{log}'
case "$2" in
  venv) mkdir -p "$5/bin"; cp "$0" "$5/bin/python" ;;
  pip) [ "$6" != --no-deps ] || cat "$8" > '{pins}'; [ -z "$FAIL" ] ;;
esac
"""


def _install(tmp_path, *words, **variables):
  """(exit code, calls of python, pins that pip read, the environment)."""
  log, pins = tmp_path / 'log', tmp_path / 'pins'
  tools = tmp_path / 'bin'
  tools.mkdir()
  python = tools / 'python3'
  python.write_text(FAKE_PYTHON.format(log=log, pins=pins))
  python.chmod(0o755)
  venv = tmp_path / 'env'
  env = dict(
    os.environ,
    PATH='%s:%s' % (tools, os.environ['PATH']),
    ENAS_VENV=str(venv),
    **variables,
  )
  code = subprocess.call(
    [os.path.join(ROOT, 'docker', 'install.sh')] + list(words),
    cwd=ROOT,
    env=env,
  )
  calls = log.read_text().splitlines()
  return code, calls, pins.read_text() if pins.exists() else '', venv


def test_install_keeps_what_the_base_has(tmp_path):
  lock = os.path.join(ROOT, 'requirements', 'py36.lock')
  code, calls, pins, venv = _install(tmp_path, lock)
  assert code == 0
  assert calls[0] == '-m venv --system-site-packages --without-pip %s' % venv
  assert re.match(r'-m pip install --no-cache-dir --quiet pip==\S+\Z', calls[1])
  assert '--no-deps --requirement' in calls[2] and len(calls) == 3
  with open(lock) as file:
    assert pins == file.read()
  assert (venv / 'part-of-image').exists()


def test_install_on_a_cpu_takes_the_smaller_tensorflow(tmp_path):
  _, _, pins, _ = _install(tmp_path, 'requirements/py37.lock', 'cpu')
  assert '\ntensorflow==1.15.5\n' in pins
  assert 'tensorflow-gpu' not in pins
  with open(os.path.join(ROOT, 'requirements', 'py37.lock')) as file:
    assert pins == file.read().replace('tensorflow-gpu==', 'tensorflow==')


def test_a_failed_install_fails_the_build(tmp_path):
  code, calls, _, venv = _install(
    tmp_path, 'requirements/py37.lock', FAIL='yes'
  )
  assert code != 0 and len(calls) == 2
  assert not (venv / 'part-of-image').exists()


def _start(tmp_path, *words, **variables):
  outputs = tmp_path / 'outputs'
  if not outputs.exists():
    outputs.mkdir()
  env = dict(
    os.environ, ENAS_OUTPUTS=str(outputs), TMPDIR=str(tmp_path), HOME='/'
  )
  env.update(variables)
  return subprocess.run(
    [os.path.join(ROOT, 'docker', 'entrypoint.sh')] + list(words),
    cwd=ROOT,
    env=env,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )


def test_a_command_is_executed_with_caches_it_may_write(tmp_path):
  done = _start(tmp_path, 'sh', '-c', 'env; exit 7')
  assert done.returncode == 7
  env = dict(
    line.split('=', 1) for line in done.stdout.splitlines() if '=' in line
  )
  assert env['HOME'].startswith(str(tmp_path / 'enas.'))
  for name in (
    'TMPDIR', 'MPLCONFIGDIR', 'IPYTHONDIR', 'XDG_CACHE_HOME',
    'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'JUPYTER_CONFIG_DIR',
    'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR',
  ):  # fmt: skip
    assert env[name].startswith(env['HOME']), name
    assert os.access(env[name], os.W_OK), name
  assert done.stderr == ''


def test_scripts_are_executed_by_their_paths_in_readme(tmp_path):
  done = _start(tmp_path, './scripts/bootstrap.sh', 'lnit')
  assert done.returncode == 2
  assert "unknown argument 'lnit'" in done.stderr


def test_a_read_only_tmp_is_replaced(tmp_path):
  done = _start(tmp_path, 'sh', '-c', 'echo "$TMPDIR"', TMPDIR='/proc/nowhere')
  folder = done.stdout.strip()
  assert folder.startswith('/dev/shm/enas.') or folder.startswith(str(tmp_path))
  shutil.rmtree(folder)


def test_outputs_that_cannot_be_written(tmp_path):
  done = _start(tmp_path, 'true', ENAS_OUTPUTS='/proc')
  assert done.returncode == 0
  if os.access('/proc', os.W_OK):
    pytest.skip('this user may write anywhere')
  assert 'may not write to /proc: give docker run --user 0:0' in done.stderr


def test_jupyter_serves_copies_that_can_be_kept(tmp_path):
  tools = tmp_path / 'bin'
  tools.mkdir()
  (tools / 'python').write_text('#!/bin/sh\necho "$ENAS_RUN"\necho "$@"\n')
  (tools / 'python').chmod(0o755)
  path = '%s:%s' % (tools, os.environ['PATH'])
  for _ in range(2):  # a second start finds the first one's folder
    done = _start(tmp_path, 'jupyter', '--debug', PATH=path)
    assert done.returncode == 0, done.stderr
  folder = tmp_path / 'outputs' / 'notebooks'
  run, words = done.stdout.splitlines()
  assert run == str(tmp_path / 'outputs' / 'quickstart' / 'search')
  assert words.split()[:6] == [
    '-m', 'notebook', '--ip=0.0.0.0', '--port=8888', '--no-browser', str(folder)
  ]  # fmt: skip
  assert words.split()[6] == '--debug'
  assert ('--allow-root' in words) == (os.geteuid() == 0)
  assert (folder / 'DAG_Visualization.ipynb').is_file()
  assert (folder / 'src' / 'arc').is_dir()
