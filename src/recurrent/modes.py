"""What `--mode` says: search, derive, test, train one cell, train it again."""

import copy
import csv
import os

from src.arc import record
from src.arc import text as text_lib
from src.arc.dag_json import to_dag_json
from src.recurrent import derivation, extra_gradient, pictures, run_dirs
from src.run import checkpoints, directory, events, program
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError
from src.view import tables

# Flags of cells that say how they are trained or scored.
_OF_TRAINING = {'child_fixed_arc', 'dag_path', 'preset_dir', 'eval_norm'}
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
  _finish(flags, DONE, curves)
  if flags.lookahead_diagnostic_every and flags.controller_training:
    print(extra_gradient.verdict([extra_gradient.diagnoses(flags.output_dir)]))


def single(task, flags, given):
  """Trains the one cell of --dag_path."""
  resumed(task, flags, given)
  arc = task.parse_arc(flags, flags.child_fixed_arc)
  _run(task, flags)
  directory.write(flags.output_dir, 'dag.json', to_dag_json(arc) + '\n')
  pictures.put(
    arc,
    os.path.join(flags.output_dir, 'dag.png'),
    flags.output == 'all_nodes',
  )
  with task.scorer(flags, _prefix(task, flags)) as scorer:
    found = derivation.tested(scorer, arc)
  _finish(
    flags,
    DONE,
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
  alone = flags_alone(flags, arc, os.path.join(flags.output_dir, SCRATCH))
  task.check(alone)
  program.check(task, alone)  # before what the run has derived is replaced
  if not flags.use_preset_arc and flags.derive_from == 'controller':
    derivation.keep(arc, flags)
  task.begins_with = prefix if flags.scratch_init == 'shared' else None
  found = train_alone(task, alone, arc)
  _finish(
    alone,
    os.path.join(os.pardir, SCRATCH_DONE),
    {
      'eval_scratch__final_val_ppl': found['valid'].value,
      'eval_scratch__final_test_ppl': found['test'].value,
    },
  )


def flags_alone(flags, arc, path):
  """A copy of flags, for the training of one cell alone in a folder."""
  alone = copy.copy(flags)
  alone.child_fixed_arc = str(arc)
  alone.output_dir = path
  alone.shared_initial_step = alone.derive_split = 0
  return alone


def train_alone(task, alone, arc, splits=('valid', 'test')):
  """Trains a cell, or goes on until its epochs or --patience are over.

  Args:
    task: Recurrent.
    alone: what `flags_alone` returned, checked.
    arc: RecurrentArc.
    splits: sequence of str, texts that it is scored on then.

  Returns:
    dict from these to evaluate.Perplexity, of the epoch that was best on
    validation.

  Raises: as `program.training`.
  """
  _run(task, alone)
  with task.scorer(alone, _prefix(task, alone)) as scorer:
    return derivation.tested(scorer, arc, 'scratch ', splits)


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
    found = run_dirs.find(flags.load_path, flags.log_dir, flags.dataset)
    if 'output_dir' in given and flags.output_dir != flags.load_path:
      raise UsageError(
        '--load_path=%s and --output_dir=%s: a run goes on in its own folder, '
        'give one' % (flags.load_path, flags.output_dir)
      )
    flags.output_dir = found
    _take_over(task, flags, given)
  task.check(flags)
  if not flags.output_dir:
    flags.output_dir = run_dirs.new(
      flags.log_dir, flags.dataset, flags.train_type
    )


def _take_over(task, flags, given):
  """Sets the flags that were not given as the run has them."""
  folder, stored = flags.output_dir, directory.read_flags(flags.output_dir)
  found = record.read(folder)
  if found is not None and found.package != task.name:
    raise UsageError('%s is a run of src.%s' % (folder, found.package))
  of_cell = {row.name for row in dict(task.flag_table.GROUPS)['Cell']}
  for row in flags_lib.rows(task.flag_table.GROUPS):
    if row.name not in stored or row.may_change and not row.inherited:
      continue
    value = stored[row.name]
    if not _fits(value, row):
      raise RunError(
        '%s/%s is damaged: %s is %s'
        % (folder, directory.FLAGS_FILE, row.name, text_lib.quote(value))
      )
    if row.name not in given:
      setattr(flags, row.name, value)
    elif row.name in of_cell - _OF_TRAINING and flags.mode != 'train':
      if getattr(flags, row.name) != value:
        raise UsageError(
          '%s was made with --%s=%s: its weights serve no other cells'
          % (folder, row.name, text_lib.quote(value))
        )


def _fits(value, row):
  kinds = {'bool': bool, 'int': int, 'float': (int, float), 'str': str}
  if value is None:
    return row.default is None
  if isinstance(row.kind, tuple):
    return value in row.kind
  return isinstance(value, kinds[row.kind]) and (
    row.kind == 'bool' or not isinstance(value, bool)
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


def _run(task, flags):
  _check_period(flags)
  if flags.reset_output_dir or not _out_of_patience(flags):
    program.training(
      task,
      flags,
      stop=lambda at: at[1:] == (0, 0) and _out_of_patience(flags),
    )


def _check_period(flags):
  """A cosine over all epochs is another one when there are more."""
  stored = directory.read_flags(flags.output_dir) or {}
  before = stored.get('max_epoch', flags.max_epoch)
  if flags.reset_output_dir or before == flags.max_epoch:
    return
  ends = flags.entropy_coeff_final is not None and not flags.entropy_anneal_to
  searches = not flags.child_fixed_arc
  for name, used in (
    ('shared_lr_cosine', flags.shared_lr_cosine),
    ('controller_lr_cosine', searches and flags.controller_lr_cosine),
    ('entropy_coeff_final', searches and ends),
  ):
    if used:
      raise UsageError(
        '%s was made with --max_epoch=%d, which is the period of --%s'
        % (flags.output_dir, before, name)
      )


def _out_of_patience(flags):
  """Whether validation has not improved for --patience epochs."""
  path = os.path.join(flags.output_dir, tables.METRICS)
  count = flags.patience if flags.mode == 'train_scratch' else 0
  if not count or not os.path.isfile(path):
    return False
  with text_lib.open_text(path) as file:
    found = [
      float(row['perplexity'])
      for row in csv.DictReader(file)
      if row['phase'] == 'valid'
    ]
  return bool(found) and len(found) - 1 - found.index(min(found)) >= count


def _best(task, flags):
  """(checkpoint with the best validation, the cell that was derived then)."""
  prefix = _prefix(task, flags)
  for found in checkpoints.find(os.path.dirname(prefix)):
    if os.path.basename(found.prefix) == os.path.basename(prefix):
      if found.state.get('best'):
        return prefix, task.parse_arc(flags, found.state['best'])
  raise UsageError('%s: no cell was derived' % flags.output_dir)


def _finish(flags, name, curves):
  """Writes the last curves, in a file of their own, and that it is done."""
  folder = os.path.join(flags.output_dir, 'final')
  if flags.use_tensorboard:
    try:
      os.makedirs(folder, exist_ok=True)
    except OSError as error:
      raise RunError(
        'cannot make the directory %s: %s' % (folder, error.strerror)
      ) from error
    writer = events.Events(folder)
    writer.start({})
    writer.scalars(flags.max_epoch, **curves)
    writer.close()
  directory.write(flags.output_dir, name, 'Done\n')
