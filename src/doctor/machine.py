"""The facts of a machine and its Python environment that decide what can run.

Nothing here imports TensorFlow: where the processor lacks what it was built
for, that ends the process without a word, so another process tries it.
"""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import typing

_TRIAL = """
import json
from src import tf1
devices = tf1.tf.config.experimental.list_physical_devices('GPU')
print(json.dumps([tf1.VERSION, len(devices)]))
"""
_QUERY = 'name,memory.total,driver_version'
# Cards since Ampere, where the driver does not tell the compute capability.
_SINCE_AMPERE = re.compile(
  r'\b(A\d+|A\d+0[0G]?|H\d00|L4|L40S?|B\d00|RTX A\d+|RTX [3-6]0\d0)\b'
)


class Gpu(typing.NamedTuple):
  """A card, as nvidia-smi tells.

  Attributes:
    name: str.
    capability: (int, int), the compute capability; (8, 0) stands for it or a
      newer one, (0, 0) for an older one, where the driver does not tell.
    memory: str with its unit.
    driver: str, the driver's version.
  """

  name: str
  capability: tuple
  memory: str
  driver: str


class Facts(typing.NamedTuple):
  """What `look` found.

  Attributes:
    system: str, 'Linux x86_64'.
    python: (int, int).
    prefix: str, the folder of the environment.
    packages: dict of the names of installed packages, lower case, to versions.
    tensorflow: str, the version that could be imported, or None.
    failure: str, how the import ended: its last line; None if it did not fail.
    gpus_used: int, how many GPUs TensorFlow sees.
    gpus: list of `Gpu`.
    hidden: bool, CUDA_VISIBLE_DEVICES hides all GPUs.
    cpu: str, the processor's name.
    cores: int, how many this process may use.
    cpu_flags: frozenset of str, or None if the system does not tell.
    memory: int, bytes that this process may use, or None if unknown.
    disk: int, free bytes where runs are written.
  """

  system: str
  python: tuple
  prefix: str
  packages: dict
  tensorflow: typing.Optional[str]
  failure: typing.Optional[str]
  gpus_used: int
  gpus: list
  hidden: bool
  cpu: str
  cores: int
  cpu_flags: typing.Optional[frozenset]
  memory: typing.Optional[int]
  disk: int


def look():
  """Returns the `Facts` of this machine and this Python."""
  tensorflow, gpus_used, failure = try_tensorflow()
  cpu, flags = processor(_read('/proc/cpuinfo'))
  folder = 'outputs' if os.path.isdir('outputs') else '.'
  return Facts(
    system='%s %s' % (platform.system(), platform.machine()),
    python=tuple(sys.version_info[:2]),
    prefix=sys.prefix,
    packages=installed(),
    tensorflow=tensorflow,
    failure=failure,
    gpus_used=gpus_used,
    gpus=cards(_smi),
    hidden=os.environ.get('CUDA_VISIBLE_DEVICES') in ('', '-1'),
    cpu=cpu or platform.processor() or 'unknown processor',
    cores=_cores(),
    cpu_flags=flags,
    memory=memory_limit(_read),
    disk=shutil.disk_usage(folder).free,
  )


def try_tensorflow(command=(sys.executable, '-c', _TRIAL)):
  """Imports TensorFlow in another process.

  Returns:
    (version or None, GPUs it sees, last line of the failure or None)
  """
  done = subprocess.run(
    list(command),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  if done.returncode == 0:
    version, gpus = json.loads(done.stdout.splitlines()[-1])
    return version, gpus, None
  lines = [line for line in done.stderr.splitlines() if line.strip()]
  if done.returncode < 0:
    lines.append('ended by signal %d' % -done.returncode)
  return None, 0, lines[-1] if lines else 'exit code %d' % done.returncode


def installed(folders=None):
  """The packages that this Python would import.

  Args:
    folders: list of str where packages lie, `sys.path` by default; the first
      folder that has a package counts.

  Returns:
    dict of names, lower case with dashes, to versions.
  """
  found = {}
  for folder in sys.path if folders is None else folders:
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
      match = re.match(r'(.+?)-([^-]+)\.(dist-info|egg-info)\Z', name)
      if match:
        package = match.group(1).lower().replace('_', '-')
        found.setdefault(package, match.group(2))
  return found


def processor(text):
  """(name, frozenset of flags) out of /proc/cpuinfo; None for what lacks."""
  name = re.search(r'^model name\s*:\s*(.*)$', text, re.M)
  flags = re.search(r'^flags\s*:\s*(.*)$', text, re.M)
  return (
    name and name.group(1),
    flags and frozenset(flags.group(1).split()),
  )


def cards(smi):
  """What nvidia-smi knows of the GPUs.

  Args:
    smi: function of the fields to ask for; returns the CSV, or None where
      nvidia-smi is missing or does not know a field.

  Returns:
    list of `Gpu`.
  """
  text = smi('compute_cap,' + _QUERY)
  if text is None:
    text = smi(_QUERY)
    rows = [['', *row] for row in _rows(text or '')]
  else:
    rows = _rows(text)
  found = []
  for capability, name, memory, driver in rows:
    if re.match(r'\d+\.\d+\Z', capability):
      version = tuple(int(part) for part in capability.split('.'))
    else:
      version = (8, 0) if _SINCE_AMPERE.search(name) else (0, 0)
    found.append(Gpu(name, version, memory, driver))
  return found


def memory_limit(read):
  """Bytes of memory this process may use, or None if nothing tells.

  Args:
    read: function of a path; returns the text, '' if there is none.
  """
  limits = []
  total = re.search(r'^MemTotal:\s*(\d+) kB', read('/proc/meminfo'), re.M)
  if total:
    limits.append(int(total.group(1)) * 1024)
  for path in (
    '/sys/fs/cgroup/memory.max',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes',
  ):
    text = read(path).strip()
    if text.isdigit():
      limits.append(int(text))
  return min(limits) if limits else None


def _rows(text):
  lines = [line for line in text.splitlines() if line.strip()]
  return [[part.strip() for part in line.split(',')] for line in lines]


def _smi(fields):
  try:
    done = subprocess.run(
      ['nvidia-smi', '--query-gpu=' + fields, '--format=csv,noheader'],
      stdout=subprocess.PIPE,
      stderr=subprocess.DEVNULL,
      universal_newlines=True,
      timeout=60,
    )
  except (OSError, subprocess.TimeoutExpired):
    return None
  return None if done.returncode else done.stdout


def _cores():
  if hasattr(os, 'sched_getaffinity'):
    return len(os.sched_getaffinity(0))
  return os.cpu_count() or 1


def _read(path):
  try:
    with open(path, encoding='utf-8', errors='replace') as file:
      return file.read()
  except OSError:
    return ''
