"""Learning curves of a search: matplotlib pictures from its log."""

import io

import numpy as np
from matplotlib.ticker import (
  FuncFormatter,
  LogLocator,
  MaxNLocator,
  NullLocator,
)
from matplotlib.transforms import ScaledTranslation

from src.arc import paint
from src.view import guess

VALID, TEST, SAMPLED = '#0072b2', '#d55e00', '#009e73'
# A legend of more operations names their kinds.
MOST_OPERATIONS = 12
_BELOW, _BESIDE = 0.72, 1.15  # inches for the legends of a panel
MOVING_AVERAGE = 20  # epochs, as on the poster of the CODEBRIM paper


def overview(history, width=13.0, panel_height=2.5):
  """All curves that a log has data for, on one matplotlib `Figure`.

  Args:
    history: log.History.
    width: float, in inches.
    panel_height: float, in inches.
  """
  chosen = panels(history)
  columns = min(4, max(1, len(chosen)))
  rows = max(1, -(-len(chosen) // columns))
  figure = paint.new_figure(width, rows * panel_height)
  for number, panel in enumerate(chosen, 1):
    panel(figure.add_subplot(rows, columns, number), history)
  height = rows * panel_height
  figure.subplots_adjust(
    left=0.035, right=0.9, top=1 - 0.35 / height, bottom=_BELOW / height,
    wspace=0.2, hspace=0.65,
  )  # fmt: skip
  return figure


def each(history, width=4.6, height=2.7):
  """Yields a matplotlib `Figure` for each panel, to be read at 400 pixels.

  Args: as `overview`; both in inches.
  """
  for panel in panels(history):
    figure = paint.new_figure(width, height)
    panel(figure.add_subplot(1, 1, 1), history)
    beside = _BESIDE if panel is operations else 0.15
    figure.subplots_adjust(
      left=0.45 / width, right=1 - beside / width, top=1 - 0.35 / height,
      bottom=_BELOW / height,
    )  # fmt: skip
    yield figure


def as_svg(figure):
  """A matplotlib figure as an `<svg>` element with real text."""
  import matplotlib

  text = io.StringIO()
  settings = {'svg.fonttype': 'none', 'svg.hashsalt': 'report'}
  with matplotlib.rc_context(settings):
    figure.savefig(text, format='svg', metadata={'Date': None})
  content = text.getvalue()
  return content[content.index('<svg') :]


def panels(history):
  """list of the functions (ax, history) that have something to draw."""
  chosen = []
  if history.valid or history.test or history.shown:
    chosen.append(accuracy)
  if any(history.perplexity.values()):
    chosen.append(perplexity)
  if history.child and not _of_text(history):
    chosen += [loss, learning_rate]
  if history.controller:
    chosen += [reward, entropy]
  if any(shown.arc.skip_rate is not None for shown in history.shown):
    chosen.append(skip_rate)
  if any(hasattr(shown.arc, 'operation_counts') for shown in history.shown):
    chosen.append(operations)
  return chosen


def accuracy(ax, history):
  """Accuracy of each epoch: evaluations, and the architectures shown."""
  epochs, groups = _by_epoch(history.shown)
  values = [
    [s.accuracy for s in group if s.accuracy is not None] for group in groups
  ]
  if any(values):
    kept = [(e, v) for e, v in zip(epochs, values) if v]
    epochs = [e for e, _ in kept]
    means = np.array([np.mean(v) for _, v in kept])
    low = [min(v) for _, v in kept]
    high = [max(v) for _, v in kept]
    ax.fill_between(epochs, low, high, color=SAMPLED, alpha=0.2, linewidth=0)
    ax.plot(epochs, means, color=SAMPLED, label='sampled, one batch')
    if len(means) > 2 * MOVING_AVERAGE:
      smooth = np.convolve(
        means, np.ones(MOVING_AVERAGE) / MOVING_AVERAGE, 'valid'
      )
      ax.plot(
        epochs[MOVING_AVERAGE - 1 :],
        smooth,
        color=paint.INK,
        linewidth=1,
        label='mean of %d epochs' % MOVING_AVERAGE,
      )
  for name, colour in (('valid', VALID), ('test', TEST)):
    found = getattr(history, name)
    if found:
      ax.plot(
        _epochs(found), [e.accuracy for e in found], color=colour, label=name
      )
  for epoch in restarts(history):
    ax.axvline(epoch, color=paint.GREY, linestyle=':', linewidth=1)
  _finish(ax, _measure(history))
  _legend(ax)


def perplexity(ax, history):
  """Perplexity in training and in each epoch's evaluations."""
  steps = [c for c in history.child if c.perplexity is not None]
  if steps:
    ax.plot(
      _child_epochs(history),
      [c.perplexity for c in history.child],
      color=paint.GREY,
      linewidth=0.8,
      label='train, the pass so far',
    )
  colours = (('valid', VALID), ('probe', SAMPLED), ('test', TEST))
  for name, colour in colours:
    found = history.perplexity[name]
    if found:
      values = [e.accuracy for e in found]
      marker = '.' if len(values) == 1 else None
      ax.plot(_epochs(found), values, color=colour, label=name, marker=marker)
  ax.set_yscale('log')
  low, high = ax.get_ylim()
  if high > 5 * low:
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
  else:
    ax.yaxis.set_major_locator(MaxNLocator(5))
  ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: '%g' % y))
  ax.yaxis.set_minor_locator(NullLocator())
  _finish(ax, 'perplexity')
  _legend(ax)


