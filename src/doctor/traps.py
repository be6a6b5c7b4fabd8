"""Whether a machine can run the project, and the remedy for each known trap.

  scripts/doctor.sh

Each trap is a function of the facts (`src.doctor.machine`) that returns a
`Finding`, or None.
"""

import re
import typing

GIB = 1 << 30
# Peaks of full-size searches, see docs/RESULTS.md.
_LEAST_MEMORY = 2 * GIB
_MICRO_MEMORY = 5 * GIB
_LEAST_DISK = GIB
_FOR_TF1 = ((3, 6), (3, 7))
_FOR_TF2 = ((3, 10), (3, 11), (3, 12))
_OTHER_PYTHON = 'ENAS_PYTHON=3.7 scripts/bootstrap.sh, or ENAS_PYTHON=3.11'
_AMPERE_REMEDY = (
  'the image of docker/Dockerfile.ngc; or TensorFlow 2: ENAS_PYTHON=3.11 '
  'ENAS_VENV=.venv-tf2 scripts/bootstrap.sh, then .venv-tf2/bin/pip install '
  "'tensorflow[and-cuda]'; or the CPU: export CUDA_VISIBLE_DEVICES=-1"
)


class Finding(typing.NamedTuple):
  """Something to know.

  Attributes:
    level: 'error' if nothing runs because of it, else 'warning' or 'note'.
    what: str, one line.
    remedy: str, what to type or to get.
  """

  level: str
  what: str
  remedy: str


def no_avx(facts):
  """TensorFlow's wheels end with an illegal instruction without AVX."""
  if facts.cpu_flags is not None and 'avx' not in facts.cpu_flags:
    return Finding(
      'error',
      'the processor (%s) lacks AVX, which TensorFlow is built for' % facts.cpu,
      'a machine with AVX (Intel since 2011, AMD since 2011); in a virtual '
      "machine let it see the host's processor (QEMU: -cpu host)",
    )


def wrong_python(facts):
  """A Python that no TensorFlow of ours exists for."""
  if facts.tensorflow or facts.python in _FOR_TF1 + _FOR_TF2:
    return None
  if facts.python == (3, 8) and _package(facts):
    return None
  return Finding(
    'error',
    'Python %d.%d has neither TensorFlow 1.15 (3.6 and 3.7; 3.8 in the image '
    'of docker/Dockerfile.ngc) nor a tested 2.x (3.10 to 3.12)' % facts.python,
    _OTHER_PYTHON,
  )


def tensorflow_1_elsewhere(facts):
  """1.15.5 has wheels for Linux on x86_64 alone."""
  if (
    not facts.tensorflow
    and not _package(facts)
    and facts.python in _FOR_TF1
    and facts.system != 'Linux x86_64'
  ):
    return Finding(
      'error',
      'TensorFlow 1.15 has no package for %s' % facts.system,
      'TensorFlow 2: ENAS_PYTHON=3.11 scripts/bootstrap.sh',
    )


def no_tensorflow(facts):
  """Nothing was installed."""
  if not facts.tensorflow and not _package(facts):
    return Finding(
      'error',
      'TensorFlow is not installed in %s' % facts.prefix,
      'scripts/bootstrap.sh',
    )


def new_protobuf(facts):
  """TensorFlow 1.15's generated code is refused by protobuf 3.21 and later."""
  version = facts.packages.get('protobuf')
  if _is_tf1(facts) and version and _numbers(version) >= (3, 21):
    return Finding(
      'error',
      'protobuf %s: TensorFlow 1.15 needs one below 3.21' % version,
      _pip(facts, 'protobuf<3.21'),
    )


def new_numpy(facts):
  """NumPy took away names and a binary interface that TensorFlow uses."""
  version = facts.packages.get('numpy')
  if not version:
    return None
  if _is_tf1(facts) and _numbers(version) >= (1, 24):
    most = '1.24'
  elif _numbers(version) >= (2, 0) and _numbers(_package(facts)) < (2, 18):
    most = '2'
  else:
    return None
  return Finding(
    'error',
    'NumPy %s: TensorFlow %s needs one below %s'
    % (version, _package(facts), most),
    _pip(facts, 'numpy<' + most),
  )


def import_failed(facts):
  """It is installed and fails, for a reason that no other trap names."""
  if facts.failure and _package(facts):
    return Finding(
      'error',
      'TensorFlow %s does not import: %s' % (_package(facts), facts.failure),
      'rm -r %s, then scripts/bootstrap.sh' % facts.prefix,
    )


def ampere_on_cuda_10(facts):
  """CUDA 10 knows no card since Ampere: minutes of start, wrong numbers."""
  if not _is_tf1(facts) or 'nvidia-tensorflow' in facts.packages:
    return None
  new = [card for card in facts.gpus if card.capability >= (8, 0)]
  if new and not facts.hidden:
    return Finding(
      'error' if facts.gpus_used else 'warning',
      '%s (Ampere or newer) is unknown to CUDA 10, which TensorFlow %s uses'
      % (new[0].name, _package(facts)),
      _AMPERE_REMEDY,
    )


