"""Whole graphs: inputs, child, controller, wired as the run needs them.

One training graph and one inference graph of the child are built; validation,
test and reward batches all go through the latter. No data set is in the graph:
batches are fed. Source of the wiring: `src/cifar10/main.py` and `models.py` of
melodyguan/enas.
"""

import collections
import typing

from src.cifar10 import general_child, general_controller, image_ops
from src.nn import optimizers, random_ops, reinforce, schedules, variables
from src.tf1 import tf

# Updates between two decays of the controller's learning rate.
CONTROLLER_LR_DEC_EVERY = 1000000


class ChildTraining(typing.NamedTuple):
  """How a child is trained; the flags `child_*` of the same names."""

  num_batches: int
  lr_cosine: bool = False
  lr: float = 0.1
  lr_dec_rate: float = 0.1
  lr_dec_every: int = 100
  lr_max: typing.Optional[float] = None
  lr_min: typing.Optional[float] = None
  lr_t_0: typing.Optional[int] = None
  lr_t_mul: typing.Optional[int] = None
  l2_reg: float = 1e-4
  clip_bound: typing.Optional[float] = None
  num_aggregate: int = 1
  cutout_size: typing.Optional[int] = None


class ControllerTraining(typing.NamedTuple):
  """How a controller is trained; the flags `controller_*` of those names."""

  lr: float = 1e-3
  lr_dec_rate: float = 1.0
  l2_reg: float = 0.0
  bl_dec: float = 0.99
  entropy_weight: typing.Optional[float] = None
  skip_weight: float = 0.0
  num_aggregate: int = 1


class Images(typing.NamedTuple):
  """What is known of the data when the graph is built.

  size is the side in pixels; mean and std are float32 [channels].
  """

  mean: typing.Any
  std: typing.Any
  size: int = 32


Train = collections.namedtuple(
  'Train', ['images', 'labels', 'draw', 'loss', 'hits', 'train_ops']
)
Train.__doc__ = """The child in training.

images, labels: placeholders, uint8 [N, H, W, C] and int32 [N]. draw: int32
scalar, keys augmentation and dropout; the update's number unless fed. loss:
float32 scalar, without the L2 term. hits: int32 scalar, right answers in the
batch.
"""

Infer = collections.namedtuple('Infer', ['images', 'labels', 'logits', 'hits'])
Infer.__doc__ = """The child in use: no dropout, moving batch statistics."""

Graph = collections.namedtuple(
  'Graph', ['train', 'infer', 'arc', 'sample', 'sample_key', 'controller']
)
Graph.__doc__ = """Handles to everything a run fetches or feeds.

train: Train or None. infer: Infer. arc: int32 tokens; feed it to choose an
architecture, else it is sampled with the key fed to sample_key. sample:
reinforce.Sample. controller: reinforce.Trainer or None. For fixed networks
arc, sample and sample_key are None.
"""


def build(
  child, images, seed, training=None, controller=None, reinforcement=None
):
  """Builds the graph of a search or of a fixed network.

  Args:
    child: ChildConfig.
    images: Images.
    seed: int, the run's seed.
    training: ChildTraining, or None if the child is only evaluated.
    controller: ControllerConfig, or None for a fixed network.
    reinforcement: ControllerTraining, or None if the controller only samples.

  Returns:
    Graph.
  """
  sample = sample_key = arc = None
  if controller is not None:
    sample_key = tf.placeholder(tf.int32, [2], 'sample_key')
    sample = general_controller.sample(controller, sample_key)
    arc = tf.placeholder_with_default(sample.arc, sample.arc.shape, 'arc')
  train = None
  if training is not None:
    train = _train_child(child, training, images, seed, arc)
  infer = _infer_child(child, images, arc)
  trainer = None
  if reinforcement is not None:
    trainer = _train_controller(reinforcement, sample, infer)
  return Graph(train, infer, arc, sample, sample_key, trainer)


def _train_child(child, training, images, seed, arc):
  global_step = variables.create(
    'global_step', [], variables.zeros, trainable=False, dtype='int32'
  )
  batch, labels = _placeholders('train', images)
  value = image_ops.standardize(batch, images.mean, images.std)
  draw = tf.placeholder_with_default(global_step.value(), [], 'draw')
  value = image_ops.augment(value, seed, draw, training.cutout_size)
  key = random_ops.key(seed, 'dropout', draw)
  logits = general_child.logits(value, arc, child, True, key)
  loss = tf.reduce_mean(
    tf.nn.sparse_softmax_cross_entropy_with_logits(logits=logits, labels=labels)
  )
  train_ops = optimizers.train_ops(
    loss,
    tf.trainable_variables('child'),
    global_step,
    lambda: _child_learning_rate(training, global_step.value()),
    l2_reg=training.l2_reg,
    clip_mode=None if training.clip_bound is None else 'norm',
    clip_bound=training.clip_bound,
    num_aggregate=training.num_aggregate,
  )
  return Train(batch, labels, draw, loss, _hits(logits, labels), train_ops)


def _infer_child(child, images, arc):
  batch, labels = _placeholders('infer', images)
  value = image_ops.standardize(batch, images.mean, images.std)
  logits = general_child.logits(value, arc, child, False)
  return Infer(batch, labels, logits, _hits(logits, labels))


def _train_controller(reinforcement, sample, infer):
  size = tf.cast(tf.shape(infer.labels)[0], tf.float32)
  return reinforce.trainer(
    sample,
    tf.cast(infer.hits, tf.float32) / size,
    lambda step: schedules.exponential_decay(
      step, reinforcement.lr, reinforcement.lr_dec_rate, CONTROLLER_LR_DEC_EVERY
    ),
    entropy_weight=reinforcement.entropy_weight,
    baseline_decay=reinforcement.bl_dec,
    skip_weight=reinforcement.skip_weight,
    l2_reg=reinforcement.l2_reg,
    num_aggregate=reinforcement.num_aggregate,
  )


def _placeholders(name, images):
  channels = len(images.mean)
  shape = [None, images.size, images.size, channels]
  batch = tf.placeholder(tf.uint8, shape, name + '_images')
  return batch, tf.placeholder(tf.int32, [None], name + '_labels')


def _hits(logits, labels):
  right = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), labels)
  return tf.reduce_sum(tf.cast(right, tf.int32))


def _child_learning_rate(training, step):
  if training.lr_cosine:
    return schedules.cosine_restarts(
      step,
      training.lr_max,
      training.lr_min,
      training.lr_t_0,
      training.lr_t_mul,
      training.num_batches,
    )
  return schedules.exponential_decay(
    step,
    training.lr,
    training.lr_dec_rate,
    training.lr_dec_every * training.num_batches,
  )
