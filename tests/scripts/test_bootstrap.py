"""scripts/bootstrap.sh with Pythons that only pretend: nothing is installed.

Each test copies the script and the lock files into a folder of its own and runs
it with a PATH that holds a few system tools and small shell scripts that answer
like a Python, like uname, uv or conda. They log how they were called.
"""

import glob
import os
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
TOOLS = 'awk bash cat cmp cp dirname grep ls mkdir mv rm sed'.split()

# Answers the script's question, makes an environment that holds itself, logs
# what pip is asked, and lets pip fail or die with the script that called it.
PYTHON = """#!/bin/sh
case "$1 $2" in
  '-c '*) echo '{version} {home}' ;;
  '-m venv')
    echo 'venv {version} {home}' >> '{log}'
    mkdir -p "$3/bin"
    echo 'home' > "$3/pyvenv.cfg"
    cp "$0" "$3/bin/python" ;;
  '-m pip')
    echo "pip $*" >> '{log}'
    [ "$FAKE_PIP" != fails ] || exit 1
    [ "$FAKE_PIP" != killed ] || kill -9 $PPID ;;
esac
"""
SHIM = """#!/bin/sh
echo 'pyenv: command not found in this version' >&2
exit 127
"""


class Sandbox:
  """A copy of the project's scripts and a PATH of its own in `folder`."""

  def __init__(self, folder):
    self.project = os.path.join(folder, 'the project')
    self.path = os.path.join(folder, 'bin')
    self.home = os.path.join(folder, 'home')
    self.log = os.path.join(folder, 'log')
    for name in ('scripts', 'requirements'):
      shutil.copytree(
        os.path.join(ROOT, name), os.path.join(self.project, name)
      )
    os.mkdir(self.path)
    os.mkdir(self.home)
    for tool in TOOLS:
      os.symlink(shutil.which(tool), os.path.join(self.path, tool))
    self.platform('Linux', 'x86_64')

  def write(self, path, text):
    """Writes an executable file, made with its folder, and returns its path."""
    if not os.path.isdir(os.path.dirname(path)):
      os.makedirs(os.path.dirname(path))
    with open(path, 'w') as file:
      file.write(text)
    os.chmod(path, 0o755)
    return path

  def command(self, name, text):
    return self.write(os.path.join(self.path, name), text)

  def platform(self, system, machine):
    """Makes uname tell of this system (-s) and machine (-m)."""
    text = '#!/bin/sh\n[ "$1" = -s ] && echo {} || echo {}\n'
    self.command('uname', text.format(system, machine))

  def python(self, version, path=None):
    """Puts a Python that works at `path`, by default on PATH."""
    path = path or os.path.join(self.path, 'python' + version)
    text = PYTHON.format(version=version, home=path, log=self.log)
    return self.write(path, text)

  def run(self, *args, **variables):
    """Returns (exit status, what the script printed, what was called)."""
    env = {'PATH': self.path, 'HOME': self.home}
    env.update(variables)
    script = os.path.join(self.project, 'scripts', 'bootstrap.sh')
    open(self.log, 'w').close()
    process = subprocess.Popen(
      [shutil.which('bash'), script] + list(args),
      env=env,
      cwd=self.home,
      stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE,
      stderr=subprocess.STDOUT,
      universal_newlines=True,
    )
    output = process.communicate(timeout=60)[0]
    with open(self.log) as file:
      return process.returncode, output, file.read().splitlines()

  def installed(self, venv='.venv'):
    """The lock file that the environment says it holds, or None."""
    stamp = os.path.join(self.project, venv, 'installed.lock')
    if not os.path.exists(stamp):
      return None
    with open(stamp) as file:
      text = file.read()
    for path in glob.glob(os.path.join(ROOT, 'requirements', '*.lock')):
      with open(path) as file:
        if file.read() == text:
          return os.path.basename(path)
    return text


@pytest.fixture
def sandbox(tmp_path):
  return Sandbox(str(tmp_path))


