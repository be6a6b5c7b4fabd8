"""Marks the tests of `-m smoke`; makes `tests` the real package.

The latter before pytest can make a stand-in: that of Python 3.6 invents parent
modules of the tests it imports, which would hide the helpers here.
"""

import pytest

import tests.made_log  # noqa: F401
from tests import smoke


def pytest_collection_modifyitems(items):
  for item in items:
    if smoke.chosen(item.nodeid):
      item.add_marker(pytest.mark.smoke)
