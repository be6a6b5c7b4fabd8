"""Which architectures of a search are shown, and how."""

from src.arc import ArcError
from src.arc.describe import caption
from src.arc.picture import Look


def select(shown, every=None):
  """Architectures that tell a search in order.

  Args:
    shown: list of log.Shown.
    every: int k, to take each k-th one and the last; or None, to take the best
      of each epoch.

  Returns:
    list of log.Shown.

  Raises:
    ArcError: every is less than 1, or there is none.
  """
  if not shown:
    raise ArcError('no architecture is shown there, as in the log of a search')
  if every is not None:
    if every < 1:
      raise ArcError('--every=%s: expected at least 1' % every)
    taken = shown[every - 1 :: every]
    return taken if taken and taken[-1] is shown[-1] else taken + [shown[-1]]
  best = {}
  for entry in shown:
    kept = best.get(entry.epoch)
    if kept is None or (entry.accuracy or 0) > (kept.accuracy or 0):
      best[entry.epoch] = entry
  if set(best) == {None}:  # an extracted file knows no epochs
    return shown
  return [entry for epoch, entry in best.items() if epoch is not None]


def ranked(shown):
  """list of log.Shown by accuracy, the best first, of equal ones the last.

  Late architectures come from a controller that has learnt more.
  """
  late_first = list(reversed(shown))
  return sorted(late_first, key=lambda entry: -(entry.accuracy or 0))


def look(record):
  """The `Look` of a run's search model, without a title.

  Args:
    record: `src.arc` Record.
  """
  network = record.network
  return Look(
    operations=record.space and record.space.actions,
    out_filters=network.out_filters,
    image_size=network.image_size,
    num_reductions=network.num_reductions,
    loose_ends=network.loose_ends,
  )


def title(shown, record):
  """The line above an architecture of a run.

  Args:
    shown: history.Shown.
    record: `src.arc` Record.
  """
  return caption(
    shown.arc,
    shown.epoch,
    shown.accuracy,
    record.network,
    operations=record.space and record.space.actions,
  )


def final_look(arc, record):
  """The `Look` of the fixed network of an architecture, with its title."""
  looked = look(record)
  text = caption(
    arc, network=record.network, view='final', operations=looked.operations
  )
  return looked._replace(
    title=text, view='final', separable=record.network.separable
  )
