"""The controller of ENAS-pytorch: an LSTM with a linear head for each decision.

It begins with a zero input and feeds each choice's embedding into its next
step. Its logits are heads / temperature, then c tanh of that, always: the
reference bounds them in training only, so that what it derives from is another
policy (docs/FIDELITY.md). It serves every space of decisions, and may sample or
be told what to choose. Source: `models/controller.py` of ENAS-pytorch.
"""

import typing

from src.nn import lstm, random_ops, reinforce, sampler, variables
from src.tf1 import tf

LIMIT = 0.1
ILLEGAL = -1e9  # the logit of what cannot be chosen


class ControllerConfig(typing.NamedTuple):
  """Flags of ENAS-pytorch, whose names are in brackets.

  Attributes:
    space: DagSpace or HadamardSpace, by its `kinds` and `decisions`.
    lstm_size: int (`controller_hid`).
    tanh_constant: float (`tanh_c`), or None for logits without bound.
    temperature: float (`softmax_temperature`).
    position_embeddings: bool, whether each decision's choices have embeddings
      of their own, not only each kind's.
    tied: bool, whether all decisions of a kind share one head
      (`tied_weights_regularized` of MENAS).
    forget_bias: float, what both biases of the forget gate begin with, or None
      (`biased_regularized`: 5).
  """

  space: typing.Any
  lstm_size: int = 100
  tanh_constant: typing.Optional[float] = 2.5
  temperature: float = 5.0
  position_embeddings: bool = False
  tied: bool = False
  forget_bias: typing.Optional[float] = None

  def build(self, key):
    """See `sample`."""
    return sample(self, key)


class Trace(typing.NamedTuple):
  """B walks over the D decisions of a space.

  Attributes:
    choices: int32 [B, D].
    taken: float32 [B, D], 1 for decisions that there were, 0 for those that
      choices before left no option.
    log_probs: float32 [B, D], of the choices; 0 where none was taken.
    entropies: float32 [B, D], of the distributions; likewise.
    probs: list of D float32 [B, options].
    states: list of D float32 [B, size], the output h of each decision.
  """

  choices: typing.Any
  taken: typing.Any
  log_probs: typing.Any
  entropies: typing.Any
  probs: typing.Sequence
  states: typing.Sequence


def sample(config, key):
  """Builds the sampler.

  Args:
    config: ControllerConfig.
    key: int32 [2], see `random_ops`; each key has its own architecture.

  Returns:
    reinforce.Sample; the architecture has the space's tokens.
  """
  return sample_of(walk(config, noise=noise(config.space, key)))


def sample_of(trace):
  """reinforce.Sample of the only walk of a Trace; metrics are empty."""
  log_probs, entropies = trace.log_probs[0], trace.entropies[0]
  return reinforce.Sample(
    arc=trace.choices[0],
    nll=-tf.reduce_sum(log_probs),
    entropy=tf.reduce_sum(entropies),
    log_probs=log_probs,
    entropies=entropies,
    states=tf.concat(list(trace.states), 0),
  )


def noise(space, key, batch_size=1):
  """Gumbel noise of each decision, a list of float32 [B, options]."""
  sizes = [decision.options for decision in space.decisions]
  drawn = random_ops.gumbel([batch_size, sum(sizes)], key)
  return tf.split(drawn, sizes, axis=1)