def _of_text(history):
  """Whether a language model was trained.

  Its loss and learning rate say how long a window was, and little else.
  """
  return any(c.perplexity is not None for c in history.child)


def _measure(history):
  """What an architecture's number is."""
  return history.shown[0].arc.measure if history.shown else 'accuracy'


def loss(ax, history):
  """Loss of the child's training batches."""
  ax.plot(_child_epochs(history), [c.loss for c in history.child], color=VALID)
  _finish(ax, 'training loss of the child')


def learning_rate(ax, history):
  """Learning rate of the child."""
  ax.plot(
    _child_epochs(history),
    [c.learning_rate for c in history.child],
    color=paint.GREY,
  )
  _finish(ax, 'learning rate of the child')
  ax.set_ylim(bottom=0)


def reward(ax, history):
  """Accuracy in controller steps, and the baseline."""
  epochs = _controller_epochs(history)
  steps = history.controller
  ax.plot(
    epochs,
    [c.accuracy for c in steps],
    '.',
    markersize=2,
    color=SAMPLED,
    label='one batch',
  )
  ax.plot(
    epochs, [c.baseline for c in steps], color=paint.INK, label='baseline'
  )
  _finish(ax, _measure(history) + " in the controller's steps")
  _legend(ax)


def entropy(ax, history):
  """Entropy of the controller."""
  ax.plot(
    _controller_epochs(history),
    [c.entropy for c in history.controller],
    color='#7570b3',
  )
  _finish(ax, 'entropy of the controller')


def skip_rate(ax, history):
  """Mean share of skip connections in the architectures of an epoch."""
  epochs, groups = _by_epoch(history.shown)
  rates = [[s.arc.skip_rate for s in group] for group in groups]
  means = [np.mean([r for r in of if r is not None] or [0]) for of in rates]
  ax.plot(epochs, means, color=paint.GREY)
  _finish(ax, 'skip connections, share')
  ax.set_ylim(0, 1)


