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

from src.tf1 import tf


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


def _merge(values):
  return tf.raw_ops.Merge(inputs=values)[0]


def case(index, branches, value, training):
  """Applies the branch that `index` selects; the others do not run.

  Args:
    index: int32 scalar in [0, len(branches)).
    branches: functions of one tensor; all results have the same shape. In
      training they must read their variables through `read`.
    value: tensor, the branches' input.
    training: whether gradients will be asked for.

  Returns:
    the selected branch's result.
  """
  count = len(branches)
  selected = tf.unstack(tf.equal(index, tf.range(count)), count)
  results, rest = [], value
  for number, branch in enumerate(branches):
    if number < count - 1:
      rest, mine = switch(rest, selected[number])
    else:
      mine = rest
    with _reading_only_if(selected[number] if training else None):
      results.append(branch(mine))
  merged = _merge(results)
  merged.set_shape(results[0].shape)
  return merged


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
  result = _merge([skipped, added + term])
  result.set_shape(total.shape)
  return result
