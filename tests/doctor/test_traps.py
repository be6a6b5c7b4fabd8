"""Each known trap, on made-up facts, with its remedy; and the script."""

import os
import shutil
import subprocess
import sys

import pytest

from src.doctor import traps
from src.doctor.machine import Facts, Gpu

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
TURING = Gpu('Tesla T4', (7, 5), '15360 MiB', '470.1')
AMPERE = Gpu('NVIDIA A100', (8, 0), '40 GiB', '525.2')
GOOD = Facts(
  system='Linux x86_64',
  python=(3, 7),
  prefix='/p/.venv',
  packages={
    'tensorflow-gpu': '1.15.5',
    'numpy': '1.18.5',
    'protobuf': '3.20.3',
  },
  tensorflow='1.15.5',
  failure=None,
  gpus_used=1,
  gpus=[TURING],
  hidden=False,
  cpu='Xeon',
  cores=2,
  cpu_flags=frozenset(['avx', 'avx2']),
  memory=24 << 30,
  disk=60 << 30,
)
TF2 = GOOD._replace(
  python=(3, 11),
  packages={'tensorflow': '2.21.0', 'numpy': '2.4.6', 'protobuf': '7.1.0'},
  tensorflow='2.21.0',
)


def _with(facts, failure=None, packages=None, **changes):
  """The facts after a failed import, with other packages."""
  if failure:
    changes.update(tensorflow=None, failure=failure, gpus_used=0, gpus=[])
  merged = dict(facts.packages, **(packages or {}))
  return facts._replace(
    packages={name: merged[name] for name in merged if merged[name]}, **changes
  )


def _only(facts):
  found = traps.findings(facts)
  assert len(found) == 1, found
  return found[0]


@pytest.mark.parametrize('facts', [GOOD, TF2], ids=['1.15', '2.21'])
def test_nothing_to_say_of_a_fit_machine(facts):
  assert traps.findings(facts) == []
  lines, code = traps.report(facts)
  assert (lines[-1], code) == ('usable', 0)


def test_report_lists_the_facts():
  lines, _ = traps.report(GOOD)
  assert lines[:8] == [
    'Python      3.7, Linux x86_64, /p/.venv',
    'TensorFlow  1.15.5',
    'packages    numpy 1.18.5, protobuf 3.20.3',
    'processor   Xeon, 2 cores, AVX: avx avx2',
    'memory      24.0 GiB',
    'disk        60.0 GiB free',
    'GPU         Tesla T4, 15360 MiB, driver 470.1',
    'GPUs used   1',
  ]
  unknown = GOOD._replace(cpu_flags=None, memory=None, gpus=[], packages={})
  lines, code = traps.report(unknown)
  assert lines[2:5] == [
    'packages    numpy missing, protobuf missing',
    'processor   Xeon, 2 cores, AVX: unknown',
    'memory      unknown',
  ]
  assert code == 0


ERRORS = {
  'protobuf': (
    _with(GOOD, 'TypeError: Descriptors', packages={'protobuf': '3.21.0'}),
    'protobuf 3.21.0: TensorFlow 1.15 needs one below 3.21',
    "/p/.venv/bin/python -m pip install 'protobuf<3.21'",
  ),
  'numpy with 1.15': (
    _with(GOOD, 'AttributeError: np.object', packages={'numpy': '1.24.4'}),
    'NumPy 1.24.4: TensorFlow 1.15.5 needs one below 1.24',
    "/p/.venv/bin/python -m pip install 'numpy<1.24'",
  ),
  'numpy 2 with an older 2.x': (
    _with(TF2, 'ImportError: x', packages={'tensorflow': '2.17.1'}),
    'NumPy 2.4.6: TensorFlow 2.17.1 needs one below 2',
    "/p/.venv/bin/python -m pip install 'numpy<2'",
  ),
  'Python': (
    _with(GOOD, 'No module', {'tensorflow-gpu': None}, python=(3, 9)),
    'Python 3.9 has neither TensorFlow 1.15 (3.6 and 3.7; 3.8 in the image of '
    'docker/Dockerfile.ngc) nor a tested 2.x (3.10 to 3.12)',
    'ENAS_PYTHON=3.7 scripts/bootstrap.sh, or ENAS_PYTHON=3.11',
  ),
  'Python 3.8 without NVIDIA': (
    _with(GOOD, 'No module', {'tensorflow-gpu': None}, python=(3, 8)),
    'Python 3.8 has neither TensorFlow 1.15 (3.6 and 3.7; 3.8 in the image of '
    'docker/Dockerfile.ngc) nor a tested 2.x (3.10 to 3.12)',
    'ENAS_PYTHON=3.7 scripts/bootstrap.sh, or ENAS_PYTHON=3.11',
  ),
  'system': (
    _with(GOOD, 'No module', {'tensorflow-gpu': None}, system='Darwin arm64'),
    'TensorFlow 1.15 has no package for Darwin arm64',
    'TensorFlow 2: ENAS_PYTHON=3.11 scripts/bootstrap.sh',
  ),
  'TensorFlow missing': (
    _with(GOOD, 'No module', {'tensorflow-gpu': None}),
    'TensorFlow is not installed in /p/.venv',
    'scripts/bootstrap.sh',
  ),
  'other failures': (
    _with(GOOD, 'ImportError: libx.so'),
    'TensorFlow 1.15.5 does not import: ImportError: libx.so',
    'rm -r /p/.venv, then scripts/bootstrap.sh',
  ),
  'AVX': (
    _with(GOOD, 'ended by signal 4', cpu_flags=frozenset(['sse4_2'])),
    'the processor (Xeon) lacks AVX, which TensorFlow is built for',
    'a machine with AVX (Intel since 2011, AMD since 2011); in a virtual '
    "machine let it see the host's processor (QEMU: -cpu host)",
  ),
  'Ampere': (
    GOOD._replace(gpus=[TURING, AMPERE]),
    'NVIDIA A100 (Ampere or newer) is unknown to CUDA 10, which TensorFlow '
    '1.15.5 uses',
    'the image of docker/Dockerfile.ngc; or TensorFlow 2: ENAS_PYTHON=3.11 '
    'ENAS_VENV=.venv-tf2 scripts/bootstrap.sh, then .venv-tf2/bin/pip install '
    "'tensorflow[and-cuda]'; or the CPU: export CUDA_VISIBLE_DEVICES=-1",
  ),
  'memory': (
    GOOD._replace(memory=3 << 29),
    '1.5 GiB of memory: a full macro search needs 2, a full micro search 5',
    'more memory (docker run: a larger --memory), or a smaller --batch_size '
    'and --child_out_filters',
  ),
}


