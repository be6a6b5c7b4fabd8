"""The installed command, from any folder; and every subcommand has a main."""

import importlib
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from src.use import command

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize('name', sorted(command.COMMANDS))
def test_subcommands(name, capsys):
  module, with_name, _ = command.COMMANDS[name]
  program = importlib.import_module(module).main
  with pytest.raises(SystemExit) as caught:
    program(['x'] * with_name + ['--help'])
  assert caught.value.code in (0, None)
  assert 'usage' in capsys.readouterr().out.lower()


def test_what_is_no_command(capsys):
  assert command.main(['seach']) == 2
  assert "error: there is no command 'seach': expected cifar10, " in (
    capsys.readouterr().err
  )
  assert command.main([]) == 2 and command.main(['--help']) == 0
  assert '  predict    what a network sees' in capsys.readouterr().out


def test_installed(tmp_path):
  """Into a folder of its own, without its dependencies, which are here."""
  target, source = str(tmp_path / 'installed'), tmp_path / 'source'
  shutil.copytree(str(ROOT / 'src'), str(source / 'src'))
  for name in ('setup.cfg', 'pyproject.toml', 'README.md', 'LICENSE'):
    shutil.copy(str(ROOT / name), str(source))
  pip = [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps']
  pip += ['--no-build-isolation', '--no-index', '--target', target, str(source)]
  subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
  shown = subprocess.run(
    [os.path.join(target, 'bin', 'enas'), 'arc', 'info', '0 1 0'],
    cwd=str(tmp_path),
    env=dict(os.environ, PYTHONPATH=target),
    stdout=subprocess.PIPE,
    universal_newlines=True,
  )
  assert shown.returncode == 0 and 'macro network' in shown.stdout
  installed = tmp_path / 'installed' / 'src'
  assert (installed / 'view' / 'report.html').is_file()
  assert not (tmp_path / 'installed' / 'tests').exists()
