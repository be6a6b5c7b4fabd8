"""Only what the architecture selected runs.

A weight-sharing child holds every operation of every layer, but one step uses
one architecture. The functions here route tensors with TensorFlow's dataflow
primitives: `Switch` passes its input to one of two outputs and marks the other
as dead; whatever has a dead input is dead too and is not executed; `Merge`
passes on the one input that is alive. No operation needs to be built inside a
special context, gradients are dead exactly where the forward pass was, and a
layer costs a handful of extra nodes.

Graph functions only; source: DESIGN of this project, ENAS section 2.3 (one
sampled architecture a step).
"""

import contextlib
import typing

from src.nn import variables
from src.tf1 import tf


class Choice(typing.NamedTuple):
  """One of several options, as `choice` makes it.

  Attributes:
    index: int32 scalar.
    chosen: list of bool scalars, one of them true.
    one_hot: float32 [number of options, 1].
    last: list of bool scalars or None; for `select`, whether the option is
      chosen here for the last time.
  """

  index: typing.Any
  chosen: typing.Sequence
  one_hot: typing.Any
  last: typing.Optional[typing.Sequence] = None


@tf.RegisterGradient('EnasSwitch')
def _switch_gradient(op, dead_or_false, dead_or_true):
  """Of the two outputs' gradients, the one that is alive."""
  del op
  return _merge([dead_or_false, dead_or_true]), None


@tf.RegisterGradient('EnasAddIf')
def _add_if_gradient(op, grad_total, grad_term, *unused):
  """Gradients of `add_if`: the total's passes on; the term's gains it, or not.

  Inputs of the marked op are (result, term, total, condition).
  """
  del unused
  return (
    None,
    _choose_add(op.inputs[3], grad_term, grad_total),
    grad_total,
    None,
  )


def switch(value, condition):
  """Returns (value if not condition, value if condition), one of them dead."""
  with tf.get_default_graph().gradient_override_map({'Switch': 'EnasSwitch'}):
    return tf.raw_ops.Switch(data=value, pred=condition)


@tf.RegisterGradient('EnasGate')
def _gate_gradient(op, dead_or_false, dead_or_true):
  """Dead where the value was."""
  del op, dead_or_false
  return dead_or_true, None


def gate(value, condition):
  """The value where the condition holds, else dead, and so is the gradient."""
  with tf.get_default_graph().gradient_override_map({'Switch': 'EnasGate'}):
    return tf.raw_ops.Switch(data=value, pred=condition)[1]


@tf.RegisterGradient('EnasMerge')
def _merge_gradient(op, grad, unused):
  """The gradient goes where the value came from."""
  del unused
  count = len(op.inputs)
  sources = tf.equal(op.outputs[1], _range(count))
  return [switch(grad, one)[1] for one in tf.unstack(sources, count)]


def _merge(values):
  """The one value that is alive."""
  with tf.get_default_graph().gradient_override_map({'Merge': 'EnasMerge'}):
    merged = tf.raw_ops.Merge(inputs=values)[0]
  merged.set_shape(values[0].shape)
  return merged


def _range(count):
  return variables.shared_constant(tuple(range(count)), 'int32')


def choice(index, count):
  """Choice of option `index` [int32 scalar] among `count`."""
  chosen = tf.equal(index, _range(count))
  one_hot = tf.cast(chosen, tf.float32)[:, None]
  return Choice(index, tf.unstack(chosen, count), one_hot)


def case(index, branches, value, gradients):
  """Applies the branch that `index` selects; the others do not run.

  Args:
    index: int32 scalar in [0, len(branches)).
    branches: functions of one tensor; all results have the same shape. With
      gradients they must read their variables through `read`.
    value: tensor, the branches' input.
    gradients: whether any will be asked for.

  Returns:
    the selected branch's result.
  """
  count = len(branches)
  selected = tf.unstack(tf.equal(index, tf.range(count)), count)
  return choose(Choice(index, selected, None), branches, value, gradients)


def choose(which, branches, value, gradients):
  """`case` for a Choice that is made once and used in several places."""
  selected, count = which.chosen, len(branches)
  results, rest = [], value
  for number, branch in enumerate(branches):
    if number < count - 1:
      rest, mine = switch(rest, selected[number])
    else:
      mine = rest
    with _reading_only_if(selected[number] if gradients else None):
      results.append(branch(mine))
  return _merge(results)


