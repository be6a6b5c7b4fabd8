"""Architectures as values: parse, check, count and draw. No TensorFlow.

Importing this package needs NumPy only; matplotlib is loaded by the first
drawing.
"""

from src.arc import hadamard_capacity  # noqa: F401 (measures of its cells)
from src.arc.channel_macro import ChannelMacroArc
from src.arc.counts import (
  Stage,
  count_multiply_adds,
  count_parameters,
  count_search_parameters,
  stages,
)
from src.arc.dag import Dag
from src.arc.dag_space import DagSpace
from src.arc.draw import arc_figure, arc_svg, draw_arc
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.arc.hadamard_space import HadamardSpace
from src.arc.macro import Edge, MacroArc, pool_layers
from src.arc.micro import Block, MicroArc
from src.arc.operations import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  PNAS_OPERATIONS,
  PNAS_PAPER_OPERATIONS,
  PNAS_SEED_OPERATIONS,
  RECURRENT_ACTIVATIONS,
  Operation,
  operations_named,
)
from src.arc.pnas import PNASNET_5, PnasArc
from src.arc.reading import arc_of_rows, read_arc
from src.arc.recurrent import RecurrentArc
from src.arc.rows import tensor_name
from src.arc.spaces import CellsSpace, MacroSpace, PnasSpace, RecurrentSpace

__all__ = [
  'ArcError',
  'Block',
  'CellsSpace',
  'ChannelMacroArc',
  'Dag',
  'DagSpace',
  'Edge',
  'HadamardArc',
  'HadamardSpace',
  'MACRO_OPERATIONS',
  'MICRO_OPERATIONS',
  'MacroArc',
  'MacroSpace',
  'MicroArc',
  'Operation',
  'PNASNET_5',
  'PNAS_OPERATIONS',
  'PNAS_PAPER_OPERATIONS',
  'PNAS_SEED_OPERATIONS',
  'PnasArc',
  'PnasSpace',
  'RECURRENT_ACTIVATIONS',
  'RecurrentArc',
  'RecurrentSpace',
  'Stage',
  'arc_figure',
  'arc_of_rows',
  'arc_svg',
  'count_multiply_adds',
  'count_parameters',
  'count_search_parameters',
  'draw_arc',
  'operations_named',
  'pool_layers',
  'read_arc',
  'stages',
  'tensor_name',
]