def walk(config, noise=None, choices=None, batch_size=1, first=None):
  """Walks over the decisions, by noise or as it is told.

  Args:
    config: ControllerConfig.
    noise: what `noise` returned; or None if choices are given.
    choices: int32 [B, D].
    batch_size: int, B; None if it is known only when the graph runs.
    first: (input, (c, h)), each float32 [B, size], to begin with; zeros unless
      given.

  Returns:
    Trace.
  """
  with tf.device('/cpu:0'):
    with tf.variable_scope('controller', reuse=tf.AUTO_REUSE):
      weights = _Weights(config)
      if batch_size is None:
        batch_size = tf.shape(choices)[0]
      state = lstm.zero_state(config.lstm_size, 1, batch_size)
      value = tf.zeros([batch_size, config.lstm_size])
      if first is not None:
        value, state = first[0], [first[1]]
      chosen, log_probs, entropies, probs, states = [], [], [], [], []
      for place, decision in enumerate(config.space.decisions):
        output, state = lstm.step(value, state, weights.lstm)
        logits = _legal(decision, weights.logits(place, output), chosen)
        if choices is None:
          choice = sampler.choose(logits, noise[place])
        else:
          choice = choices[:, place]
        log_softmax = tf.nn.log_softmax(logits)
        one_hot = tf.one_hot(choice, logits.shape[1])
        chosen.append(choice)
        log_probs.append(tf.reduce_sum(one_hot * log_softmax, 1))
        probs.append(tf.exp(log_softmax))
        entropies.append(-tf.reduce_sum(probs[-1] * log_softmax, 1))
        states.append(output)
        value = weights.embedded(place, choice)
  chosen = tf.stack(chosen, 1)
  taken = _taken(config.space, chosen)
  log_probs, entropies = (
    tf.stack(values, 1) * taken for values in (log_probs, entropies)
  )
  return Trace(chosen, taken, log_probs, entropies, probs, states)


def _legal(decision, logits, chosen):
  """Logits whose softmax is zero for what choices before do not allow.

  Args:
    decision: dag_space.Decision.
    logits: float32 [B, options].
    chosen: list of int32 [B], the choices before.
  """
  given = decision.given
  if given is None or not any(
    any(row) and not all(row) for row in given.allowed
  ):
    return logits
  # A decision that is not taken has all options: they count nowhere.
  allowed = [row if any(row) else [True] * len(row) for row in given.allowed]
  legal = tf.gather(tf.constant(allowed), chosen[given.place])
  return tf.where(legal, logits, tf.fill(tf.shape(logits), ILLEGAL))


def _taken(space, choices):
  """float32 [B, D], see Trace."""
  columns = []
  for decision in space.decisions:
    given = decision.given
    if given is None:
      columns.append(tf.ones_like(choices[:, 0], tf.float32))
    else:
      there = tf.constant([float(any(row)) for row in given.allowed])
      columns.append(tf.gather(there, choices[:, given.place]))
  return tf.stack(columns, 1)


class _Weights:
  """The variables: LSTM, heads, embeddings.

  As in the reference, there are heads and embeddings for one more node than a
  cell has, which nothing reads.
  """

  def __init__(self, config):
    self.config, space = config, config.space
    size = config.lstm_size
    self.lstm = lstm.weights(
      size, 1, LIMIT, 'lstm', LIMIT, forget_bias=config.forget_bias
    )
    sizes = [decision.options for decision in space.decisions]
    self.starts = [sum(sizes[:place]) for place in range(len(sizes))]
    # Where the choices of each kind begin among the embeddings.
    self.of_kind, kinds = {}, 0
    for kind, most in space.kinds:
      self.of_kind[kind] = kinds
      kinds += most
    rows = sum(sizes) + kinds - space.num_nodes
    self.heads = kinds if config.tied else rows
    self.head = sampler.weight('head/w', [size, self.heads], LIMIT)
    bias = variables.create('head/b', [self.heads], variables.zeros)
    self.bias = bias.value()
    self.table = sampler.weight('embedding/w', [rows, size], LIMIT)

  def logits(self, place, output):
    """[B, options] of a decision, by the LSTM's output h."""
    config = self.config
    decision = config.space.decisions[place]
    start = self.starts[place]
    if config.tied:
      start = self.of_kind[decision.kind]
    columns = slice(start, start + decision.options)
    logits = tf.matmul(output, self.head[:, columns]) + self.bias[columns]
    logits /= config.temperature
    if config.tanh_constant is not None:
      logits = config.tanh_constant * tf.tanh(logits)
    return logits

  def embedded(self, place, choice):
    """[B, size], what a choice is told to the next decision as."""
    start = self.starts[place]
    if not self.config.position_embeddings:
      start = self.of_kind[self.config.space.decisions[place].kind]
    return sampler.row(self.table, choice + start)
