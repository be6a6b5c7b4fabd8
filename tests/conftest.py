"""Marks the tests of `-m smoke`; makes `tests` and its folders real packages.

The latter before pytest can make stand-ins: that of Python 3.6 invents parent
modules of the tests it imports, which would hide the helpers there. And lets
processes that tests start hear SIGINT, which a shell has its background jobs
ignore.
"""

import importlib
import os
import signal

import pytest

from tests import smoke

_HERE = os.path.dirname(os.path.abspath(__file__))

for _name in sorted(os.listdir(_HERE)):
  if os.path.isdir(os.path.join(_HERE, _name)) and _name.isidentifier():
    importlib.import_module('tests.' + _name)


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
  signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
  for item in items:
    if smoke.chosen(item.nodeid):
      item.add_marker(pytest.mark.smoke)
