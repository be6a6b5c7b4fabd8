"""Whole graphs: inputs, child, controller, wired as the run needs them.

One training graph and one inference graph of the child are built; validation,
test and reward batches all go through the latter. No data set is in the graph:
batches are fed. Source of the wiring: `src/cifar10/main.py` and `models.py` of
melodyguan/enas.
"""

import typing

from src.cifar10 import image_ops, networks
from src.nn import (
  baselines,
  context,
  heads,
  keyed,
  optimizers,
  random_ops,
  reinforce,
  schedules,
  updates,
  variables,
)
from src.tf1 import tf

# Share of the auxiliary head's loss in what training minimises.
AUX_WEIGHT = 0.4


class ChildTraining(typing.NamedTuple):
  """How a child is trained.

  Attributes:
    num_steps: int, of the whole run: how far it is decides about drop path.
    schedule: one of `schedules`.
    optimizer: one of `optimizers`.
    l2_reg: float, see `updates.train_ops`.
    clip: one of `clipping`, or None.
    num_aggregate: int, gradients averaged per update.
    synchronous: bool, whether those are of several workers.
    cutout_size: int, pixels, or None.
    train_aux_head: bool, whether the auxiliary head's own weights are trained,
      and not just the layers below it (docs/FIDELITY.md, D15).
  """

  num_steps: int
  schedule: typing.Any = schedules.Constant(0.1)
  optimizer: typing.Any = optimizers.Momentum()
  l2_reg: float = 1e-4
  clip: typing.Any = None
  num_aggregate: int = 1
  synchronous: bool = False
  cutout_size: typing.Optional[int] = None
  train_aux_head: bool = False


class ControllerTraining(typing.NamedTuple):
  """How a controller is trained; the flags `controller_*` of those names.

  Attributes:
    schedule: one of `schedules`.
    optimizer: one of `optimizers`.
    baseline: str, a name that `baselines.chosen` knows.
    num_reward_batches: int, how many there are to have a baseline each.
    cost: reward_cost.Penalty, or None if size costs nothing.
    clip: one of `clipping` for what an update applies, or None.
    entropy_gradient: see `reinforce.trainer`.
  """

  schedule: typing.Any = schedules.Constant(1e-3)
  optimizer: typing.Any = optimizers.Adam()
  l2_reg: float = 0.0
  bl_dec: float = 0.99
  entropy_weight: typing.Optional[float] = None
  skip_weight: float = 0.0
  baseline: str = 'global'
  num_reward_batches: int = 1
  num_aggregate: int = 1
  synchronous: bool = False
  cost: typing.Any = None
  clip: typing.Any = None
  entropy_gradient: bool = False


class Images(typing.NamedTuple):
  """What is known of the data when the graph is built.

  Other data hand in another class with the same attributes and methods.

  Attributes:
    mean, std: float32 [channels].
    size: int, the side in pixels.
    dtype: str, of what is fed.
    windows: int, of an example that an evaluation may average the logits of.
  """

  mean: typing.Any
  std: typing.Any
  size: int = 32
  dtype: str = 'uint8'
  windows: int = 1

  @property
  def channels(self):
    return len(self.mean)

  def prepare(self, batch):
    """What is fed -> float32, see `image_ops.standardize`."""
    return image_ops.standardize(batch, self.mean, self.std)

  def augment(self, value, key, cutout_size):
    """Prepared images as training sees them, see `image_ops.augment`."""
    return image_ops.augment(value, key, cutout_size)


class Train(typing.NamedTuple):
  """The child in training.

  Attributes:
    images: placeholder [N, H, W, C].
    labels: placeholder of what the head wants.
    draw: int32 scalar, the step in the keys of all that is random; the update's
      number unless fed.
    loss: float32 scalar, without the L2 term and the auxiliary head's.
    hits: int32 scalar, right answers in the batch.
    train_ops: updates.TrainOps.
    network: networks.Network.
  """

  images: typing.Any
  labels: typing.Any
  draw: typing.Any
  loss: typing.Any
  hits: typing.Any
  train_ops: updates.TrainOps
  network: networks.Network


class Infer(typing.NamedTuple):
  """The child in use, with the noise and statistics of its `evaluation`.

  Attributes:
    images, labels: as in Train.
    logits: float32 [N, C].
    probabilities: float32 [N, C].
    hits: as in Train; where the images are several windows of each example, one
      after the other, of their mean logits.
  """

  images: typing.Any
  labels: typing.Any
  logits: typing.Any
  probabilities: typing.Any
  hits: typing.Any


class Graph(typing.NamedTuple):
  """Handles to everything a run fetches or feeds.

  Attributes:
    train: Train or None.
    infer: Infer.
    arc: int32 tokens; feed it to choose an architecture, else it is sampled
      with the key fed to sample_key. None for fixed networks, as the next two.
    sample: reinforce.Sample.
    sample_key: int32 [2], also keys whatever else is random in `infer`.
    controller: reinforce.Trainer or None.
    batch_index, sample_number: what its baseline is fed, see
      `baselines.Chosen`.
    noisy: Infer of the same images and labels, with noise as in training; None
      unless asked for.
  """

  train: typing.Optional[Train]
  infer: Infer
  arc: typing.Any
  sample: typing.Optional[reinforce.Sample]
  sample_key: typing.Any
  controller: typing.Optional[reinforce.Trainer]
  batch_index: typing.Any = None
  sample_number: typing.Any = None
  noisy: typing.Optional[Infer] = None


