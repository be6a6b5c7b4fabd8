"""What is read off a machine, with made-up answers of its parts."""

import os
import subprocess
import sys

from src.doctor import machine


def test_a_tensorflow_that_works_tells_its_version():
  code = 'print("noise"); print(\'["1.15.5", 2]\')'
  assert machine.try_tensorflow((sys.executable, '-c', code)) == (
    '1.15.5',
    2,
    None,
  )


def test_a_failed_import_leaves_its_last_line():
  code = 'raise ImportError("no libx.so")'
  assert machine.try_tensorflow((sys.executable, '-c', code)) == (
    None,
    0,
    'ImportError: no libx.so',
  )


def test_an_illegal_instruction_is_told():
  code = 'import os; os.kill(os.getpid(), 4)'
  found = machine.try_tensorflow((sys.executable, '-c', code))
  assert found == (None, 0, 'ended by signal 4')


def test_a_silent_exit_is_told():
  code = 'import os; os._exit(3)'
  found = machine.try_tensorflow((sys.executable, '-c', code))
  assert found == (None, 0, 'exit code 3')


def test_installed_packages_the_first_folder_counts(tmp_path):
  for folder, names in (
    ('a', ['numpy-1.18.5.dist-info', 'Six_Too-1.2-py3.egg-info', 'numpy']),
    ('b', ['numpy-2.0.dist-info', 'tensorflow_gpu-1.15.5.dist-info']),
  ):
    for name in names:
      os.makedirs(str(tmp_path / folder / name))
  folders = [str(tmp_path / name) for name in ('missing', 'a', 'b')]
  found = machine.installed(folders)
  assert found['numpy'] == '1.18.5'
  assert found['tensorflow-gpu'] == '1.15.5'
  assert 'numpy' in machine.installed()


def test_processor():
  text = 'processor\t: 0\nmodel name\t: Xeon 5\nflags\t\t: fpu avx avx2\n'
  assert machine.processor(text) == (
    'Xeon 5',
    frozenset(['fpu', 'avx', 'avx2']),
  )
  assert machine.processor('') == (None, None)


def _smi(answers):
  return lambda fields: answers.get(fields.split(',')[0])


def test_cards_tell_their_compute_capability():
  text = '7.5, Tesla T4, 15360 MiB, 470.1\n8.6, RTX A5000, 24 GiB, 525.2\n'
  assert machine.cards(_smi({'compute_cap': text})) == [
    ('Tesla T4', (7, 5), '15360 MiB', '470.1'),
    ('RTX A5000', (8, 6), '24 GiB', '525.2'),
  ]


def test_an_old_driver_leaves_the_name():
  names = (
    ('NVIDIA A100-SXM4-40GB', (8, 0)), ('GeForce RTX 3090', (8, 0)),
    ('NVIDIA GeForce RTX 4070 Ti', (8, 0)), ('NVIDIA H100 PCIe', (8, 0)),
    ('NVIDIA RTX A6000', (8, 0)), ('NVIDIA L40S', (8, 0)),
    ('GeForce RTX 2080 Ti', (0, 0)), ('GeForce GTX 1080 Ti', (0, 0)),
    ('Tesla V100-SXM2-16GB', (0, 0)), ('TITAN RTX', (0, 0)),
  )  # fmt: skip
  text = ''.join('%s, 1 MiB, 450\n' % name for name, _ in names)
  found = machine.cards(_smi({'name': text}))
  assert [(card.name, card.capability) for card in found] == list(names)


def test_no_driver_no_cards():
  assert machine.cards(_smi({})) == []


def test_memory_is_what_the_container_may_use():
  files = {'/proc/meminfo': 'MemTotal:       4194304 kB\nMemFree: 1 kB\n'}

  def read(path):
    return files.get(path, '')

  assert machine.memory_limit(read) == 4 << 30
  files['/sys/fs/cgroup/memory.max'] = 'max\n'
  assert machine.memory_limit(read) == 4 << 30
  files['/sys/fs/cgroup/memory.max'] = '1073741824\n'
  assert machine.memory_limit(read) == 1 << 30
  assert machine.memory_limit(lambda path: '') is None


def test_look_at_this_machine():
  facts = machine.look()
  assert facts.python == tuple(sys.version_info[:2])
  assert facts.tensorflow and facts.failure is None
  assert facts.packages['numpy'] and facts.cores > 0 and facts.disk > 0


def test_looking_imports_no_tensorflow():
  code = (
    'import sys; from src.doctor import machine, traps; '
    "print([n for n in sys.modules if n.startswith('tensorflow')])"
  )
  done = subprocess.check_output([sys.executable, '-c', code])
  assert done == b'[]\n'
