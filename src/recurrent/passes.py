"""How texts are read: training text in epochs that go on, others in rows."""

from src.ptb import evaluate
from src.ptb import windows as windows_lib

_ADVICE = (
  'make --batch_size, --test_batch_size or --shared_rnn_max_length smaller'
)


class Passes:
  """The windows of epochs that go on where the last one ended."""

  def __init__(self, width, config):
    """
    Args:
      width: int, columns of the training matrix.
      config: RunConfig.
    """
    self._all = windows_lib.full_windows(width, config.bptt)
    self._initial = config.initial_steps
    self._steps = config.shared_steps or len(self._all)

  def first_step(self, epoch):
    """The step, counted from the start of the run, that begins an epoch."""
    if self._initial and epoch:
      return self._initial + (epoch - 1) * self._steps
    return epoch * self._steps

  def window(self, step):
    """The `windows.Window` of a step."""
    return self._all[step % len(self._all)]


def rows_of(corpus, split, batch_size, bptt):
  """A text in rows; see `windows.matrix`."""
  text = getattr(corpus, split)
  return windows_lib.matrix(text, batch_size, bptt, split, _ADVICE)


def text_of(corpus, split, batch_size, bptt, kept=0, count=0):
  """A text as ENAS-pytorch evaluates it: rows side by side, whole.

  Args:
    corpus: corpus.Corpus.
    split: 'valid' or 'test'; 'reward' and 'derive' are the parts of 'valid'
      before its last `kept` windows and these, or all of it both if there are
      none.
    batch_size: int.
    bptt: int.
    kept: int.
    count: int, only the first windows; 0 for all.

  Returns:
    evaluate.Text.

  Raises:
    DataError: it is too short; UsageError: nothing is left for rewards.
  """
  part = split in ('reward', 'derive')
  source = 'valid' if part else split
  matrix = rows_of(corpus, source, batch_size, bptt)
  windows = windows_lib.full_windows(matrix.shape[1], bptt)
  if part:
    windows = evaluate.part_of(windows, split, kept)
  return evaluate.Text(matrix, windows[: count or None])