@pytest.mark.parametrize(
  'cards, installed',
  [
    ('7.5', ['py37.lock']),
    ('7.5\\n8.6', ['py311.lock', 'cuda.lock']),
    ('12.0', ['py311.lock', 'cuda.lock']),
  ],
)
def test_new_cards_take_tensorflow_2_and_cuda(sandbox, cards, installed):
  sandbox.python('3.7')
  sandbox.python('3.11')
  sandbox.command('nvidia-smi', "#!/bin/sh\nprintf '%s\\n'\n" % cards)
  status, output, calls = sandbox.run()
  assert status == 0 and ('CUDA' in output) == (len(installed) > 1), output
  pip = [call.split('/')[-1] for call in calls if '--requirement' in call]
  assert pip == installed
  status, output, calls = sandbox.run()
  assert status == 0 and not calls and 'ready' in output
  # Who asks for the older Python gets it.
  status, output, calls = sandbox.run(ENAS_PYTHON='3.7', ENAS_VENV='old')
  assert status == 0 and sandbox.installed('old') == 'py37.lock'


@pytest.mark.parametrize(
  'present, lock',
  [
    ('3.6 3.7 3.9 3.10 3.11 3.12', 'py37.lock'),
    ('3.6 3.9 3.10 3.11 3.12', 'py36.lock'),
    ('3.9 3.10 3.11 3.12 3.13', 'py311.lock'),
    ('3.10 3.12 3.13', 'py312.lock'),
    ('3.8 3.10 3.13', 'py310.lock'),
  ],
)
def test_order_of_choice(sandbox, present, lock):
  for version in present.split():
    sandbox.python(version)
  status, output, calls = sandbox.run()
  assert status == 0, output
  assert sandbox.installed() == lock
  assert [call.split()[0] for call in calls] == ['venv', 'pip', 'pip']
  # The pinned pip first, then all of the lock file.
  with open(os.path.join(ROOT, 'requirements', lock)) as file:
    pins = file.read().split()
  assert calls[1].split()[-1] in pins
  assert calls[1].split()[-1].startswith('pip==')
  assert calls[2].endswith('--requirement=requirements/' + lock)


def test_tensorflow_2_is_said_once_in_one_line(sandbox):
  sandbox.python('3.11')
  lines = [line for line in sandbox.run()[1].splitlines() if 'TF1 mode' in line]
  assert len(lines) == 1
  assert 'Python 3.11' in lines[0] and 'TensorFlow 2.' in lines[0]
  assert 'TF1 mode' not in sandbox.run()[1]
  sandbox.python('3.7')
  output = sandbox.run(ENAS_PYTHON='3.7')[1]
  assert 'TensorFlow 1.15.5' in output and 'TF1 mode' not in output


def test_only_linux_on_x86_64_gets_tensorflow_1(sandbox):
  for version in ('3.7', '3.10'):
    sandbox.python(version)
  sandbox.platform('Darwin', 'arm64')
  assert sandbox.run()[0] == 0
  assert sandbox.installed() == 'py310.lock'
  status, output, _ = sandbox.run(ENAS_PYTHON='3.7')
  assert status == 1
  assert 'ENAS_PYTHON=3.7 is Python 3.7, not one of 3.11 3.12 3.10' in output


def test_a_shim_that_fails_is_passed_over_and_pyenvs_python_found(sandbox):
  sandbox.command('python3.7', SHIM)
  sandbox.command('python3.6', SHIM)
  sandbox.python('3.12')
  assert sandbox.run()[0] == 0
  assert sandbox.installed() == 'py312.lock'
  hidden = os.path.join(
    sandbox.home, '.pyenv', 'versions', '3.7.9', 'bin', 'python3.7'
  )
  sandbox.python('3.7', hidden)
  assert sandbox.run(ENAS_VENV='other')[2][0] == 'venv 3.7 ' + hidden


def test_a_python_of_another_version_than_its_name_is_not_taken(sandbox):
  sandbox.python('3.13', os.path.join(sandbox.path, 'python3.7'))
  sandbox.python('3.10', os.path.join(sandbox.path, 'python3'))
  assert sandbox.run()[0] == 0
  assert sandbox.installed() == 'py310.lock'


def test_environments_of_conda_are_searched(sandbox):
  prefix = os.path.join(sandbox.home, 'conda', 'envs', 'old')
  hidden = sandbox.python('3.6', os.path.join(prefix, 'bin', 'python3.6'))
  listing = "#!/bin/sh\necho '# conda environments:'\necho 'old  {}'\n"
  sandbox.command('conda', listing.format(prefix))
  assert sandbox.run()[2][0] == 'venv 3.6 ' + hidden


