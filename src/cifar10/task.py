"""Searches and trainings of image networks, as `src.run.program` runs them.

`ImageTask` is what all image tasks have in common, `Cifar10` what is
particular to this data set. Order of the log's first lines:
`src/cifar10/main.py` of melodyguan/enas.
"""

import contextlib

from src.arc import ArcError, record
from src.cifar10 import config as config_lib
from src.cifar10 import (
  data_utils,
  download,
  evaluate,
  experiment,
  graphs,
  replicated,
)
from src.cifar10 import flags as flag_table
from src.cifar10 import lines as lines_lib
from src.cifar10.networks import AUX_SCOPE
from src.images import in_memory
from src.nn import heads, variables
from src.run import checkpoints, export, logs, program, scoring
from src.run import session as session_lib
from src.run.errors import UsageError
from src.tf1 import tf


class ImageTask(program.Task):
  """Everything but flags and data, which a subclass adds.

  It defines `images(flags, data)` and `batches(flags, data)`, see
  `graphs.Images` and `in_memory.InMemory`. What the flags say of child,
  controller, head and run it may change.

  Attributes:
    name: str, that of the package.
    validates_fixed: bool, whether fixed networks have a validation split.
    graph_needs_data: bool, whether `images` looks at the data.
    lines: function of a RunConfig, gives a `lines.Lines`.
  """

  name = None
  validates_fixed = False
  graph_needs_data = True
  lines = lines_lib.Lines
  distributed = True

  modes = {
    'eval': scoring.evaluation,
    'derive': scoring.derivation,
    'export': export.export,
  }

  def check(self, flags):
    super().check(flags)
    config_lib.check(flags)
    try:
      self.child(flags)
    except ArcError as error:
      raise config_lib.with_advice(flags, error) from error

  def space(self, flags):
    """The search space, a MacroSpace or CellsSpace."""
    return config_lib.space(flags)

  def child(self, flags):
    """ChildConfig of the flags."""
    return config_lib.child_config(
      flags, self.space(flags), config_lib.data_format(flags)
    )

  def controller(self, flags):
    """ControllerConfig of the flags, or None for a fixed network."""
    return config_lib.controller_config(flags, self.space(flags))

  def image_size(self, flags):
    """Side of the images that networks see, in pixels."""
    del flags
    return 32

  def record(self, flags):
    """See `program.Task`."""
    child = self.child(flags)
    network = record.Network(
      out_filters=child.out_filters,
      num_layers=child.num_layers,
      image_size=self.image_size(flags),
      num_classes=child.num_classes,
      separable=flags.child_fixed_separable,
    )
    return record.Record(self.name, child.space, network)

  def head(self):
    """heads.Head."""
    return heads.softmax()

  def run_config(self, flags):
    """experiment.RunConfig of the flags."""
    return config_lib.run_config(flags, self.space(flags))

  def graph(self, flags, data, **parts):
    """graphs.Graph, in the default graph; parts: see `graphs.build`."""
    return graphs.build(
      self.child(flags),
      self.images(flags, data),
      flags.seed,
      controller=self.controller(flags),
      head=self.head(),
      **parts,
    )

  def build(self, flags, data, worker=None):
    """See `program.Task`."""
    batches = self.batches(flags, data)
    built = self.graph(
      flags,
      data,
      training=config_lib.child_training(flags, batches.num_train_batches),
      reinforcement=config_lib.controller_training(flags),
    )
    parts = self.run_config(flags), built, batches, self.lines
    if flags.child_num_replicas == 1:
      run = experiment.Experiment(*parts)
    else:
      shares_controller = flags.controller_num_replicas > 1
      run = replicated.Replicated(*parts, worker, shares_controller)
    lines = banners(built, self.controller(flags), self.validates_fixed)
    return run, variables.initial_values(flags.seed), lines

  def check_evaluation(self, flags):
    """Raises UsageError for splits that there are not."""

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

  @contextlib.contextmanager
  def exported(self, flags, prefix):
    """See `export.export`; takes images as `graphs.Infer` does."""
    data = self.read_data(flags, self.tell) if self.graph_needs_data else None
    with self.restored(flags, prefix, data) as (session, graph):
      infer = graph.infer
      yield export.Exported(
        session,
        {'images': infer.images},
        {'logits': infer.logits, 'probabilities': infer.probabilities},
        {
          'classes': self.classes(data),
          'image_size': int(infer.images.shape[1]),
          'type': infer.images.dtype.name,
        },
      )


class Cifar10(ImageTask):
  """One label an image; all images are in memory."""

  name = 'cifar10'
  flag_table = flag_table

  def check(self, flags):
    super().check(flags)
    if flags.child_fixed_arc is None and flags.num_valids < 1:
      raise UsageError(
        '--num_valids=%d: a search needs validation images' % flags.num_valids
      )

  def child(self, flags):
    return super().child(flags)._replace(num_classes=flags.num_classes)

  def read_data(self, flags, log):
    """data_utils.Data."""
    if flags.download:
      download.download(flags.data_path)
    return data_utils.read_data(
      flags.data_path,
      flags.num_valids if flags.child_fixed_arc is None else 0,
      flags.num_classes,
      log,
    )

  def classes(self, data):
    """Names of the labels, a list of str."""
    return data.classes

  def images(self, flags, data):
    del flags
    return graphs.Images(data.mean, data.std)

  def batches(self, flags, data):
    return in_memory.InMemory(data, flags.batch_size)

  def check_evaluation(self, flags):
    if flags.child_fixed_arc is not None and flags.eval_split == 'valid':
      raise UsageError(
        '--eval_split=valid: a fixed network is trained on all images but '
        'those of the test set: use --eval_split=test'
      )


def banners(graph, controller, validates_fixed):
  """The lines with which upstream's log announces the parts of a graph.

  Args:
    graph: graphs.Graph.
    controller: ControllerConfig, or None for a fixed network.
    validates_fixed: bool, see `ImageTask`.

  Returns:
    list of lines.
  """
  fixed = graph.sample is None
  parts = [['Build model child'], ['Build data ops']]
  if not fixed:
    parts += [['Building ConvController']]
    parts += [['Build controller sampler']] * controller.num_samplers
  parts += [['Build train graph'] + _sizes(graph.train.network)]
  if validates_fixed or not fixed:
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
    lines.append('Layer {:>2d}: {}'.format(number, layer))
    if number == network.aux_layer:
      lines.append('Using aux_head at layer {}'.format(number))
      lines.append('Aux head uses {} params'.format(of_aux))
  return lines + ['Model has {} params'.format(of_child)]
