"""The one door to TensorFlow: every other module says `from src.tf1 import tf`.

The same graph code runs under TensorFlow 1.15 and, in TF1 mode, under
TensorFlow 2.x: only names that exist in `tensorflow.compat.v1` of both are
used, nothing executes eagerly, and control flow is the old dataflow kind
(Switch and Merge), which `src/nn/lazy.py` is built on.
"""

import contextlib
import functools
import os
import sys
import tempfile
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


@contextlib.contextmanager
def _quiet():
  """Holds back what is said on stderr, unless an exception follows.

  TensorFlow 2 greets from C++ before any log level is in force, and 1.15 uses
  NumPy in ways that newer NumPy announces as outdated.
  """
  sys.stderr.flush()
  kept = os.dup(2)
  with tempfile.TemporaryFile() as said, warnings.catch_warnings():
    warnings.simplefilter('ignore')
    os.dup2(said.fileno(), 2)
    try:
      yield
    except BaseException:
      said.seek(0)
      os.write(kept, said.read())
      raise
    finally:
      os.dup2(kept, 2)
      os.close(kept)


with _quiet():
  import tensorflow.compat.v1 as tf

  tf.logging.set_verbosity(tf.logging.ERROR)
  tf.disable_v2_behavior()
  tf.disable_control_flow_v2()

  # 1.15 looks for outdated arguments whenever an operation is created, which
  # takes about a sixth of the time that graphs need.
  from tensorflow.python.util import deprecation

  deprecation._PRINT_DEPRECATION_WARNINGS = False

VERSION = tf.__version__

if VERSION.startswith('1.'):
  # It also notes for each operation where it was made, however deep that is;
  # the innermost calls tell.
  from tensorflow.python.util import tf_stack

  tf_stack.extract_stack = functools.partial(tf_stack.extract_stack, limit=16)

__all__ = ['tf', 'VERSION']
