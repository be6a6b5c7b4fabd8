"""Architectures as values: parse, check, count and draw. No TensorFlow.

Importing this package needs NumPy only; matplotlib is loaded by the first
drawing.
"""

from src.arc.channel_macro import ChannelMacroArc
from src.arc.counts import (
  Stage,
  count_multiply_adds,
  count_parameters,
  count_search_parameters,
  stages,
)
from src.arc.draw import draw_macro, macro_figure
from src.arc.errors import ArcError
from src.arc.macro import Edge, MacroArc, pool_layers
from src.arc.operations import MACRO_OPERATIONS, Operation, first_operations
from src.arc.rows import tensor_name

__all__ = [
  'ArcError',
  'ChannelMacroArc',
  'Edge',
  'MACRO_OPERATIONS',
  'MacroArc',
  'Operation',
  'Stage',
  'count_multiply_adds',
  'count_parameters',
  'count_search_parameters',
  'draw_macro',
  'first_operations',
  'macro_figure',
  'pool_layers',
  'stages',
  'tensor_name',
]