def gpu_not_used(facts):
  """There is a card that TensorFlow cannot use: libraries are missing."""
  if not facts.gpus or facts.gpus_used or facts.hidden or not facts.tensorflow:
    return None
  if _is_tf1(facts):
    remedy = 'CUDA 10.0 and cuDNN 7, or the image of docker/Dockerfile'
  else:
    remedy = _pip(facts, 'tensorflow[and-cuda]==' + facts.tensorflow)
  return Finding(
    'warning', 'TensorFlow does not see the %s' % facts.gpus[0].name, remedy
  )


def channels_first_on_cpu(facts):
  """CPU builds cannot pool or convolve in NCHW."""
  if facts.tensorflow and not facts.gpus_used:
    return Finding(
      'note',
      'without a GPU, --data_format=NCHW fails',
      '--data_format=auto (as all scripts have it) or NHWC',
    )


def little_memory(facts):
  """A run would be killed by the system."""
  if facts.memory is None or facts.memory >= _MICRO_MEMORY:
    return None
  return Finding(
    'error' if facts.memory < _LEAST_MEMORY else 'warning',
    '%.1f GiB of memory: a full macro search needs 2, a full micro search 5'
    % (facts.memory / GIB),
    'more memory (docker run: a larger --memory), or a smaller --batch_size '
    'and --child_out_filters',
  )


def little_disk(facts):
  """Checkpoints would not fit."""
  if facts.disk < _LEAST_DISK:
    return Finding(
      'warning',
      '%.1f GiB free: checkpoints may not fit' % (facts.disk / GIB),
      'an --output_dir on another disk, or --keep_checkpoints=1',
    )


TRAPS = (
  no_avx,
  wrong_python,
  tensorflow_1_elsewhere,
  no_tensorflow,
  new_protobuf,
  new_numpy,
  import_failed,
  ampere_on_cuda_10,
  gpu_not_used,
  channels_first_on_cpu,
  little_memory,
  little_disk,
)


def findings(facts):
  """What is to be said of the facts.

  A failed import is not told as such when another error explains it.

  Returns:
    list of `Finding`, errors first.
  """
  found = [trap(facts) for trap in TRAPS]
  errors = [item for item in found if item and item.level == 'error']
  if len(errors) > 1:
    explained = (import_failed(facts), no_tensorflow(facts))
    errors = [item for item in errors if item not in explained]
  return errors + [item for item in found if item and item.level != 'error']


def report(facts):
  """(lines to print, exit code: 0 if usable, 1 if not)."""
  lines = [
    'Python      %d.%d, %s, %s' % (*facts.python, facts.system, facts.prefix),
    'TensorFlow  %s' % (facts.tensorflow or 'none that works'),
    'packages    %s'
    % ', '.join(
      '%s %s' % (name, facts.packages.get(name, 'missing'))
      for name in ('numpy', 'protobuf')
    ),
    'processor   %s, %d cores, AVX: %s'
    % (facts.cpu, facts.cores, _avx(facts.cpu_flags)),
    'memory      %s'
    % ('%.1f GiB' % (facts.memory / GIB) if facts.memory else 'unknown'),
    'disk        %.1f GiB free' % (facts.disk / GIB),
  ]
  for card in facts.gpus:
    lines.append('GPU         %s, %s, driver %s' % (card.name, *card[2:]))
  lines.append('GPUs used   %d' % facts.gpus_used)
  found = findings(facts)
  for item in found:
    lines += [
      '',
      '%s: %s' % (item.level, item.what),
      '  remedy: %s' % item.remedy,
    ]
  usable = not any(item.level == 'error' for item in found)
  lines += ['', 'usable' if usable else 'not usable as it is']
  return lines, 0 if usable else 1


def _avx(flags):
  if flags is None:
    return 'unknown'
  names = [name for name in ('avx', 'avx2', 'avx512f') if name in flags]
  return ' '.join(names) or 'no'


def _package(facts):
  """The version of TensorFlow that runs or is installed, or None."""
  if facts.tensorflow:
    return facts.tensorflow
  for name in (
    'tensorflow', 'tensorflow-gpu', 'tensorflow-cpu', 'nvidia-tensorflow',
  ):  # fmt: skip
    if name in facts.packages:
      return facts.packages[name]
  return None


def _is_tf1(facts):
  return (_package(facts) or '').startswith('1.')


def _numbers(version):
  """(1, 24) for '1.24.4'; later than all for None."""
  if not version:
    return (10**6,)
  return tuple(int(part) for part in re.findall(r'\d+', version)[:2])


def _pip(facts, requirement):
  return "%s/bin/python -m pip install '%s'" % (facts.prefix, requirement)
