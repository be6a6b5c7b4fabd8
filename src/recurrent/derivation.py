"""Cells that a finished search prefers: sampled, ranked, drawn, tested."""

import collections
import os
import sys

from src.arc import pasted
from src.arc import text as text_lib
from src.arc.dag_json import to_dag_json
from src.recurrent import experiment, pictures
from src.run import checkpoints, directory, scoring
from src.run.errors import RunError, UsageError

TABLES = {'controller': 'derive.csv', 'random': 'derive_random.csv'}


def located(flags):
  """What `--checkpoint_path` of a run is: its best checkpoint, or its last.

  The last one too where the best is damaged, which is told on stderr.
  """
  if checkpoints.best(flags.output_dir) is None:
    return flags.output_dir
  path = flags.output_dir + checkpoints.BEST
  try:
    checkpoints.locate(path)
  except RunError as error:
    print('warning: %s; taking the last one' % error, file=sys.stderr)
    return flags.output_dir
  return path


def derive(scorer, flags, split='derive'):
  """Samples cells, scores each distinct one, and tells the best.

  derive.csv has all of them, best first; derive_random.csv those of chance.

  Args:
    scorer: evaluate.Scorer.
    flags: flag values; output_dir is the run's.
    split: 'derive', or 'valid' for all of the validation text.

  Returns:
    (RecurrentArc, evaluate.Perplexity) of the best.

  Raises:
    UsageError: nothing samples; RunError: a file cannot be written.
  """
  table = ranked(scorer, flags, split)
  columns = ('rank', 'arc', 'times_sampled') + scorer.SCORE.RANKED
  rows = [
    (rank, str(arc), times) + score.ranked_row()
    for rank, (arc, times, score) in enumerate(table, 1)
  ]
  scoring.write(
    os.path.join(flags.output_dir, TABLES[flags.derive_from]), [columns] + rows
  )
  arc, _, score = table[0]
  print('derive | best PPL: %8.6f' % score.value)
  print('best: %s' % str(arc))
  return arc, score


def ranked(scorer, flags, split='derive'):
  """Samples cells and scores each distinct one; writes nothing.

  Args, Raises: see `derive`.

  Returns:
    list of (RecurrentArc, times sampled, evaluate.Perplexity), best first.
  """
  if scorer.graph.sample is None:
    raise UsageError('%s trained one cell: nothing samples' % flags.output_dir)
  count, random = flags.derive_num_sample, flags.derive_from == 'random'
  arcs = scorer.random(count) if random else scorer.sample(count)
  return scoring.ranked(scorer, arcs, split)


def keep(arc, flags, score=None):
  """Writes the derived cell as JSON, and its picture if it has a score."""
  text = to_dag_json(arc) + '\n'
  directory.write(flags.output_dir, experiment.DERIVED, text)
  if score is not None:
    name = 'derived-%6.4f-best.png' % score.value
    folder = os.path.join(flags.output_dir, experiment.NETWORKS)
    all_nodes = flags.output == 'all_nodes'
    pictures.put(arc, os.path.join(folder, name), all_nodes)


def kept(task, flags):
  """The cell that a run has derived, or that --dag_path is of."""
  path = flags.dag_path
  if not path:
    path = os.path.join(flags.output_dir, experiment.DERIVED)
    if not os.path.isfile(path):
      raise UsageError(
        '--use_preset_arc: %s is not there; give --dag_path, or leave it out '
        'to derive a cell' % path
      )
  return task.parse_arc(flags, pasted.one(path))


def tested(scorer, arc, prefix='', splits=('valid', 'test')):
  """Tells and returns the perplexities of a cell on texts, a dict."""
  found = collections.OrderedDict()
  for split in splits:
    found[split] = scorer.score(arc, split)
    name = 'val' if split == 'valid' else split
    print(
      '%s%s eval | loss: %8.2f | ppl: %8.2f'
      % (prefix, name, found[split].log, found[split].value)
    )
  return found


def seen(path, arc):
  """(step of the first sample that was this cell, how many were), or None.

  Args:
    path: str, the run directory, whose sampled.csv says.
    arc: RecurrentArc.
  """
  text, first, count = str(arc), None, 0
  try:
    with text_lib.open_text(os.path.join(path, experiment.SAMPLED)) as file:
      for line in file:
        step, _, cell = line.rstrip('\n').partition(',')
        if cell == text:
          first, count = first or int(step), count + 1
  except OSError:
    return None
  return None if first is None else (first, count)
