"""The one door to TensorFlow: every other module says `from src.tf1 import tf`.

The same graph code runs under TensorFlow 1.15 and, in TF1 mode, under
TensorFlow 2.x: only names that exist in `tensorflow.compat.v1` of both are
used, nothing executes eagerly, and control flow is the old dataflow kind
(Switch and Merge), which `src/nn/lazy.py` is built on.
"""

import os
import warnings

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

with warnings.catch_warnings():
  # TensorFlow 1.15 uses NumPy in ways that newer NumPy announces as outdated.
  warnings.simplefilter('ignore')
  import tensorflow.compat.v1 as tf

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()
tf.disable_control_flow_v2()

VERSION = tf.__version__

__all__ = ['tf', 'VERSION']
