"""Published architectures."""

import pytest

from src.arc import MacroArc, MicroArc

# The 24-layer network of melodyguan/enas, scripts/cifar10_macro_final.sh.
A24_ROWS = """
0
3 0
0 1 0
2 0 0 1
2 0 0 0 0
3 1 1 0 1 0
2 0 0 0 0 0 1
2 0 1 1 0 1 1 1
1 0 1 1 1 0 1 0 1
0 0 0 0 0 0 0 0 0 0
2 0 0 0 0 0 1 0 0 0 0
0 1 0 0 1 1 0 0 0 0 1 1
2 0 1 0 0 0 0 0 1 0 1 1 0
1 0 0 1 0 0 0 1 1 1 0 1 0 1
0 1 1 0 1 0 1 0 0 0 0 0 1 0 0
2 0 0 1 0 0 0 0 0 0 0 1 0 1 0 1
2 0 1 0 0 0 1 0 0 1 1 1 1 0 0 1 0
2 0 0 0 0 1 0 1 0 1 0 0 1 0 1 0 0 1
3 0 1 1 0 1 0 0 0 0 0 1 0 1 0 1 0 0 0
3 0 1 1 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 1
0 1 0 0 1 0 1 1 0 0 0 1 0 0 0 0 0 1 1 0 0
3 0 1 0 1 1 0 0 1 0 1 1 0 1 1 0 1 0 0 1 0 0
0 1 0 1 0 1 0 0 0 0 0 0 0 0 1 0 1 0 0 1 0 0 0
0 1 1 0 0 0 1 1 1 0 1 0 0 0 1 0 1 0 0 1 1 0 0 0
"""


@pytest.fixture
def a24():
  return MacroArc.parse(A24_ROWS)


@pytest.fixture
def bridge_arc():
  """The 7-layer network that the CODEBRIM fork ships (its bit 0: stem)."""
  return MacroArc.parse(
    '0 5 0 3 1 1 4 0 0 1 4 0 0 0 0 5 1 0 0 0 0 2 ' + '0 ' * 6
  )


@pytest.fixture
def m5():
  """The cells of melodyguan/enas, scripts/cifar10_micro_final.sh."""
  return MicroArc.parse(
    '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 '
    '1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1'
  )
