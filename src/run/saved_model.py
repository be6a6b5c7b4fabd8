"""Networks as SavedModels: what TensorFlow Serving and TensorFlow 2 can load.

Variables become constants, so that a model depends on no kind of variable and
no saver. Beside it lies `enas.json`, which says what it is for.
"""

import contextlib
import json
import os
import shutil

from src.arc import text as text_lib
from src.run import session as session_lib
from src.run import tf_names
from src.run.errors import RunError
from src.tf1 import tf

NOTE = 'enas.json'
_SIGNATURE = 'serving_default'
ENCODED = 'encoded'  # the signature that takes files


def check_target(path):
  """Raises RunError if a model cannot be written to this new folder."""
  if os.path.lexists(path):
    raise RunError(
      '%s is there already: choose another --export_dir or --export_version'
      % path
    )
  try:
    os.makedirs(path)
    os.rmdir(path)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def write(session, path, inputs, outputs, files, decoder=None):
  """Writes a part of a session's graph, with the values of its variables.

  Args:
    session: open session.
    path: str, a folder that is not there yet; it appears when all is written.
    inputs: dict from name to placeholder.
    outputs: dict from name to tensor.
    files: dict from the name of a file beside the model, `NOTE` among them, to
      what it holds, written as JSON, or, where it is a str, as it is.
    decoder: (name of an input, function of a placeholder of strings that
      returns what is fed to it), or None. With it there is a second signature,
      `encoded`, whose input of that name takes the strings.

  Raises:
    RunError: the folder is there or cannot be written.
  """
  check_target(path)
  inputs = dict(inputs)
  frozen = tf.graph_util.convert_variables_to_constants(
    session,
    session.graph.as_graph_def(),
    [tensor.op.name for tensor in outputs.values()],
  )
  part = path.rstrip('/') + '.part'
  shutil.rmtree(part, ignore_errors=True)
  try:
    os.makedirs(part)
    with tf.Graph().as_default() as graph, tf_names.sayable(part) as name:
      input_map, encoded = {}, {}
      if decoder is not None:
        name_of_input, decode = decoder
        placeholder = inputs[name_of_input]
        strings = tf.placeholder(tf.string, [None], 'encoded/strings')
        inputs[name_of_input] = input_map[placeholder.name] = (
          tf.placeholder_with_default(
            decode(strings), placeholder.shape, 'encoded/or_not'
          )
        )
        encoded = dict(inputs, **{name_of_input: strings})
      tf.import_graph_def(frozen, name='', input_map=input_map)

      def _infos(tensors):
        return {
          name: tf.saved_model.utils.build_tensor_info(
            graph.get_tensor_by_name(tensor.name)
          )
          for name, tensor in tensors.items()
        }

      builder = tf.saved_model.builder.SavedModelBuilder(name)
      with session_lib.open_session(graph) as empty:
        builder.add_meta_graph_and_variables(
          empty,
          [tf.saved_model.tag_constants.SERVING],
          {
            name: tf.saved_model.build_signature_def(
              _infos(fed),
              _infos(outputs),
              tf.saved_model.signature_constants.PREDICT_METHOD_NAME,
            )
            for name, fed in ((_SIGNATURE, inputs), (ENCODED, encoded))
            if fed
          },
        )
      builder.save()
    for name, content in files.items():
      with text_lib.open_text(os.path.join(part, name), 'w') as file:
        if isinstance(content, str):
          file.write(content)
        else:
          json.dump(content, file, indent=2, sort_keys=True)
          file.write('\n')
    os.rename(part, path)
  except (OSError, tf.errors.OpError) as error:
    shutil.rmtree(part, ignore_errors=True)
    raise RunError('cannot write %s: %s' % (path, error)) from error


def is_one(path):
  """Whether a folder holds a model that `write` wrote."""
  return os.path.isfile(os.path.join(path, NOTE))


@contextlib.contextmanager
def opened(path, signature=_SIGNATURE):
  """Yields (function from a dict of arrays to a dict of arrays, note).

  Args:
    path: str, the folder.
    signature: str, which of the model's.

  Raises:
    RunError: the folder holds no such model, or a damaged one.
  """
  with contextlib.ExitStack() as stack:
    try:
      with text_lib.open_text(os.path.join(path, NOTE)) as file:
        note = json.load(file)
      if not isinstance(note, dict):
        raise ValueError('%s is no object of JSON' % NOTE)
      graph = tf.Graph()
      session = stack.enter_context(session_lib.open_session(graph))
      with graph.as_default(), tf_names.sayable(path) as name:
        model = tf.saved_model.loader.load(
          session, [tf.saved_model.tag_constants.SERVING], name
        )
      signature = model.signature_def[signature]
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
      raise RunError(
        'cannot read the model in %s: %s' % (path, str(error).split('\n')[0])
      ) from error
    fetches = {name: info.name for name, info in signature.outputs.items()}

    def _run(arrays):
      feeds = {signature.inputs[name].name: arrays[name] for name in arrays}
      return session.run(fetches, feeds)

    yield _run, note
