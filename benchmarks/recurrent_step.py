"""Search of ENAS-pytorch's cells at full size: this graph and a plain one.

  python -m benchmarks.recurrent_step [--steps=30]
  python -m benchmarks.recurrent_step --profile

With the defaults of `src.recurrent.train_regular`: 12 nodes, 1,000 features, 64
rows of 35 words; see `benchmarks.steps`. The other graph is a plain
transcription of the reference's cell: in each step each node gathers what it
reads from the nodes so far, and its two matrices from those of all pairs, and
one of four activations that are all computed; TensorFlow differentiates the
loop; the matrices of all pairs are clipped, decayed and updated. Both train
with SGD, and see the same words and architectures.
"""

import functools

from benchmarks import steps
from benchmarks.text_steps import Handles, Setting, measure

VOCAB, SIZE, NUM_NODES, BATCH, LENGTH = 10000, 1000, 12, 64, 35
DROP_WORDS, DROP_INPUTS, DROP_OUTPUTS, DROP_WEIGHTS = 0.1, 0.65, 0.4, 0.5
LR, GRAD_BOUND, DECAY, STATE_BOUND = 20.0, 0.25, 1e-7, 25.0
_ACTIVATIONS = 4


def build():
  """This project's graph."""
  from src.arc.dag_space import DagSpace
  from src.nn import clipping, schedules
  from src.recurrent import child, controller, graphs

  space = DagSpace(NUM_NODES)
  drop = child.Drop(DROP_WORDS, DROP_INPUTS, DROP_OUTPUTS, DROP_WEIGHTS)
  graph = graphs.build(
    child.ChildConfig(VOCAB, space, SIZE, SIZE, drop=drop),
    0,
    graphs.ChildTraining(
      BATCH,
      schedules.Constant(LR),
      l2_reg=DECAY,
      clip=clipping.GlobalNorm(GRAD_BOUND),
    ),
    controller.ControllerConfig(space),
  )
  train, infer = graph.train, graph.infer
  return Handles(
    [train.inputs, infer.inputs],
    [train.targets, infer.targets],
    graph.arc,
    [train.loss, train.train_ops.grad_norm, train.update],
    [infer.loss, infer.final],
  )


