"""Gradients of several workers, averaged where the variables are.

What TensorFlow's `SyncReplicasOptimizer` is made of, without its queue of
tokens: a gradient that was computed for an older update is dropped.
"""

from src.tf1 import tf


class Accumulators:
  """One accumulator a variable, on the variable's device.

  Attributes:
    local_step: int64 placeholder, the update a gradient is computed for.
    add: op, adds this run's gradients unless they are stale.
    means: list of float32 tensors; reading them waits for `count` gradients,
      takes them out and makes all that are still computed stale.
    ready: int32 scalar, how many gradients every variable has.
  """

  def __init__(self, trained, gradients, count):
    """Builds all of it.

    Args:
      trained: list of variables.
      gradients: list of their gradients, float32.
      count: int, gradients averaged per update.
    """
    self.local_step = tf.placeholder(tf.int64, [], 'local_step')
    adds, self.means, self._parts, restarts = [], [], [], []
    for variable, gradient in zip(trained, gradients):
      with tf.colocate_with(variable.op):
        one = tf.ConditionalAccumulator(
          tf.float32,
          variable.shape,
          shared_name=variable.op.name + '/accumulator',
        )
        adds.append(one.apply_grad(gradient, self.local_step))
        self.means.append(one.take_grad(count))
        self._parts.append((one.num_accumulated(), one.take_grad(1)))
        restarts.append(one.set_global_step(self.local_step))
    self.add = tf.group(*adds)
    self._counts = tf.stack([held for held, _ in self._parts])
    self.ready = tf.reduce_min(self._counts)
    self._restart = tf.group(*restarts)

  def restart(self, session, step):
    """Forgets what was added, and takes gradients for update `step` on."""
    counts = session.run(self._counts)
    session.run([take for (_, take), held in zip(self._parts, counts) if held])
    session.run(self._restart, {self.local_step: step})
