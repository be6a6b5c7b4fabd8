"""`--mode=export`: a trained network as a SavedModel."""

import os
import typing

from src.arc import text as text_lib
from src.run import program, saved_model
from src.run.errors import UsageError


class Exported(typing.NamedTuple):
  """What a task gives of a restored network.

  Attributes:
    session: open session with its weights.
    inputs: dict from name to placeholder.
    outputs: dict from name to tensor.
    note: dict, what the model's user must know.
    beside: dict from file name to what it holds, as JSON, or as it is where
      that is a str.
    decoder: see `saved_model.write`.
  """

  session: typing.Any
  inputs: dict
  outputs: dict
  note: dict
  beside: dict = {}
  decoder: typing.Any = None


def export(task, flags, given):
  """Writes the fixed network of a checkpoint to a new folder.

  Args:
    task: program.Task; its `exported(flags, prefix)` is a context that gives
      `Exported`, the signature `serving_default`.
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
  if flags.export_version is not None:
    path = os.path.join(path, str(flags.export_version))
  saved_model.check_target(path)
  with task.exported(flags, prefix) as network:
    note = dict(
      network.note,
      arc=flags.child_fixed_arc,
      checkpoint=os.path.basename(prefix),
      task=task.name,
    )
    saved_model.write(
      network.session,
      path,
      network.inputs,
      network.outputs,
      dict(network.beside, **{saved_model.NOTE: note}),
      network.decoder,
    )
  text_lib.say('The network is in %s: see its %s' % (path, saved_model.NOTE))
