"""Searches and trainings of language models, as `src.run.program` runs them.

Order of the log's first lines: `search.py` and `fixed.py` of enas_lm.
"""

import contextlib
import os

from src.arc import record
from src.nn import variables
from src.ptb import config as config_lib
from src.ptb import (
  data_utils,
  evaluate,
  experiment,
  fingerprint,
  graphs,
  next_words,
  ptb_enas_child,
)
from src.ptb import flags as flag_table
from src.ptb import windows as windows_lib
from src.run import checkpoints, export, logs, program, retraining, scoring
from src.run import fingerprint as fingerprint_lib
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.tf1 import tf

VOCABULARY = 'vocabulary.json'  # beside an exported model


class Ptb(program.Task):
  """Recurrent cells over a text of words."""

  flag_table = flag_table
  name = 'ptb'
  score = evaluate.Perplexity
  modes = {
    'eval': scoring.evaluation,
    'derive': scoring.derivation,
    'export': export.export,
    'retrain': retraining.retrain,
  }

  def check(self, flags):
    super().check(flags)
    config_lib.check(flags)

  def read_data(self, flags, log):
    """corpus.Corpus."""
    return data_utils.read_data(flags.data_path, flags.unknown_words, log)

  def build(self, flags, data):
    """See `program.Task`."""
    graph = self._graph(
      flags,
      data,
      training=self._child_training(flags, data),
      reinforcement=config_lib.controller_training(
        flags, len(self._text(flags, data, 'valid', False).windows)
      ),
    )
    run = experiment.Experiment(config_lib.run_config(flags), graph, data)
    child = config_lib.child_config(flags, data.vocabulary_size)
    lines = flags_lib.notices(flag_table.GROUPS, flags)
    lines += banners(child, graph, data)
    for name, arc in (('Cell', child.arc), ('Probe', run.config.probe)):
      if arc is not None:
        lines += [logs.RULE, '%s %s' % (name, str(arc))]
        lines += config_lib.decoded(flags, arc)
    return run, variables.initial_values(flags.seed), lines

  def _graph(self, flags, data, **parts):
    return graphs.build(
      config_lib.child_config(flags, data.vocabulary_size),
      flags.seed,
      controller=config_lib.controller_config(flags),
      **parts,
    )

  @staticmethod
  def _child_training(flags, data):
    rows = windows_lib.matrix(
      data.train, flags.batch_size, flags.child_bptt_steps, 'train'
    )
    return config_lib.child_training(
      flags, windows_lib.num_batches(rows.shape[1], flags.child_bptt_steps)
    )

  @staticmethod
  def _text(flags, data, split, full):
    return evaluate.text(
      data,
      split,
      flags.batch_size,
      flags.child_bptt_steps,
      full,
      0 if flags.child_fixed_arc else flags.derive_split,
    )

  def space(self, flags):
    """See `program.Task`."""
    return config_lib.space(flags)

  def record(self, flags, data=None):
    """See `program.Task`."""
    network = record.Network(
      loose_ends=flags.child_average_loose_ends,
      hidden_size=flags.child_lstm_hidden_size,
      vocabulary_size=data and data.vocabulary_size,
    )
    return record.Record('ptb', self.space(flags), network)

  def parse_arc(self, flags, text):
    """The cell that a string means in the flags' search space."""
    return config_lib.parse_arc(flags, text)

  @contextlib.contextmanager
  def _restored(self, flags, prefix):
    """Yields (session, graphs.Graph, data); mean weights take part."""
    data = self.read_data(flags, lambda line: None)
    fingerprint_lib.check(
      fingerprint.of_vocabulary(data), trained_on(prefix), prefix
    )
    graph = tf.Graph()
    with graph.as_default():
      # The mean of the weights is of the training graph.
      training = None
      if flags.child_optim_algo == 'asgd':
        training = self._child_training(flags, data)
      built = self._graph(flags, data, training=training)
    averaging = None if training is None else built.train.averaging
    with session_lib.open_session(graph) as session:
      checkpoints.restore(session, prefix)
      with evaluate.averaged(session, averaging):
        yield session, built, data

  @contextlib.contextmanager
  def scorer(self, flags, prefix):
    """See `scoring.evaluation`."""
    with self._restored(flags, prefix) as (session, built, data):
      yield evaluate.Scorer(
        session,
        built,
        lambda split: self._text(flags, data, split, flags.eval_full),
        flags.seed,
        config_lib.space(flags),
        config_lib.offered_space(flags),
      )

  @contextlib.contextmanager
  def exported(self, flags, prefix):
    """See `export.export`; the words of the ids lie beside the model."""
    with self._restored(flags, prefix) as (session, _, data):
      child = config_lib.child_config(flags, data.vocabulary_size)
      with session.graph.as_default():
        inputs, outputs = next_words.build(child)
      yield export.Exported(
        session,
        inputs,
        outputs,
        {
          'hidden_size': child.hidden_size,
          'type': inputs['words'].dtype.name,
          'vocabulary': VOCABULARY,
          'vocabulary_size': child.vocab_size,
        },
        {VOCABULARY: list(data.vocabulary)},
      )


def trained_on(prefix):
  """What a checkpoint remembers of its corpus; empty if it has no mark."""
  for found in checkpoints.find(os.path.dirname(prefix)):
    if os.path.basename(found.prefix) == os.path.basename(prefix):
      return fingerprint_lib.remembered(found.state)
  return {}


def banners(child, graph, data):
  """The lines with which enas_lm's log announces data and graphs.

  Args:
    child: ptb_enas_child.ChildConfig.
    graph: graphs.Graph.
    data: corpus.Corpus.

  Returns:
    list of lines.
  """
  fixed = graph.sample is None
  sizes = [
    'train_size: %d' % len(data.train),
    'valid_size: %d' % len(data.valid),
  ]
  if fixed:
    sizes.append(' test_size: %d' % len(data.test))
  parts = [sizes]
  if not fixed:
    count = sum(
      variable.shape.num_elements()
      for variable in tf.trainable_variables('controller')
    )
    parts.append(['Create a controller', 'Controller has %d params' % count])
  everything, one = ptb_enas_child.parameter_counts(child)
  model = ['Building LM', 'Building model params']
  if fixed:
    model.append('Model has %d params' % one)
  else:
    model.append('All children have %d params' % everything)
    model.append('Each child has %d params' % one)
  parts.append(model)
  parts.append(['Building train graph'])
  if graph.train.averaging is not None:
    parts.append(['Creating moving average ops'])
  parts.append(['Building valid graph'])
  if fixed:
    parts.append(['Building test graph'])
  return [line for part in parts for line in [logs.RULE] + part]