def test_uv_is_asked_and_fetches_only_when_nothing_is_here(sandbox):
  fetched = os.path.join(sandbox.home, 'uv', 'python3.7')
  sandbox.command(
    'uv',
    '#!/bin/sh\necho "uv $*" >> "{log}"\ncase "$*" in\n'
    '  "python find --system 3.7") [ -x "{path}" ] && echo "{path}" ;;\n'
    '  "python install --quiet 3.7") cp "{made}" "{path}" ;;\n'
    '  *) exit 1 ;;\nesac\n'.format(
      log=sandbox.log,
      path=fetched,
      made=sandbox.python('3.7', os.path.join(sandbox.home, 'made')),
    ),
  )
  os.mkdir(os.path.dirname(fetched))
  sandbox.python('3.11')
  calls = sandbox.run()[2]
  assert sandbox.installed() == 'py311.lock'
  assert 'uv python find --system 3.7' in calls
  assert not [call for call in calls if 'uv python install' in call]

  os.remove(os.path.join(sandbox.path, 'python3.11'))
  shutil.rmtree(os.path.join(sandbox.project, '.venv'))
  status, output, calls = sandbox.run()
  assert status == 0 and 'uv fetches Python 3.7' in output
  assert 'uv python install --quiet 3.7' in calls
  assert sandbox.installed() == 'py37.lock'


def test_conda_makes_the_environment_when_nothing_is_here(sandbox):
  made = sandbox.python('3.7', os.path.join(sandbox.home, 'made'))
  sandbox.command(
    'conda',
    '#!/bin/sh\n[ "$1" = create ] || exit 0\n'
    'echo "conda $*" >> "{log}"\nmkdir -p "$5/bin" "$5/conda-meta"\n'
    'cp "{made}" "$5/bin/python"\n'.format(log=sandbox.log, made=made),
  )
  status, output, calls = sandbox.run()
  assert status == 0 and 'conda fetches Python 3.7' in output
  assert calls[0] == 'conda create --quiet --yes --prefix .venv python=3.7 pip'
  assert [call.split()[0] for call in calls[1:]] == ['pip', 'pip']
  assert sandbox.installed() == 'py37.lock'


def test_the_python_asked_for_is_the_one_used(sandbox):
  sandbox.python('3.7')
  asked = sandbox.python('3.10')
  relative = os.path.relpath(asked, sandbox.home)
  for number, value in enumerate(('3.10', asked, relative, 'python3.10')):
    wish = {'ENAS_PYTHON': value, 'ENAS_VENV': 'env%d' % number}
    assert sandbox.run(**wish)[2][0] == 'venv 3.10 ' + asked
    assert sandbox.run(**wish)[2] == []


def test_another_python_than_before_rebuilds(sandbox):
  sandbox.python('3.7')
  sandbox.python('3.11')
  elsewhere = os.path.join(sandbox.home, 'mine', 'python3.7')
  sandbox.python('3.7', elsewhere)
  sandbox.run()
  assert sandbox.run(ENAS_PYTHON='3.11')[2][0].startswith('venv 3.11')
  assert sandbox.installed() == 'py311.lock'
  assert sandbox.run()[2] == []  # no wish: what is there stays
  assert sandbox.run(ENAS_PYTHON='3.7')[2][0].startswith('venv 3.7')
  assert sandbox.run(ENAS_PYTHON=elsewhere)[2][0] == 'venv 3.7 ' + elsewhere


@pytest.mark.parametrize(
  'value, message',
  [
    ('3.9', 'ENAS_PYTHON=3.9 is Python 3.9, not one of 3.7 3.6 3.11 3.12 3.10'),
    ('3.12', 'found no Python that fits: it takes one of 3.12, with venv'),
    ('/no/python', 'ENAS_PYTHON=/no/python does not run, or lacks venv'),
    ('python3.8', 'ENAS_PYTHON=python3.8 is Python 3.8, not one of 3.7'),
  ],
)
def test_a_python_asked_for_that_does_not_fit(sandbox, value, message):
  sandbox.python('3.7')
  sandbox.python('3.8')
  status, output, calls = sandbox.run(ENAS_PYTHON=value)
  assert (status, calls) == (1, [])
  assert output.startswith('bootstrap: ' + message)