def build(
  child,
  images,
  seed,
  training=None,
  controller=None,
  reinforcement=None,
  head=None,
  noisy=False,
):
  """Builds the graph of a search or of a fixed network.

  Args:
    child: ChildConfig of any space, see `networks`.
    images: Images.
    seed: int, the run's seed.
    training: ChildTraining, or None if the child is only evaluated.
    controller: ControllerConfig of that space, or None for a fixed network.
    reinforcement: ControllerTraining, or None if the controller only samples.
    head: heads.Head, softmax unless given.
    noisy: bool, whether a search is to have `Graph.noisy`.

  Returns:
    Graph.
  """
  head = head or heads.softmax()
  sample = sample_key = arc = None
  if controller is not None:
    sample_key = tf.placeholder(tf.int32, [2], 'sample_key')
    sample = controller.build(sample_key)
    arc = tf.placeholder_with_default(sample.arc, sample.arc.shape, 'arc')
  train = None
  if training is not None:
    train = _train_child(child, training, images, seed, arc, head)
  infer = _infer_child(child, images, arc, sample_key, head)
  trained = ()
  if reinforcement is not None:
    trained = _train_controller(reinforcement, sample, infer)
  built = Graph(train, infer, arc, sample, sample_key, *trained or [None])
  if noisy:
    built = built._replace(
      noisy=_infer_child(child, images, arc, sample_key, head, infer)
    )
  return built


def _train_child(child, training, images, seed, arc, head):
  global_step = variables.create(
    'global_step', [], variables.zeros, trainable=False, dtype='int32'
  )
  batch, labels = _placeholders('train', images, head)
  value = images.prepare(batch)
  draw = tf.placeholder_with_default(global_step.value(), [], 'draw')

  def _key(purpose):
    return random_ops.key(seed, purpose, draw)

  value = images.augment(value, _key, training.cutout_size)
  done = tf.cast(global_step.value() + 1, tf.float32)
  use = context.training(
    _key, progress=tf.minimum(1.0, done / training.num_steps)
  )
  network = child.build(value, arc, use)
  loss = head.loss(network.logits, labels)
  minimised = loss
  if network.aux_logits is not None:
    minimised += AUX_WEIGHT * head.loss(network.aux_logits, labels)
  trained = [
    variable
    for variable in tf.trainable_variables('child')
    if training.train_aux_head
    or not variable.op.name.startswith(networks.AUX_SCOPE)
  ]
  train_ops = updates.train_ops(
    minimised,
    trained,
    global_step,
    training.schedule,
    training.optimizer,
    l2_reg=training.l2_reg,
    clip=training.clip,
    num_aggregate=training.num_aggregate,
    synchronous=training.synchronous,
  )
  hits = head.hits(network.logits, labels)
  return Train(batch, labels, draw, loss, hits, train_ops, network)


def _infer_child(child, images, arc, sample_key, head, plain=None):
  """Infer; with `plain`, another one of its inputs, with noise."""
  if plain is None:
    batch, labels = _placeholders('infer', images, head)
  else:
    batch, labels = plain.images, plain.labels
  value = images.prepare(batch)

  def _key(purpose):
    of_purpose = tf.constant(keyed.seed_for(0, purpose + ' in use'))
    return tf.stack(
      [tf.bitwise.bitwise_xor(sample_key[0], of_purpose), sample_key[1]]
    )

  use = child.evaluation(_key)
  if plain is not None:
    use = use._replace(noise=True)
  logits = child.build(value, arc, use).logits
  of_example = logits
  if images.windows > 1:
    shape = [tf.shape(labels)[0], -1, int(logits.shape[1])]
    of_example = tf.reduce_mean(tf.reshape(logits, shape), 1)
  return Infer(
    batch,
    labels,
    logits,
    head.probabilities(logits),
    head.hits(of_example, labels),
  )


def _train_controller(reinforcement, sample, infer):
  """The fields of Graph from `controller` on."""
  size = tf.cast(tf.shape(infer.labels)[0], tf.float32)
  penalties = []
  if 'skip_penalty' in sample.metrics:
    weight = reinforcement.skip_weight
    penalties.append((weight, sample.metrics['skip_penalty']))
  baseline, batch_index, sample_number = baselines.chosen(
    reinforcement.baseline,
    reinforcement.bl_dec,
    reinforcement.num_reward_batches,
  )
  cost = reinforcement.cost
  trainer = reinforce.trainer(
    sample,
    tf.cast(infer.hits, tf.float32) / size,
    reinforcement.schedule,
    reinforcement.optimizer,
    entropy_weight=reinforcement.entropy_weight,
    baseline=baseline,
    penalties=penalties,
    l2_reg=reinforcement.l2_reg,
    num_aggregate=reinforcement.num_aggregate,
    synchronous=reinforcement.synchronous,
    cost=None if cost is None else cost.build(sample.arc),
    clip=reinforcement.clip,
    entropy_gradient=reinforcement.entropy_gradient,
  )
  return trainer, batch_index, sample_number


def _placeholders(name, images, head):
  shape = [None, images.size, images.size, images.channels]
  batch = tf.placeholder(images.dtype, shape, name + '_images')
  return batch, head.labels(name + '_labels')
