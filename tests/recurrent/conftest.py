"""Every test in this folder builds in a graph of its own."""

import pytest

from src.tf1 import tf


@pytest.fixture(autouse=True)
def graph():
  with tf.Graph().as_default() as fresh:
    yield fresh
