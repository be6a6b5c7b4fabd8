"""Marks the tests of `-m smoke`; makes `tests` and its folders real packages.

The latter before pytest can make stand-ins: that of Python 3.6 invents parent
modules of the tests it imports, which would hide the helpers there.
"""

import importlib
import os

import pytest

from tests import smoke

_HERE = os.path.dirname(os.path.abspath(__file__))

for _name in sorted(os.listdir(_HERE)):
  if os.path.isdir(os.path.join(_HERE, _name)) and _name.isidentifier():
    importlib.import_module('tests.' + _name)


def pytest_collection_modifyitems(items):
  for item in items:
    if smoke.chosen(item.nodeid):
      item.add_marker(pytest.mark.smoke)
