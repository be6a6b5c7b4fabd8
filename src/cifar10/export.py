"""`--mode=export`: a trained network as a SavedModel."""

import os

from src.run import program, saved_model
from src.run.errors import UsageError


def export(task, flags, given):
  """Writes the fixed network of a checkpoint to a new folder.

  Its signature `serving_default` takes `images`, as `graphs.Infer` does, and
  gives `logits` and `probabilities`.

  Args:
    task: ImageTask; its `classes(data)` names the outputs.
    flags: flag values.
    given: set of the names that were given, see `program.locate_checkpoint`.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  prefix = program.locate_checkpoint(task, flags, given)
  if flags.child_fixed_arc is None:
    raise UsageError(
      '--mode=export needs the checkpoint of a fixed network: train one with '
      '--child_fixed_arc'
    )
  path = flags.export_dir or os.path.join(
    os.path.dirname(prefix), 'saved_model'
  )
  saved_model.check_target(path)
  data = None
  if task.graph_needs_data:
    data = task.read_data(flags, task.tell)
  with task.restored(flags, prefix, data) as (session, graph):
    infer = graph.infer
    saved_model.write(
      session,
      path,
      {'images': infer.images},
      {'logits': infer.logits, 'probabilities': infer.probabilities},
      {
        'arc': flags.child_fixed_arc,
        'checkpoint': os.path.basename(prefix),
        'classes': task.classes(data),
        'image_size': int(infer.images.shape[1]),
        'task': task.name,
        'type': infer.images.dtype.name,
      },
    )
  print('The network is in %s: see its enas.json' % path)
