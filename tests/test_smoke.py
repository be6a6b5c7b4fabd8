"""What `-m smoke` runs are tests that exist, some of every package."""

import os
import re

import pytest

from tests import smoke

TESTS = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.join(os.path.dirname(TESTS), 'src')


@pytest.mark.parametrize('entry', smoke.SMOKE)
def test_every_entry_exists(entry):
  path, _, name = entry.partition('::')
  with open(os.path.join(TESTS, path), encoding='utf-8') as file:
    assert re.search(
      r'^def %s' % (name + r'\b' if name else 'test_'), file.read(), re.M
    )


def test_every_package_has_one():
  packages = [
    name
    for name in os.listdir(SRC)
    if os.path.exists(os.path.join(SRC, name, '__init__.py'))
  ]
  assert {entry.split('/')[0] for entry in smoke.SMOKE} >= set(packages)


def test_entries_are_whole_names():
  assert smoke.chosen('tests/arc/test_macro.py::test_parse[0]')
  assert smoke.chosen('tests/test_architecture.py::test_floors[src/tf1.py]')
  assert not smoke.chosen('tests/test_architecture.py::test_floors_too')
  assert not smoke.chosen('tests/arc/test_counts.py::test_parse')


def test_what_is_chosen_is_marked(request):
  marked = {
    item.nodeid
    for item in request.session.items
    if item.get_closest_marker('smoke')
  }
  assert marked == {
    item.nodeid for item in request.session.items if smoke.chosen(item.nodeid)
  }
