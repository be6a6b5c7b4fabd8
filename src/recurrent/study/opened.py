"""A finished run as studies see it: its weights score cells of any graph, its
controller samples cells and is told what to choose.

Nothing is written into the run.
"""

import contextlib
import os
import typing

import numpy as np

from src.arc.dag import Dag
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.nn import keyed, variables
from src.ptb import evaluate
from src.recurrent import config as config_lib
from src.recurrent import controller, derivation, general, modes, passes
from src.recurrent.task import Recurrent
from src.run import session as session_lib
from src.run.errors import UsageError
from src.tf1 import tf

_GAUSSIAN = 'gaussian first state'


class Walks(typing.NamedTuple):
  """What a controller does as it makes A cells of D decisions.

  Attributes:
    choices: int [A, D].
    taken: bool [A, D], see `controller.Trace`.
    hidden: float [A, size], the state of the LSTM at each cell's last
      decision. It knows all choices but this last one.
    max_probs: float [A, D], of the likeliest choice of each decision.
    entropies: float [A, D], in nats.
  """

  choices: np.ndarray
  taken: np.ndarray
  hidden: np.ndarray
  max_probs: np.ndarray
  entropies: np.ndarray


@contextlib.contextmanager
def opened(flags, given):
  """Yields an Opened.

  Args:
    flags: flag values, changed in place: those of the run's model are taken
      over.
    given: set of the names that were given.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  task = Recurrent()
  prefix = modes.needed(task, flags, given)
  if 'test_batch_size' not in given:
    flags.test_batch_size = flags.batch_size  # as the references do
  with task.restored(flags, prefix) as (session, graph, data):
    yield Opened(task, flags, session, graph, data)


class Opened:
  """See above.

  Attributes:
    flags: flag values.
    space: DagSpace or HadamardSpace of the run.
    name: str, of the run.
    data: corpus.Corpus.
  """

  def __init__(self, task, flags, session, graph, data):
    self.flags = flags
    self.space = task.space(flags)
    self.name = os.path.basename(os.path.abspath(flags.output_dir))
    self.data = data
    self._task = task
    self._session = session
    self._graph = graph
    self._general = None
    self._walk = {}
    self._texts = {}
    self._known = {}

  @property
  def fewest_rows(self):
    """int, of a text: statistics of a batch are of two rows at least."""
    flags = self.flags
    return 2 if flags.output_norm and flags.eval_norm == 'batch' else 1

  def text(self, split, batch_size=None, count=0):
    """evaluate.Text of a split.

    Args:
      split: 'train', 'valid', 'test', or 'derive', what derivations score on.
      batch_size: int, rows; those of the flags unless given.
      count: int, only the first windows; 0 for all.
    """
    key = split, batch_size or self.flags.test_batch_size, count
    if key not in self._texts:
      kept = self.flags.derive_split if split == 'derive' else 0
      self._texts[key] = passes.text_of(
        self.data, key[0], key[1], self.flags.shared_rnn_max_length, kept, count
      )
    return self._texts[key]

  def perplexity(self, arc, of_text):
    """float, the perplexity of a cell with the trained weights.

    A cell of the search's space is computed as in the search, any other on
    `general`; each is computed once for a text.

    Args:
      arc: RecurrentArc, Dag or HadamardArc.
      of_text: what `text` returned.
    """
    key = _graph(arc), id(of_text)
    if key not in self._known:
      self._known[key] = self.measured(arc, of_text).value
    return self._known[key]

  def measured(self, arc, of_text):
    """evaluate.Perplexity, as `perplexity`, but computed each time."""
    infer, feeds = self._fed(_graph(arc))
    return evaluate.carried(self._session, infer, of_text, feeds)

  def perplexities(self, arcs):
    """list of float, those of cells on the text of --split."""
    of_text = self.text(self.flags.split)
    return [self.perplexity(arc, of_text) for arc in arcs]

  def scores(self, arc):
    """dict with the perplexities 'valid' and 'test' of a cell."""
    return {
      split: self.perplexity(arc, self.text(split))
      for split in ('valid', 'test')
    }

  def _fed(self, dag):
    """(ptb.graphs.Infer, feeds) that compute a cell."""
    if isinstance(dag, HadamardArc):
      return self._graph.infer, {self._graph.arc: self.space.tokens(dag)}
    try:
      if not all(dag.alive):
        raise ArcError('numbers of nodes would change')
      tokens = self.space.tokens(dag.arc())
      return self._graph.infer, {self._graph.arc: tokens}
    except ArcError:
      pass
    if self._general is None:
      with self._session.graph.as_default():
        self._general = general.build(self._graph.child)
    return self._general.infer, self._general.feeds(dag)

  def _scorer(self, purpose=None):
    """evaluate.Scorer; purpose: of its random numbers, if not to derive."""
    seed = self.flags.seed
    if purpose is not None:
      seed = keyed.seed_for(seed, purpose)
    return evaluate.Scorer(
      self._session,
      self._graph,
      self._text_of,
      seed,
      self.space,
      self.space,
    )

  def _text_of(self, split):
    if split == 'derive':
      return self.text(split, count=self.flags.derive_batches)
    return self.text(split)

  def cell(self):
    """The RecurrentArc that a study is of.

    That of a run that trained one; the one that --use_preset_arc means; else
    the best that is derived.
    """
    if self.flags.child_fixed_arc:
      return self._task.parse_arc(self.flags, self.flags.child_fixed_arc)
    if self.flags.use_preset_arc:
      return derivation.kept(self._task, self.flags)
    arc, _, _ = derivation.ranked(self._scorer(), self.flags)[0]
    return arc

  def sample(self, count, purpose=None):
    """list of `count` RecurrentArc, as the controller writes them.

    Args:
      count: int.
      purpose: str, for random numbers other than those of derivations.

    Raises:
      UsageError: nothing samples.
    """
    self._check_samples()
    return self._scorer(purpose).sample(count)

  def untrained(self, count):
    """As `sample`, of the controller that the run began with; its random
    numbers are others."""
    self._check_samples()
    graph = self._session.graph
    kind = tf.GraphKeys.TRAINABLE_VARIABLES
    own = {v.op.name: v for v in graph.get_collection(kind, 'controller/')}
    trained = self._session.run(own)
    fresh = variables.initial_values(self.flags.seed, graph)
    session_lib.load(self._session, {name: fresh[name] for name in own})
    try:
      return self.sample(count, 'untrained controller')
    finally:
      session_lib.load(self._session, trained)

  def uniform(self, count):
    """list of `count` RecurrentArc, all choices equally likely."""
    return self._scorer().random(count)

  def random(self, like, purpose):
    """A random RecurrentArc for each of a list, of its size.

    Args:
      like: list of RecurrentArc.
      purpose: str, what the numbers are for.
    """
    generator = keyed.generator(self.flags.seed, purpose)
    found = []
    for arc in like:
      size = arc.num_nodes
      links = self.space.links and self.space.links[: size - 1]
      space = self.space._replace(num_nodes=size, min_nodes=size, links=links)
      found.append(space.random(generator))
    return found

  def _check_samples(self):
    if self._graph.sample is None:
      raise UsageError(
        '%s trained one cell: nothing samples' % self.flags.output_dir
      )

  def walks(self, arcs):
    """Walks of the controller as it is told cells.

    Args:
      arcs: list of RecurrentArc of the space.
    """
    self._check_samples()
    if 'told' not in self._walk:
      with self._session.graph.as_default():
        choices = tf.placeholder(tf.int32, [None, self.space.num_tokens])
        config = config_lib.controller_config(self.flags)
        trace = controller.walk(config, choices=choices, batch_size=None)
        self._walk['told'] = choices, trace
    choices, trace = self._walk['told']
    tokens = np.array([self.space.tokens(arc) for arc in arcs])
    return _walks(self._session.run(trace, {choices: tokens}))

  def random_walks(self, count):
    """Walks from states and inputs of standard normal noise, as sampled."""
    self._check_samples()
    config = config_lib.controller_config(self.flags)
    draw = keyed.generator(self.flags.seed, _GAUSSIAN)
    noise = draw.randn(3, count, config.lstm_size).astype(np.float32)
    with self._session.graph.as_default():
      first = [tf.constant(part) for part in noise]
      key = tf.constant(keyed.pair(self.flags.seed, _GAUSSIAN, 1))
      gumbel = controller.noise(config.space, key, count)
      trace = controller.walk(
        config, gumbel, batch_size=count, first=(first[0], tuple(first[1:]))
      )
    return _walks(self._session.run(trace))


def _graph(arc):
  """The Dag of a cell; one that is no tree as it is."""
  return arc if isinstance(arc, HadamardArc) else Dag.of(arc)


def _walks(trace):
  taken = np.asarray(trace.taken) > 0
  last = taken.sum(1) - 1
  states = np.stack(trace.states, 1)
  return Walks(
    np.asarray(trace.choices),
    taken,
    states[np.arange(len(states)), last],
    np.stack([probs.max(1) for probs in trace.probs], 1),
    np.asarray(trace.entropies),
  )
