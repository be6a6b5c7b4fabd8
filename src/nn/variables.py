"""Variables whose first values come from NumPy, keyed by seed and name.

A variable created here costs four graph nodes (a slot three) and holds no
initialisation arithmetic: its value is put in from outside, either its own
initial value or one read from a checkpoint, by `src.run.session.load`. So an
initial value depends on nothing but the run's seed and the variable's name.
"""

import numpy as np

from src.nn import keyed
from src.tf1 import tf

_INITIAL_VALUES = 'enas_initial_values'

# What a truncated normal on [-2, 2] has as standard deviation.
_TRUNCATED_STDDEV = 0.87962566103423978


def create(name, shape, initial, trainable=True, dtype='float32', saved=True):
  """Creates the variable `name` in the current scope, or returns it.

  Args:
    name: str, relative to the current variable scope.
    shape: sequence of ints.
    initial: function (generator, shape) -> array, one of those below.
    trainable: whether the optimiser may change it.
    dtype: str, 'float32', 'int32' or 'int64'.
    saved: whether it counts among the global variables, whose names are those
      of melodyguan/enas. Others (gradient sums) are local variables.

  Returns:
    a `tf.Variable` that reads the same in every graph built on it.
  """
  shape = [int(size) for size in shape]

  def _value(shape, dtype=None, partition_info=None):
    del partition_info
    created.append(_initial_value(initial, shape, dtype))
    return created[0]

  created = []
  kinds = tf.GraphKeys
  variable = tf.get_variable(
    name,
    shape,
    tf.as_dtype(dtype),
    initializer=_value,
    trainable=trainable,
    use_resource=False,
    collections=[kinds.GLOBAL_VARIABLES if saved else kinds.LOCAL_VARIABLES],
  )
  if created:
    tf.add_to_collection(_INITIAL_VALUES, (variable, initial))
  return variable


def _initial_value(initial, shape, dtype):
  """What a new variable is initialised with in the graph: what is fed."""
  del initial
  return tf.placeholder(dtype, shape, name='initial_value')


def slot(variable, name):
  """What an optimiser keeps beside a variable: of its shape, zero at first.

  Updates and checkpoints use it by reference, so no node reads it.

  Args:
    variable: variable.
    name: str, of the slot, such as 'Momentum'.

  Returns:
    a `tf.Variable` that is not trained.

  Raises:
    ValueError: the variable has such a slot.
  """
  name = '%s/%s' % (variable.op.name, name)
  shape, dtype = variable.shape, variable.dtype.base_dtype
  with tf.control_dependencies(None), tf.name_scope(None):
    reference = tf.raw_ops.VariableV2(shape=shape, dtype=dtype, name=name)
    if reference.op.name != name:
      raise ValueError('variable %s exists already' % name)
    value = tf.placeholder(dtype, shape, name + '/initial_value')
    assign = tf.assign(reference, value, name=name + '/Assign')
  definition = variable.to_proto()
  definition.variable_name = definition.snapshot_name = reference.name
  definition.initial_value_name = value.name
  definition.initializer_name = assign.op.name
  definition.trainable = False
  made = tf.Variable(variable_def=definition, use_resource=False)
  tf.add_to_collection(tf.GraphKeys.GLOBAL_VARIABLES, made)
  tf.add_to_collection(_INITIAL_VALUES, (made, zeros))
  return made


def found_slot(variable, name):
  """The `tf.Variable` that `slot` made; see there.

  Raises:
    ValueError: the variable has no such slot.
  """
  name = '%s/%s' % (variable.op.name, name)
  for made in tf.get_collection(tf.GraphKeys.GLOBAL_VARIABLES):
    if made.op.name == name:
      return made
  raise ValueError('there is no variable %s' % name)


def initial_values(seed, graph=None):
  """Every variable's initial value, as a dict from name to array."""
  entries = (graph or tf.get_default_graph()).get_collection(_INITIAL_VALUES)
  values = {}
  for variable, initial in entries:
    name = variable.op.name
    shape = variable.shape.as_list()
    generator = keyed.generator(seed, 'initial value of ' + name)
    array = np.asarray(initial(generator, shape), variable.dtype.as_numpy_dtype)
    values[name] = np.broadcast_to(array, shape)
  return values


def shared(name, build):
  """A tensor that the graph holds once, however often it is asked for.

  Args:
    name: str, what it is.
    build: function () -> tensor, called the first time.
  """
  name = 'enas_shared_' + name
  found = tf.get_collection(name)
  if not found:
    with tf.control_dependencies(None), tf.name_scope(None):
      found = [build()]
    tf.add_to_collection(name, found[0])
  return found[0]


def shared_constant(value, dtype='float32'):
  """`shared`, a constant.

  Args:
    value: number or nested tuples of numbers.
    dtype: str.
  """
  return shared(
    'constant/%s/%r' % (dtype, value), lambda: tf.constant(value, dtype)
  )


def zeros(generator, shape):
  """Initial value: zeros."""
  del generator
  return np.zeros(shape)


def ones(generator, shape):
  """Initial value: ones."""
  del generator
  return np.ones(shape)


def constant(value):
  """Initial value: the given number or array."""
  return lambda generator, shape: np.broadcast_to(value, shape)


def uniform(limit):
  """Initial value: uniform in [-limit, limit]."""
  return lambda generator, shape: generator.uniform(-limit, limit, shape)


def glorot_uniform(generator, shape):
  """Initial value: uniform with variance 2 / (fan-in + fan-out) of a matrix."""
  limit = np.sqrt(6.0 / sum(shape))
  return generator.uniform(-limit, limit, shape)


def he_normal(generator, shape):
  """Initial value: truncated normal with variance 2 / fan-in.

  The fan-in is TensorFlow's: all sizes but the last multiplied, so that a
  depthwise kernel [k, k, C, 1] counts k * k * C (docs/FIDELITY.md, D22).
  """
  fan_in = int(np.prod(shape[:-1]))
  values = generator.standard_normal(shape)
  outside = np.abs(values) > 2
  while outside.any():
    values[outside] = generator.standard_normal(int(outside.sum()))
    outside = np.abs(values) > 2
  return values * (np.sqrt(2.0 / max(fan_in, 1)) / _TRUNCATED_STDDEV)


def he_uniform(generator, shape):
  """Initial value: uniform with variance 2 / fan-in.

  The fan-in is what one output sees: of a depthwise kernel [k, k, C, 1], k * k.
  """
  seen = shape[:2] if len(shape) == 4 and shape[3] == 1 else shape[:-1]
  limit = np.sqrt(6.0 / max(int(np.prod(seen)), 1))
  return generator.uniform(-limit, limit, shape)
