"""Searches and trainings of image networks, as `src.run.program` runs them.

What all image tasks have in common; order of the log's first lines:
`src/cifar10/main.py` of melodyguan/enas.
"""

import contextlib
import os

import numpy as np

from src.arc import ArcError, record
from src.cifar10 import config as config_lib
from src.cifar10 import (
  evaluate,
  experiment,
  graphs,
  image_ops,
  replicated,
  reward_cost,
)
from src.cifar10 import lines as lines_lib
from src.cifar10.networks import AUX_SCOPE
from src.images.data import Data
from src.nn import heads, variables
from src.run import (
  checkpoints,
  export,
  logs,
  program,
  retraining,
  scoring,
)
from src.run import session as session_lib
from src.run.errors import UsageError
from src.tf1 import tf

# Names the draw of the images that --derive_split keeps.
DERIVE_PURPOSE = 'validation images held out for ranking'
# Its pooling looks at so many pixels on each side.
_AUX_HEAD_WINDOW = 5


class ImageTask(program.Task):
  """Everything but flags and data, which a subclass adds.

  It defines `images(flags, data)` and `batches(flags, data)`, see
  `graphs.Images` and `in_memory.InMemory`. What the flags say of child,
  controller, head and run it may change.

  Attributes:
    name: str, that of the package.
    lines: function of a RunConfig, gives a `lines.Lines`.
  """

  name = None
  lines = lines_lib.Lines
  score = evaluate.Accuracy
  distributed = True

  modes = {
    'eval': scoring.evaluation,
    'derive': scoring.derivation,
    'export': export.export,
    'retrain': retraining.retrain,
  }

  def check(self, flags):
    super().check(flags)
    config_lib.check(flags)
    try:
      self.child(flags)
    except ArcError as error:
      raise self.with_advice(flags, error) from error
    reward_cost.check(flags, self.space(flags))
    self._check_size(flags)

  def _check_size(self, flags):
    """Raises UsageError where reductions leave too little of an image."""
    size, halved = self.image_size(flags), 2**flags.child_num_reductions
    if size < 2 * halved:
      raise UsageError(
        '--child_num_reductions=%d: images of %dx%d are too small for it, '
        'expected at least %dx%d'
        % ((flags.child_num_reductions,) + 2 * (size,) + 2 * (2 * halved,))
      )
    auxiliary = flags.search_for == 'micro' and flags.child_use_aux_heads
    smallest = (_AUX_HEAD_WINDOW - 1) * halved + 1
    if auxiliary and size < smallest:
      raise UsageError(
        '--child_img_size=%d: the auxiliary head of a micro network needs at '
        'least %d' % (size, smallest)
      )

  @staticmethod
  def check_derive_split(flags, num_valids):
    """Raises UsageError if --derive_split leaves no image for rewards."""
    if flags.derive_split >= max(num_valids, 1):
      raise UsageError(
        '--derive_split=%d: of %d validation images one at least has to be '
        'left for rewards' % (flags.derive_split, num_valids)
      )

  def space(self, flags):
    """The search space, a MacroSpace or CellsSpace."""
    return config_lib.space(flags)

  def child(self, flags):
    """ChildConfig of the flags."""
    return config_lib.child_config(
      flags, self.space(flags), config_lib.data_format(flags)
    )

  def with_advice(self, flags, error):
    """An ArcError about the architecture, with the flags that it needs."""
    return config_lib.with_advice(flags, error)

  def random_arc(self, flags):
    """Function of a generator that gives an architecture, as chance does."""
    return config_lib.random_arc(flags, self.space(flags))

  def controller(self, flags):
    """ControllerConfig of the flags, or None for a fixed network."""
    return config_lib.controller_config(flags, self.space(flags))

  def image_size(self, flags):
    """Side of the images that networks see, in pixels."""
    del flags
    return 32

  def record(self, flags, data=None):
    """See `program.Task`."""
    child = self.child(flags)
    network = record.Network(
      out_filters=child.out_filters,
      num_layers=child.num_layers,
      image_size=self.image_size(flags),
      num_reductions=child.num_reductions,
      num_classes=child.num_classes,
      separable=flags.child_fixed_separable,
      view='search' if flags.child_fixed_layers == 'search' else 'final',
    )
    if data is not None:
      network = network._replace(classes=self.classes(data))
    return record.Record(self.name, child.space, network)

  def multi_label(self, flags):
    """Whether an image may have any number of labels."""
    del flags
    return False

  def head(self, flags):
    """heads.Head."""
    if self.multi_label(flags):
      return heads.sigmoid(self.child(flags).num_classes)
    return heads.softmax()

  def run_config(self, flags, data):
    """experiment.RunConfig of the flags."""
    del data
    return config_lib.run_config(flags, self.space(flags))

  def child_training(self, flags, num_batches):
    """graphs.ChildTraining; num_batches is steps an epoch."""
    return config_lib.child_training(flags, num_batches)

  def controller_training(self, flags, num_rewards):
    """graphs.ControllerTraining, or None if the controller is not trained.

    Args:
      flags: flag values.
      num_rewards: int, how many reward batches a pass has.
    """
    return config_lib.controller_training(
      flags, num_rewards, self.record(flags)
    )

  def experiment(self, flags, *parts):
    """The experiment.Experiment of one process; parts: what it is made of."""
    del flags
    return experiment.Experiment(*parts)

  def graph(self, flags, data, **parts):
    """graphs.Graph, in the default graph; parts: see `graphs.build`."""
    return graphs.build(
      self.child(flags),
      self.images(flags, data),
      flags.seed,
      controller=self.controller(flags),
      head=self.head(flags),
      **parts,
    )

  def build(self, flags, data, worker=None):
    """See `program.Task`."""
    batches = self.batches(flags, data)
    config, num_rewards = self.run_config(flags, data), 1
    if flags.controller_training:
      num_rewards = batches.num_batches('valid', config.reward_batch_size)
    built = self.graph(
      flags,
      data,
      training=self.child_training(flags, batches.num_train_batches),
      reinforcement=self.controller_training(flags, num_rewards),
    )
    parts = config, built, batches, self.lines
    if flags.child_num_replicas == 1:
      run = self.experiment(flags, *parts)
    else:
      shares_controller = flags.controller_num_replicas > 1
      run = replicated.Replicated(*parts, worker, shares_controller)
    lines = banners(
      built, self.controller(flags), 'valid' in config.eval_splits
    )
    return run, variables.initial_values(flags.seed), lines

  def decode(self, flags, strings):
    """Images as a network takes them, of the bytes of files, in the graph."""
    size = self.image_size(flags)
    squares = image_ops.decode(strings, size, smooth=True)
    return tf.cast(squares + 0.5, tf.uint8)

  def known(self, prefix):
    """What a run remembers of its data: a Data without images.

    It is read as for training where the run is older than its record.

    Args:
      prefix: str, a checkpoint.

    Returns:
      data.Data, or None.
    """
    found = record.read(os.path.dirname(prefix))
    network = found and found.network
    if not network or network.mean is None or network.classes is None:
      return None
    mean, std = (np.array(v, np.float32) for v in (network.mean, network.std))
    return Data({}, {}, mean, std, network.classes)

  def tell(self, line):
    """What evaluations do with what `read_data` says; nothing."""

  @contextlib.contextmanager
  def scorer(self, flags, prefix):
    """See `scoring.evaluation`."""
    data = self.read_data(flags, self.tell)
    with self.restored(flags, prefix, data) as (session, graph):
      scorer = evaluate.Scorer(
        session,
        graph,
        self.batches(flags, data),
        flags.seed,
        self.space(flags),
        self.random_arc(flags),
      )
      try:
        yield scorer
      finally:
        scorer.close()

  @contextlib.contextmanager
  def restored(self, flags, prefix, data):
    """Yields (session, graphs.Graph) with the values of a checkpoint."""
    graph = tf.Graph()
    with graph.as_default():
      built = self.graph(flags, data)
    with session_lib.open_session(graph) as session:
      checkpoints.restore(session, prefix)
      yield session, built

  def untrained(self, flags):
    """A fixed network in the default graph, for `src.use.latency`.

    Returns:
      (placeholders of a batch, a list, what to run).
    """
    data = Data({}, {}, np.zeros(3), np.ones(3), [])
    infer = self.graph(flags, data).infer
    return [infer.images], infer.probabilities

  @contextlib.contextmanager
  def exported(self, flags, prefix):
    """See `export.export`; takes images as `graphs.Infer` does."""
    data = self.known(prefix) or self.read_data(flags, self.tell)
    with self.restored(flags, prefix, data) as (session, graph):
      infer = graph.infer
      yield export.Exported(
        session,
        {'images': infer.images},
        {'logits': infer.logits, 'probabilities': infer.probabilities},
        {
          'classes': self.classes(data),
          'image_size': int(infer.images.shape[1]),
          'one_label': not self.multi_label(flags),
          'type': infer.images.dtype.name,
        },
        {'labels.txt': ''.join(name + '\n' for name in self.classes(data))},
        ('images', lambda strings: self.decode(flags, strings)),
      )