def select(which, tensors, gradients):
  """The tensor that was chosen; nothing is copied.

  With gradients, all tensors are handed on as a second result and must be used
  in place of the originals from there on, the last time through `gate`, open
  for those that no `select` chooses. So the gradients of a tensor's uses are
  summed along one chain, and only those that exist: where nothing uses a tensor
  later, its gradient from later uses is dead.

  Args:
    which: Choice; with gradients one with `last`.
    tensors: list of tensors of one shape.
    gradients: whether any will be asked for.

  Returns:
    (tensor, list of tensors)
  """
  chosen = which.chosen[: len(tensors)]
  value = _merge([switch(*pair)[1] for pair in zip(tensors, chosen)])
  if not gradients:
    return value, tensors
  last = which.last[: len(tensors)]
  override = {'IdentityN': 'EnasSelect'}
  with tf.get_default_graph().gradient_override_map(override):
    marked = tf.identity_n([value] + tensors + chosen + last)
  return marked[0], marked[1 : 1 + len(tensors)]


@tf.RegisterGradient('EnasSelect')
def _select_gradient(op, grad_value, *rest):
  """Gradients of `select`: the chosen tensor's gains one, or begins with it.

  Inputs of the marked op are (value, tensors, chosen, last).
  """
  count = (len(op.inputs) - 1) // 3
  chosen, last = (
    op.inputs[1 + count : 1 + 2 * count],
    op.inputs[1 + 2 * count :],
  )
  gradients = []
  for grad, here, ends in zip(rest[:count], chosen, last):
    skipped, added = switch(grad, here)
    total = tf.add_n([added, grad_value])
    gradients.append(_merge([skipped, total, switch(grad_value, ends)[1]]))
  return [None] + gradients + [None] * (2 * count)


def add_gated(total, condition, term):
  """total + term where the condition holds, else total.

  Args:
    total: tensor.
    condition: bool scalar.
    term: tensor of the same shape, dead where the condition does not hold.
  """
  skipped, added = switch(total, condition)
  return _merge([skipped, tf.add_n([added, term])])


# The conditions under which the branches being built will run; each holds the
# outer ones too, so the last is what counts.
_conditions = []


@contextlib.contextmanager
def _reading_only_if(condition):
  if condition is not None and _conditions and _conditions[-1] is not None:
    condition = tf.logical_and(_conditions[-1], condition)
  _conditions.append(condition)
  try:
    yield
  finally:
    _conditions.pop()


def read(variable):
  """The variable's value for use in a branch.

  The gradient of a variable whose branch was not selected is zero; outside of
  branches this is the plain value.
  """
  if not _conditions or _conditions[-1] is None:
    return variable.value()
  # Control inputs of the branch would kill the other output along with it.
  with tf.control_dependencies(None):
    return switch(variable.value(), _conditions[-1])[1]


def row(variable, which):
  """Row `which` of a variable [n, m] for use in a branch; float32 [m].

  In a branch that does not run the index is dead, and with it the row; one
  index serves all variables of the branch.

  Args:
    variable: variable, read as by `read`.
    which: Choice of one in n.
  """
  condition = _conditions[-1] if _conditions else None
  index = which.index
  if condition is not None:
    index = variables.shared(
      'index/%s/%s' % (index.name, condition.name),
      lambda: gate(which.index, condition),
    )
  rule = _ROW + index.name
  if not tf.get_collection(rule):
    tf.add_to_collection(rule, (which.one_hot, condition))
  axis = variables.shared_constant(0, 'int32')
  override = {'GatherV2': 'EnasRow'}
  with tf.get_default_graph().gradient_override_map(override):
    return tf.raw_ops.GatherV2(
      params=variable.value(), indices=index, axis=axis
    )


_ROW = 'enas_row_'


@tf.RegisterGradient('EnasRow')
def _row_gradient(op, grad):
  """Zero in all rows but one, and in that too if the branch did not run."""
  ((one_hot, condition),) = tf.get_collection(_ROW + op.inputs[1].name)
  if condition is not None:
    size = int(grad.shape[0])
    zeros = variables.shared(
      'zeros/%d/%s' % (size, condition.name),
      lambda: switch(tf.zeros([size]), condition)[0],
    )
    grad = _merge([grad, zeros])
  return one_hot * grad, None, None


def add_if(condition, total, term):
  """Adds `term` to `total` where the condition holds, else does nothing.

  The term is handed on as a second result and should be used in place of
  the original from there on: so its gradient is summed along one chain, and an
  addition that the forward pass skipped is skipped by the backward pass too.

  Args:
    condition: bool scalar.
    total: tensor.
    term: tensor of the same shape.

  Returns:
    (total or total + term, term)
  """
  result = _choose_add(condition, total, term)
  override = {'IdentityN': 'EnasAddIf'}
  with tf.get_default_graph().gradient_override_map(override):
    result, term, _, _ = tf.identity_n([result, term, total, condition])
  return result, term


def _choose_add(condition, total, term):
  skipped, added = switch(total, condition)
  return _merge([skipped, added + term])