def test_nothing_fits(sandbox):
  sandbox.python('3.9')
  shim = sandbox.command('python3.7', SHIM)
  status, output, calls = sandbox.run()
  assert (status, calls) == (1, [])
  lines = output.splitlines()
  assert lines[0] == (
    'bootstrap: found no Python that fits: it takes one of '
    '3.7 3.6 3.11 3.12 3.10, with venv'
  )
  assert shim in output
  assert 'apt-get install python3.11 python3.11-venv' in output
  assert not os.path.exists(os.path.join(sandbox.project, '.venv'))


@pytest.mark.parametrize('how, expected', [('fails', 1), ('killed', -9)])
def test_an_interrupted_install_leaves_no_stamp(sandbox, how, expected):
  sandbox.python('3.7')
  status, output, _ = sandbox.run(FAKE_PIP=how)
  assert status == expected, output
  assert 'ready' not in output
  assert sandbox.installed() is None
  status, output, calls = sandbox.run()
  assert (status, len(calls)) == (0, 3)
  assert sandbox.installed() == 'py37.lock'
  ready = 'bootstrap: ready: .venv (Python 3.7)\n'
  assert sandbox.run() == (0, ready, [])


def test_a_changed_lock_file_or_a_broken_environment_is_rebuilt(sandbox):
  sandbox.python('3.7')
  sandbox.run()
  venv = os.path.join(sandbox.project, '.venv')
  stray = sandbox.write(os.path.join(venv, 'stray'), '')
  lock = os.path.join(sandbox.project, 'requirements', 'py37.lock')
  with open(lock, 'a') as file:
    file.write('another==1.0\n')
  assert len(sandbox.run()[2]) == 3
  assert not os.path.exists(stray)
  assert sandbox.installed().endswith('another==1.0\n')
  sandbox.write(os.path.join(venv, 'bin', 'python'), SHIM)
  assert len(sandbox.run()[2]) == 3
  assert sandbox.run()[2] == []


def test_an_active_environment_is_not_remade_from_itself(sandbox):
  original = sandbox.python('3.7')
  sandbox.run()
  active = os.path.join(sandbox.project, '.venv', 'bin')
  own = sandbox.python('3.7', os.path.join(active, 'python3.7'))
  os.remove(os.path.join(sandbox.project, '.venv', 'installed.lock'))
  path = active + os.pathsep + sandbox.path
  status, output, calls = sandbox.run(PATH=path, ENAS_PYTHON=own)
  assert (status, calls) == (1, [])
  assert 'is part of .venv itself: name another' in output
  status, output, calls = sandbox.run(PATH=path)
  assert status == 0, output
  assert calls[0] == 'venv 3.7 ' + original


def test_the_folder_can_be_chosen_but_must_be_an_environment(sandbox):
  sandbox.python('3.7')
  chosen = os.path.join(sandbox.home, 'my env')
  assert sandbox.run(ENAS_VENV=chosen)[0] == 0
  assert sandbox.installed(chosen) == 'py37.lock'
  assert not os.path.exists(os.path.join(sandbox.project, '.venv'))

  precious = os.path.join(sandbox.home, 'photos', 'one')
  sandbox.write(precious, '')
  folder = os.path.dirname(precious)
  status, output, calls = sandbox.run(ENAS_VENV=folder)
  assert (status, calls) == (1, [])
  assert folder + ' is not a Python environment' in output
  assert os.path.exists(precious)


def test_linters_have_an_environment_of_their_own(sandbox):
  sandbox.python('3.7')
  sandbox.python('3.9')
  status, output, calls = sandbox.run('lint', ENAS_PYTHON='3.7')
  assert status == 0, output
  assert calls[0].startswith('venv 3.9')
  assert sandbox.installed('.venv-lint') == 'lint.lock'
  assert not os.path.exists(os.path.join(sandbox.project, '.venv'))


def test_an_unknown_argument(sandbox):
  status, output, calls = sandbox.run('lnit')
  assert (status, calls) == (2, [])
  assert output == "bootstrap: unknown argument 'lnit': give none, or 'lint'\n"


def test_the_environment_of_an_image_is_left_alone(sandbox):
  sandbox.python('3.8', os.path.join(sandbox.project, '.venv', 'bin', 'python'))
  sandbox.write(os.path.join(sandbox.project, '.venv', 'part-of-image'), '')
  status, output, calls = sandbox.run()
  assert (status, calls) == (0, [])
  assert output == 'bootstrap: ready: .venv (part of the image)\n'
