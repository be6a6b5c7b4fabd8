"""Which architectures of a search are shown, and how."""

from src.arc import ArcError, MacroArc
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


def look(flags):
  """The `Look` of a run's search model, without a title.

  Args:
    flags: dict, a run's `flags.json`; may be empty.
  """
  return Look(
    out_filters=_out_filters(flags),
    image_size=flags.get('child_img_size', 32),
    loose_ends=flags.get('child_average_loose_ends'),
  )


def _num_classes(flags):
  """As `flags.json` says it; that of AEROBI, which has six, does not."""
  return flags.get('num_classes', 6 if 'child_img_size' in flags else 10)


def title(shown, flags):
  """The line above an architecture of a run.

  Args:
    shown: log.Shown.
    flags: dict, the run's `flags.json`; may be empty.
  """
  return caption(
    shown.arc,
    shown.epoch,
    shown.accuracy,
    _out_filters(flags),
    num_classes=_num_classes(flags),
    image_size=flags.get('child_img_size', 32),
  )


def final_look(arc, flags):
  """The `Look` of the fixed network of an architecture, with its title."""
  separable = bool(flags.get('child_fixed_separable'))
  counting = {'num_classes': _num_classes(flags)}
  if isinstance(arc, MacroArc):
    counting['separable'] = separable
  text = caption(
    arc,
    out_filters=_out_filters(flags),
    view='final',
    network_layers=flags.get('child_num_layers'),
    image_size=flags.get('child_img_size', 32),
    **counting,
  )
  return look(flags)._replace(title=text, view='final', separable=separable)


def _out_filters(flags):
  filters = flags.get('child_out_filters')
  return filters and filters * flags.get('child_out_filters_scale', 1)
