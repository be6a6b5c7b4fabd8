"""What `--mode` says: search, derive, test, train one cell, train it again."""

import copy
import csv
import os

from src.arc import palette
from src.arc import text as text_lib
from src.arc.dag_json import to_dag_json
from src.recurrent import derivation, run_dirs
from src.run import checkpoints, directory, events, program
from src.run.errors import UsageError
from src.view import tables

SCRATCH = 'scratch'
DONE = 'train_done.txt'
SCRATCH_DONE = 'train_scratch_done.txt'


def train(task, flags, given):
  """Searches; at the end, what was derived is told, and tested."""
  resumed(task, flags, given)
  _run(task, flags)
  if flags.child_fixed_arc:
    return
  prefix, arc = _best(task, flags)
  index = derivation.seen(flags.output_dir, arc)
  print(
    'Index of best dag in DAGs seen during controller optimization is: %s'
    % ('none' if index is None else '%d (%d times)' % index)
  )
  with task.scorer(flags, prefix) as scorer:
    found = derivation.tested(scorer, arc)
  curves = {
    'eval__final_val_ppl': found['valid'].value,
    'eval__final_test_ppl': found['test'].value,
  }
  if index is not None:
    curves['dag_index__index'], curves['dag_index__counts'] = index
  _finish(flags.output_dir, DONE, flags.max_epoch, curves)


def single(task, flags, given):
  """Trains the one cell of --dag_path."""
  resumed(task, flags, given)
  arc = task.parse_arc(flags, flags.child_fixed_arc)
  _run(task, flags)
  directory.write(flags.output_dir, 'dag.json', to_dag_json(arc) + '\n')
  palette.draw_dag(arc, os.path.join(flags.output_dir, 'dag.png'))
  with task.scorer(flags, _prefix(task, flags)) as scorer:
    found = derivation.tested(scorer, arc)
  _finish(
    flags.output_dir,
    DONE,
    flags.max_epoch,
    {
      'eval__final_val_ppl': found['valid'].value,
      'eval__final_test_ppl': found['test'].value,
    },
  )


def derive(task, flags, given):
  """Derives a cell from a run, and draws it."""
  with task.scorer(flags, needed(task, flags, given)) as scorer:
    arc, score = derivation.derive(scorer, flags)
  if flags.derive_from == 'controller':
    derivation.keep(arc, flags, score)


def test(task, flags, given):
  """Derives a cell, and scores it on all of the valid and the test text."""
  with task.scorer(flags, needed(task, flags, given)) as scorer:
    arc, _ = derivation.derive(scorer, flags)
    derivation.tested(scorer, arc)


def train_scratch(task, flags, given):
  """Derives a cell and trains it alone, in the folder `scratch` of the run."""
  prefix = needed(task, flags, given)
  if flags.use_preset_arc:
    arc = derivation.kept(task, flags)
  else:
    with task.scorer(flags, prefix) as scorer:
      arc, _ = derivation.derive(scorer, flags, 'valid')
    derivation.keep(arc, flags)
  alone, run = copy.copy(flags), flags.output_dir
  alone.child_fixed_arc = str(arc)
  alone.output_dir = os.path.join(run, SCRATCH)
  alone.shared_initial_step = 0
  task.check(alone)
  task.begins_with = prefix if flags.scratch_init == 'shared' else None
  _run(task, alone)
  with task.scorer(alone, _prefix(task, alone)) as scorer:
    found = derivation.tested(scorer, arc, 'scratch ')
  _finish(
    alone.output_dir,
    os.path.join(os.pardir, SCRATCH_DONE),
    alone.max_epoch,
    {
      'eval_scratch__final_val_ppl': found['valid'].value,
      'eval_scratch__final_test_ppl': found['test'].value,
    },
  )


MODES = {
  'train': train,
  'single': single,
  'derive': derive,
  'test': test,
  'train_scratch': train_scratch,
}


def resumed(task, flags, given):
  """Sets the run directory: a new one, or that which is to go on."""
  if flags.load_path:
    flags.output_dir = run_dirs.find(
      flags.load_path, flags.log_dir, flags.dataset
    )
    stored = directory.read_flags(flags.output_dir)
    may_change = {
      row.name for row in _rows(task) if row.may_change and not row.inherited
    }
    for name, value in stored.items():
      if name in vars(flags) and name not in given | may_change:
        setattr(flags, name, value)
  task.check(flags)
  if not flags.output_dir:
    flags.output_dir = run_dirs.new(
      flags.log_dir, flags.dataset, flags.train_type
    )


def needed(task, flags, given):
  """The path prefix of the checkpoint of the run that --load_path means.

  Flags of its model that were not given are taken from it.
  """
  if not flags.load_path and not flags.output_dir:
    raise UsageError('--mode=%s needs --load_path: a run' % flags.mode)
  flags.load_path = flags.load_path or flags.output_dir
  resumed(task, flags, given)
  return _prefix(task, flags)


def _prefix(task, flags):
  flags.checkpoint_path = derivation.located(flags)
  return program.locate_checkpoint(task, flags, set(vars(flags)))


def _rows(task):
  return [row for _, group in task.flag_table.GROUPS for row in group]


def _run(task, flags):
  program.training(task, flags, stop=_patience(flags))


def _patience(flags):
  """Function of a position: whether validation has not improved for long."""
  count = flags.patience if flags.mode == 'train_scratch' else 0

  def _stop(position):
    if not count or position[1:] != (0, 0):
      return False
    path = os.path.join(flags.output_dir, tables.METRICS)
    with text_lib.open_text(path) as file:
      found = [
        float(row['perplexity'])
        for row in csv.DictReader(file)
        if row['phase'] == 'valid'
      ]
    return bool(found) and len(found) - 1 - found.index(min(found)) >= count

  return _stop


def _best(task, flags):
  """(checkpoint with the best validation, the cell that was derived then)."""
  prefix = _prefix(task, flags)
  for found in checkpoints.find(os.path.dirname(prefix)):
    if os.path.basename(found.prefix) == os.path.basename(prefix):
      if found.state.get('best'):
        return prefix, task.parse_arc(flags, found.state['best'])
  raise UsageError('%s: no cell was derived' % flags.output_dir)


def _finish(folder, name, epoch, curves):
  """Writes the last curves, in a file of their own, and that it is done."""
  writer = events.Events(os.path.join(folder, 'final'))
  os.makedirs(os.path.join(folder, 'final'), exist_ok=True)
  writer.start({})
  writer.scalars(epoch, **curves)
  writer.close()
  directory.write(folder, name, 'Done\n')