def operations(ax, history):
  """Share of each operation in the architectures of an epoch, stacked."""
  epochs, groups = _by_epoch(history.shown)
  space = history.space or guess.record_of({}, history.shown).space
  counts = np.zeros([len(space.operations), len(groups)])
  for column, group in enumerate(groups):
    for shown in group:
      of_arc = space.operation_counts(shown.arc)
      counts[: len(of_arc), column] += of_arc
  names, counts = _few(space.operations, counts)
  shares = counts / counts.sum(axis=0)
  colours = [paint.operation_colour(operation) for operation, _ in names]
  labels = [label for _, label in names]
  if len(epochs) > 1:
    ax.stackplot(epochs, shares, labels=labels, colors=colours)
  else:
    left = 0
    for share, label, colour in zip(shares[:, 0], labels, colours):
      ax.bar(epochs, share, bottom=left, color=colour, label=label)
      left += share
  _finish(ax, 'operations, share')
  ax.set_ylim(0, 1)
  handles, texts = ax.get_legend_handles_labels()
  ax.legend(
    handles[::-1],
    texts[::-1],
    fontsize=6.5,
    loc='center left',
    bbox_to_anchor=(1, 0.5),
    frameon=False,
  )


def _few(chosen, counts):
  """Operations with their labels, and their counts; many are one a kind."""
  if len(chosen) <= MOST_OPERATIONS:
    return [(operation, operation.label) for operation in chosen], counts
  kinds = {}
  for operation, of_operation in zip(chosen, counts):
    if operation.kind in kinds:
      kinds[operation.kind][1] += of_operation
    else:
      kinds[operation.kind] = [operation, of_operation.copy()]
  return (
    [(operation, kind) for kind, (operation, _) in kinds.items()],
    np.array([of_kind for _, of_kind in kinds.values()]),
  )


def restarts(history):
  """Epochs in which the child's learning rate started anew."""
  found = []
  if _of_text(history):
    return found
  for before, after in zip(history.child, history.child[1:]):
    if after.learning_rate > 1.5 * before.learning_rate:
      found.append(after.epoch)
  return found


def _finish(ax, title):
  ax.set_title(title, fontsize=9, loc='left')
  ax.tick_params(labelsize=7)
  ax.set_xlabel('epoch', fontsize=7, loc='right', labelpad=1)
  ax.xaxis.set_major_locator(MaxNLocator(integer=True))
  for side in ('top', 'right'):
    ax.spines[side].set_visible(False)


def _legend(ax):
  """Names the curves, below the axes: within, it would lie on some of them."""
  if not ax.get_legend_handles_labels()[0]:
    return
  ax.legend(
    fontsize=7, frameon=False, ncol=2, loc='upper left', borderaxespad=0,
    bbox_to_anchor=(0, 0), bbox_transform=_below(ax),
    columnspacing=1, handlelength=1.5,
  )  # fmt: skip


def _below(ax):
  """Coordinates of the axes, moved down to below the numbers of the x axis."""
  down = ScaledTranslation(0, -0.22, ax.figure.dpi_scale_trans)
  return ax.transAxes + down


def _by_epoch(shown):
  """(epochs, lists of Shown); in blocks of ten where no epoch is known."""
  groups = {}
  known = [entry for entry in shown if entry.epoch is not None]
  for number, entry in enumerate(known or shown):
    epoch = number // 10 + 1 if entry.epoch is None else entry.epoch
    groups.setdefault(epoch, []).append(entry)
  return list(groups), list(groups.values())


def _epochs(evaluations):
  return [
    number if e.epoch is None else e.epoch
    for number, e in enumerate(evaluations, 1)
  ]


def _child_epochs(history):
  """The child's steps in epochs, with fractions where that is known."""
  found = history.evaluations()
  if found and found[-1].step and found[-1].epoch:
    steps_an_epoch = found[-1].step / float(found[-1].epoch)
    return [c.step / steps_an_epoch for c in history.child]
  return [c.epoch for c in history.child]


def _controller_epochs(history):
  """Controller steps spread over the epoch they end."""
  counts, places = {}, []
  for step in history.controller:
    place = counts.get(step.epoch, 0)
    counts[step.epoch] = place + 1
    places.append((step.epoch or 0, place))
  return [
    epoch + place / float(counts.get(epoch, 1) or 1) for epoch, place in places
  ]