def build_plain():
  """A transcription of the reference's model."""
  from src.nn import variables
  from src.tf1 import tf

  initial = variables.uniform(0.025)
  pairs = NUM_NODES * (NUM_NODES - 1) // 2
  first = tf.constant([j * (j - 1) // 2 for j in range(NUM_NODES)])
  shapes = {
    'embedding': [VOCAB, SIZE], 'bias': [VOCAB], 'w_xc': [SIZE, SIZE],
    'b_xc': [SIZE], 'w_xh': [SIZE, SIZE], 'b_xh': [SIZE],
    'w_hc': [SIZE, SIZE], 'w_hh': [SIZE, SIZE], 'w_h': [pairs, SIZE, SIZE],
    'w_c': [pairs, SIZE, SIZE], 'scale': [SIZE], 'offset': [SIZE],
  }  # fmt: skip
  weights = {
    name: variables.create(name, shape, initial)
    for name, shape in shapes.items()
  }
  moving = [
    variables.create('moving_' + name, [SIZE], first, trainable=False)
    for name, first in (
      ('mean', variables.zeros), ('variance', variables.ones)
    )
  ]  # fmt: skip
  state = variables.create(
    'state', [BATCH, SIZE], variables.zeros, trainable=False
  )
  arc = tf.placeholder(tf.int32, [2 * NUM_NODES - 1])
  inputs = tf.placeholder(tf.int32, [BATCH, None])
  targets = tf.placeholder(tf.int32, [BATCH, None])

  def _drop(value, shape, share, training):
    return (
      tf.nn.dropout(value, rate=share, noise_shape=shape)
      if training
      else (value)
    )

  def _run(training):
    w = {name: tf.identity(variable) for name, variable in weights.items()}
    table = _drop(w['embedding'], [VOCAB, 1], DROP_WORDS, training)
    value = tf.nn.embedding_lookup(table, inputs)
    value = _drop(value, [BATCH, 1, SIZE], DROP_INPUTS, training)
    value = tf.transpose(value, [1, 0, 2])
    for name in ('w_hc', 'w_hh'):
      w[name] = _drop(w[name], None, DROP_WEIGHTS, training)
    read = tf.reduce_max(tf.one_hot(arc[1::2], NUM_NODES), 0)
    shares = (1.0 - read) / tf.reduce_sum(1.0 - read)

    def _activated(h, node):
      every = [tf.tanh(h), tf.nn.relu(h), h, tf.sigmoid(h)]
      return tf.gather(tf.stack(every), arc[2 * node])

    def _step(step, before, outputs):
      x = value[step]
      c = tf.sigmoid(x @ w['w_xc'] + w['b_xc'] + before @ w['w_hc'])
      h = _activated(x @ w['w_xh'] + w['b_xh'] + before @ w['w_hh'], 0)
      nodes = [c * h + (1.0 - c) * before]
      for node in range(1, NUM_NODES):
        place = arc[2 * node - 1]
        source = tf.gather(tf.stack(nodes), place)
        pair = first[node] + place
        c = tf.sigmoid(source @ tf.gather(w['w_c'], pair))
        h = _activated(source @ tf.gather(w['w_h'], pair), node)
        nodes.append(c * h + (1.0 - c) * source)
      output = tf.tensordot(shares, tf.stack(nodes), 1)
      after = nodes[-1]
      norm = tf.norm(after, axis=1, keepdims=True)
      bounded = STATE_BOUND / tf.maximum(norm, STATE_BOUND)
      after = after * tf.stop_gradient(bounded)
      after.set_shape([BATCH, SIZE])
      return step + 1, after, outputs.write(step, output)

    length = tf.shape(inputs)[1]
    _, final, outputs = tf.while_loop(
      lambda step, *rest: step < length,
      _step,
      [0, state.value(), tf.TensorArray(tf.float32, length)],
    )
    outputs = outputs.stack()
    if training:
      mean, variance = tf.nn.moments(outputs, [1], keepdims=True)
    else:
      mean, variance = (variable.value() for variable in moving)
    outputs = (outputs - mean) * tf.rsqrt(variance + 1e-5) * w['scale']
    outputs = tf.transpose(outputs + w['offset'], [1, 0, 2])
    outputs = _drop(outputs, [BATCH, 1, SIZE], DROP_OUTPUTS, training)
    logits = tf.einsum('bnd,vd->bnv', outputs, w['embedding']) + w['bias']
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
      labels=targets, logits=logits
    )
    updates = []
    if training:
      updates = [
        tf.assign_sub(old, 0.1 * (old - new[-1, 0]))
        for old, new in zip(moving, (mean, variance))
      ]
    return tf.reduce_mean(losses), final, updates

  loss, final, updates = _run(True)
  trained = list(weights.values())
  gradients = [
    tf.convert_to_tensor(gradient) for gradient in tf.gradients(loss, trained)
  ]
  gradients, norm = tf.clip_by_global_norm(gradients, GRAD_BOUND)
  gradients = [g + DECAY * v for g, v in zip(gradients, trained)]
  with tf.control_dependencies(gradients + updates):
    update = tf.train.GradientDescentOptimizer(LR).apply_gradients(
      zip(gradients, trained)
    )
  with tf.control_dependencies([update]):
    update = tf.group(tf.assign(state, final))
  in_use = _run(False)
  return Handles([inputs], [targets], arc, [loss, norm, update], in_use[:2])


def random_tokens(draw):
  """Those of a cell."""
  from src.arc.dag_space import DagSpace

  space = DagSpace(NUM_NODES)
  return space.tokens(space.random(draw))


OTHERS = {steps.EVERYTHING: build_plain}
SETTING = Setting(
  dict(OTHERS, selected=build), VOCAB, BATCH, LENGTH, random_tokens
)
SPACE = steps.Space(
  'benchmarks.recurrent_step',
  others=OTHERS,
  measure=functools.partial(measure, SETTING),
)

if __name__ == '__main__':
  steps.main(SPACE, __doc__.splitlines()[0])
