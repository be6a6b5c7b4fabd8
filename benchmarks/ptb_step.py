"""Search of a recurrent cell at full size: this graph against the reference's.

  python -m benchmarks.ptb_step [--steps=30]
  python -m benchmarks.ptb_step --profile

With the settings of scripts/ptb_search.sh and windows of 35 words; see
`benchmarks.steps`. The other graph is enas_lm's way: at each node of each step
earlier nodes are stacked to take one out, all four activations are computed and
stacked to take one out; the loop is differentiated by TensorFlow; all shared
weights are masked, differentiated, clipped and updated. A third, `scan`, is
this project's with the gradient of the cell left to TensorFlow. All see the
same words and architectures. An executed op is one that a run's trace shows.
"""

import functools

from benchmarks import steps
from benchmarks.text_steps import Handles, Setting, measure

VOCAB, SIZE, NUM_NODES, BATCH, LENGTH = 10000, 200, 9, 128, 35
KEEP = (0.9, 0.8, 0.25, 0.75, 0.25, 1.0)  # of e, i, x, h, o, w
LR, GRAD_BOUND, L2_REG, SLOWNESS_REG = 20.0, 0.1, 8e-7, 1.0


def build():
  """This project's graph."""
  from src.arc.recurrent_space import RecurrentSpace
  from src.nn import clipping, schedules
  from src.ptb import graphs, ptb_enas_child, ptb_enas_controller, ptb_ops

  graph = graphs.build(
    ptb_enas_child.ChildConfig(
      VOCAB, SIZE, RecurrentSpace(NUM_NODES + 1), keep=ptb_ops.Keep(*KEEP)
    ),
    0,
    graphs.ChildTraining(
      BATCH,
      schedules.Constant(LR),
      LENGTH,
      clip=clipping.GlobalNorm(GRAD_BOUND),
      l2_reg=L2_REG,
      l2_form='quartic',
      rnn_slowness_reg=SLOWNESS_REG,
    ),
    ptb_enas_controller.ControllerConfig(
      NUM_NODES, tanh_constant=2.25, temperature=5.0
    ),
  )
  train, infer = graph.train, graph.infer
  return Handles(
    [train.inputs, infer.inputs],
    [train.targets, infer.targets],
    graph.arc,
    [train.loss, train.train_ops.grad_norm, train.update],
    [infer.loss, infer.final],
  )


def build_scan():
  """`build`, the cell differentiated by TensorFlow."""
  from src.ptb.cells import highway_fast

  highway_fast.serves = lambda cell: False
  return build()


def build_reference():
  """A transcription of the reference's search model."""
  from src.nn import variables
  from src.tf1 import tf

  initial = variables.uniform(0.04)
  with tf.variable_scope('child'):
    table = variables.create('embedding/w', [VOCAB, SIZE], initial)
    w_prev = variables.create('rnn_cell/w_prev', [2 * SIZE] * 2, initial)
    layers = [
      variables.create(
        'rnn_cell/layer_%d/w' % node, [4, node, SIZE, 2 * SIZE], initial
      )
      for node in range(1, NUM_NODES + 1)
    ]
    state = variables.create(
      'state', [BATCH, SIZE], variables.zeros, trainable=False
    )
  arc = tf.placeholder(tf.int32, [2 * NUM_NODES])
  inputs = tf.placeholder(tf.int32, [BATCH, None])
  targets = tf.placeholder(tf.int32, [BATCH, None])
  trained = [table, w_prev] + layers

  def _mask(shape, keep, training):
    if not training:
      return tf.ones(shape)
    return tf.floor(tf.random_uniform(shape) + keep) / keep

  def _run(training):
    mask = dict(
      zip(
        'eixhow',
        [
          _mask(shape, keep, training)
          for shape, keep in zip(
            [[VOCAB, 1], [BATCH, 1, SIZE]]
            + [[BATCH, SIZE]] * 2
            + [[BATCH, 1, SIZE], [SIZE, 2 * SIZE]],
            KEEP,
          )
        ],
      )
    )
    value = tf.nn.embedding_lookup(table * mask['e'], inputs) * mask['i']
    value = tf.transpose(value, [1, 0, 2])
    masked = w_prev * tf.concat([tf.ones([SIZE, 2 * SIZE]), mask['w']], 0)
    taken = [
      (layer * mask['w'])[arc[2 * node + 1], arc[2 * node]]
      for node, layer in enumerate(layers)
    ]

    def _step(step, before, outputs):
      both = tf.concat([value[step] * mask['x'], before * mask['h']], 1)
      h, c = tf.split(tf.matmul(both, masked), 2, axis=1)
      h, c = tf.tanh(h), tf.sigmoid(c)
      nodes = [before + c * (h - before)]
      for node in range(NUM_NODES):
        source = tf.stack(nodes)[arc[2 * node]]
        source.set_shape([BATCH, SIZE])
        product = tf.matmul(source * mask['h'], taken[node])
        h, c = tf.split(product, 2, axis=1)
        h = tf.stack([tf.tanh(h), tf.nn.relu(h), tf.sigmoid(h), h])
        h = h[arc[2 * node + 1]]
        nodes.append(source + tf.sigmoid(c) * (h - source))
      after = tf.add_n(nodes[1:]) / NUM_NODES
      after.set_shape([BATCH, SIZE])
      return step + 1, after, outputs.write(step, after)

    length = tf.shape(inputs)[1]
    _, final, outputs = tf.while_loop(
      lambda step, *rest: step < length,
      _step,
      [0, state.value(), tf.TensorArray(tf.float32, length)],
    )
    states = tf.transpose(outputs.stack(), [1, 0, 2])
    logits = tf.einsum('bnd,vd->bnv', states * mask['o'], table)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
      labels=targets, logits=logits
    )
    return tf.reduce_mean(losses), states, final, taken

  loss, states, final, taken = _run(True)
  decay = tf.add_n(
    [tf.nn.l2_loss(weight**2) for weight in [w_prev] + taken[1:]]
  )
  slowness = tf.reduce_mean((states[:, 1:] - states[:, :-1]) ** 2)
  minimised = loss + L2_REG * decay + SLOWNESS_REG * slowness
  gradients = tf.gradients(minimised, trained)
  gradients, norm = tf.clip_by_global_norm(gradients, GRAD_BOUND)
  rate = LR * tf.cast(tf.shape(inputs)[1], tf.float32) / LENGTH
  with tf.control_dependencies(gradients):
    update = tf.train.GradientDescentOptimizer(rate).apply_gradients(
      zip(gradients, trained)
    )
  with tf.control_dependencies([update]):
    update = tf.group(tf.assign(state, final))
  in_use = _run(False)
  return Handles(
    [inputs], [targets], arc, [loss, norm, update], [in_use[0], in_use[2]]
  )


def random_tokens(draw):
  """Those of an architecture."""
  from src.arc.recurrent_space import RecurrentSpace

  return RecurrentSpace(NUM_NODES + 1).random(draw).tokens


OTHERS = {steps.EVERYTHING: build_reference, 'scan': build_scan}
SETTING = Setting(
  dict(OTHERS, selected=build), VOCAB, BATCH, LENGTH, random_tokens
)
SPACE = steps.Space(
  'benchmarks.ptb_step',
  others=OTHERS,
  measure=functools.partial(measure, SETTING),
)

if __name__ == '__main__':
  steps.main(SPACE, __doc__.splitlines()[0])
