"""Pictures of a run's cells, in ENAS-pytorch's palette."""

from src.arc import palette
from src.arc.draw import arc_png
from src.run.errors import RunError


def put(arc, path, all_nodes=False):
  """Draws a cell into a file.

  Args:
    arc: RecurrentArc.
    path: str, ending in .png.
    all_nodes: bool, whether its output is the mean of all nodes but node 0.

  Raises:
    RunError: the file cannot be written.
  """
  averaged = range(1, arc.num_nodes) if all_nodes else None
  try:
    palette.draw_dag(arc, path, averaged=averaged)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def png(arc, all_nodes=False):
  """The same as bytes."""
  return arc_png(arc, layout='palette', loose_ends=not all_nodes)
