"""Marks the tests of `-m smoke`, and begins with the files that take long.

Makes `tests` and its folders real packages, before pytest can make stand-ins:
that of Python 3.6 invents parent modules of the tests it imports, which would
hide the helpers there. And lets processes that tests start hear SIGINT, which a
shell has its background jobs ignore.
"""

import gc
import importlib
import pathlib
import signal

import pytest

from tests import smoke

_HERE = pathlib.Path(__file__).resolve().parent

for _folder in sorted({path.parent for path in _HERE.rglob('*/*.py')}):
  _parts = _folder.relative_to(_HERE.parent).parts
  importlib.import_module('.'.join(_parts))

# Graphs are many objects that stay: to look for garbage among them as often as
# Python does takes a tenth of the time.
gc.set_threshold(50000, 20, 20)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
  signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope='module')
def shared_graphs():
  """See `tiny_runs.shared_graphs`; for modules that ask for it."""
  # Not above: it imports TensorFlow.
  from tests import tiny_runs

  with tiny_runs.shared_graphs:
    yield


def pytest_collection_modifyitems(items):
  for item in items:
    if smoke.chosen(item.nodeid):
      item.add_marker(pytest.mark.smoke)
  # Files that take long begin first, lest one process has the last one alone.
  slow = {item.fspath for item in items if item.get_closest_marker('slow')}
  items.sort(key=lambda item: item.fspath not in slow)