@pytest.mark.parametrize('name', sorted(ERRORS))
def test_what_cannot_work_is_one_error_with_a_remedy(name):
  facts, what, remedy = ERRORS[name]
  assert _only(facts) == ('error', what, remedy)
  lines, code = traps.report(facts)
  assert code == 1
  assert lines[-4:] == [
    'error: ' + what,
    '  remedy: ' + remedy,
    '',
    'not usable as it is',
  ]


WARNINGS = {
  'card without libraries, 1.15': (
    GOOD._replace(gpus_used=0),
    'TensorFlow does not see the Tesla T4',
    'CUDA 10.0 and cuDNN 7, or the image of docker/Dockerfile',
  ),
  'card without libraries, 2.x': (
    TF2._replace(gpus_used=0, gpus=[AMPERE]),
    'TensorFlow does not see the NVIDIA A100',
    "/p/.venv/bin/python -m pip install 'tensorflow[and-cuda]==2.21.0'",
  ),
  'memory': (
    GOOD._replace(memory=4 << 30),
    '4.0 GiB of memory: a full macro search needs 2, a full micro search 5',
    'more memory (docker run: a larger --memory), or a smaller --batch_size '
    'and --child_out_filters',
  ),
  'disk': (
    GOOD._replace(disk=1 << 29),
    '0.5 GiB free: checkpoints may not fit',
    'an --output_dir on another disk, or --keep_checkpoints=1',
  ),
}


@pytest.mark.parametrize('name', sorted(WARNINGS))
def test_what_may_go_wrong_is_a_warning(name):
  facts, what, remedy = WARNINGS[name]
  assert ('warning', what, remedy) in traps.findings(facts)
  assert traps.report(facts)[1] == 0


def test_channels_first_on_a_cpu_is_a_note():
  assert _only(GOOD._replace(gpus=[], gpus_used=0)) == (
    'note',
    'without a GPU, --data_format=NCHW fails',
    '--data_format=auto (as all scripts have it) or NHWC',
  )


def test_ampere_that_tensorflow_does_not_see_stops_nothing():
  found = traps.findings(GOOD._replace(gpus=[AMPERE], gpus_used=0))
  assert found[0].level == 'warning' and 'Ampere' in found[0].what


@pytest.mark.parametrize(
  'facts',
  [
    TF2._replace(gpus=[AMPERE]),
    _with(
      GOOD,
      packages={'tensorflow-gpu': None, 'nvidia-tensorflow': '1.15.5+nv23.3'},
      gpus=[AMPERE],
      python=(3, 8),
    ),
  ],
  ids=['2.x', 'NVIDIA'],
)
def test_ampere_is_known_to_newer_builds(facts):
  assert traps.findings(facts) == []


def test_a_hidden_card_is_no_trap():
  hidden = GOOD._replace(gpus=[AMPERE], gpus_used=0, hidden=True)
  assert _only(hidden).level == 'note'


def test_numpy_2_with_a_tensorflow_that_knows_it():
  assert traps.new_numpy(TF2) is None
  assert traps.new_numpy(_with(TF2, packages={'numpy': None})) is None


def _script(environment):
  done = subprocess.run(
    [os.path.join(ROOT, 'scripts', 'doctor.sh')],
    cwd='/',
    env=dict(os.environ, ENAS_VENV=environment),
    stdout=subprocess.PIPE,
    universal_newlines=True,
  )
  return done.returncode, done.stdout


@pytest.mark.skipif(not shutil.which('bash'), reason='needs bash')
def test_script_on_this_machine():
  code, text = _script(sys.prefix)
  assert 'Python      %d.%d, ' % sys.version_info[:2] in text
  assert code == (0 if text.endswith('\nusable\n') else 1)


@pytest.mark.skipif(not shutil.which('bash'), reason='needs bash')
def test_script_without_an_environment():
  assert _script('nowhere') == (
    1,
    'error: there is no environment nowhere\n'
    '       remedy: scripts/bootstrap.sh\n',
  )
