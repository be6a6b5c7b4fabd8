"""Searches of recurrent cells, and trainings of one, as `src.run.program` runs
them."""

import contextlib
import os

from src.arc import record
from src.nn import variables
from src.ptb import corpus as corpus_lib
from src.ptb import data_utils, evaluate, fingerprint
from src.ptb import task as ptb_task
from src.recurrent import config as config_lib
from src.recurrent import experiment, graphs, run_dirs, types
from src.recurrent import flags as flag_table
from src.recurrent import passes as passes_lib
from src.run import checkpoints, logs, program
from src.run import fingerprint as fingerprint_lib
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.tf1 import tf


class Recurrent(program.Task):
  """Cells of ENAS-pytorch over a text of words.

  Attributes:
    begins_with: str, path prefix of the checkpoint whose shared weights a new
      run begins with; None: they are drawn.
  """

  begins_with = None
  derived = config_lib.DERIVED
  flag_table = flag_table
  name = 'recurrent'
  score = evaluate.Perplexity

  def check(self, flags):
    config_lib.settle(flags)
    super().check(flags)
    config_lib.check(flags)

  def read_data(self, flags, log):
    """corpus.Corpus."""
    folder = run_dirs.data_set(flags.data_dir, flags.dataset)
    log(logs.RULE)
    log('Reading data')
    if not os.path.isdir(folder):
      raise corpus_lib.DataError(
        'there is no data %s: %s'
        % (folder, data_utils.ADVICE.replace('--data_path=data/', '--dataset='))
      )
    corpus = corpus_lib.by_appearance(folder, log)
    for line in corpus_lib.twins(corpus) + data_utils.summary(corpus):
      log(line)
    return corpus

  def build(self, flags, data):
    """See `program.Task`."""
    config = config_lib.run_config(flags)
    rows = passes_lib.rows_of(data, 'train', config.batch_size, config.bptt)
    passes = passes_lib.Passes(rows.shape[1], config)
    steps = passes.first_step(2) - passes.first_step(1)
    graph = self._graph(
      flags,
      data,
      training=config_lib.child_training(flags, steps),
      reinforcement=config_lib.controller_training(flags),
    )
    run = experiment.Experiment(config, graph, data)
    lines = flags_lib.notices(flag_table.GROUPS, flags)
    lines += [
      '# of parameters: {:,d}'.format(
        sum(v.shape.num_elements() for v in tf.trainable_variables(scope))
      ) + ' (%s)' % name
      for scope, name in (('child/', 'shared'), ('controller/', 'controller'))
    ]  # fmt: skip
    return run, self._initial(flags, data), lines

  def _initial(self, flags, data):
    values = variables.initial_values(flags.seed)
    if self.begins_with is not None:
      known = ptb_task.trained_on(self.begins_with)
      words = fingerprint.of_vocabulary(data)
      fingerprint_lib.check(words, known, self.begins_with)
      reader = tf.train.load_checkpoint(self.begins_with)
      for variable in tf.trainable_variables('child/'):
        values[variable.op.name] = reader.get_tensor(variable.op.name)
    return values

  def _graph(self, flags, data, **parts):
    arc = None
    if flags.child_fixed_arc:
      arc = config_lib.parse_arc(flags, flags.child_fixed_arc)
    return graphs.build(
      config_lib.child_config(flags, data.vocabulary_size),
      flags.seed,
      controller=config_lib.controller_config(flags),
      arc=arc,
      **parts,
    )

  def space(self, flags):
    """See `program.Task`."""
    return types.space(flags)

  def record(self, flags, data=None):
    """See `program.Task`."""
    network = record.Network(
      loose_ends=flags.output == 'loose_ends',
      hidden_size=flags.shared_hid,
      vocabulary_size=data and data.vocabulary_size,
    )
    return record.Record(self.name, self.space(flags), network)

  def parse_arc(self, flags, text):
    """See `program.Task`."""
    return config_lib.parse_arc(flags, text)

  @contextlib.contextmanager
  def restored(self, flags, prefix):
    """Yields (session, graphs.Graph, data) of a checkpoint, to be used.

    Raises:
      RunError: it was trained on other words.
    """
    data = self.read_data(flags, lambda line: None)
    known = ptb_task.trained_on(prefix)
    fingerprint_lib.check(fingerprint.of_vocabulary(data), known, prefix)
    graph = tf.Graph()
    with graph.as_default():
      built = self._graph(flags, data)
    with session_lib.open_session(graph) as session:
      checkpoints.restore(session, prefix)
      yield session, built, data

  @contextlib.contextmanager
  def scorer(self, flags, prefix):
    """See `scoring.evaluation`; splits are 'valid', 'test' and 'derive'."""
    with self.restored(flags, prefix) as (session, built, data):
      yield evaluate.Scorer(
        session,
        built,
        lambda split: text_of(flags, data, split),
        flags.seed,
        self.space(flags),
        self.space(flags),
      )


def text_of(flags, data, split):
  """evaluate.Text of a split; 'derive' is what derivations score on."""
  return passes_lib.text_of(
    data,
    split,
    flags.test_batch_size,
    flags.shared_rnn_max_length,
    flags.derive_split,
    flags.derive_batches if split == 'derive' else 0,
  )