def banners(graph, controller, validates):
  """The lines with which upstream's log announces the parts of a graph.

  Args:
    graph: graphs.Graph.
    controller: ControllerConfig, or None for a fixed network.
    validates: bool, whether there is a validation split.

  Returns:
    list of lines.
  """
  fixed = graph.sample is None
  parts = [['Build model child'], ['Build data ops']]
  if not fixed:
    parts += [['Building ConvController']]
    parts += [['Build controller sampler']] * controller.num_samplers
  parts += [['Build train graph'] + _sizes(graph.train.network)]
  if validates or not fixed:
    parts += [['Build valid graph']]
  parts += [['Build test graph']]
  if graph.controller is not None:
    shuffled = ['Build valid graph on shuffled data']
    parts += [shuffled + list(map(str, tf.trainable_variables('controller')))]
  parts += [['Starting session']]
  return [line for part in parts for line in [logs.RULE] + part]


def _sizes(network):
  """What upstream says of a child: layers, if it does, and parameters."""
  of_aux, of_child = 0, 0
  for variable in tf.trainable_variables('child'):
    size = variable.shape.num_elements()
    if variable.op.name.startswith(AUX_SCOPE):
      of_aux += size
    else:
      of_child += size
  lines = []
  for number, layer in enumerate(network.layers):
    lines.append('Layer %2d: %s' % (number, layer))
    if number == network.aux_layer:
      lines.append('Using aux_head at layer %s' % number)
      lines.append('Aux head uses %s params' % of_aux)
  return lines + ['Model has %s params' % of_child]
