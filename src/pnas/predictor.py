"""A predictor of cells' accuracy: a graph of its own variables, and its fits.

Everything depends on (examples, seed) and on the variables only, so a predictor
that was saved, or whose examples were, ranks the same.
"""

import typing

import numpy as np

from src.nn import keyed, optimizers, updates, variables
from src.pnas import folds
from src.pnas import tokens as tokens_lib
from src.run import session as session_lib
from src.run.errors import RunError
from src.tf1 import tf

SCOPE = 'controller/policy_network'
_LOSSES = {'l1': tf.abs, 'mse': tf.square}
_SURE = 0.999  # the most, or the least away from one, that a bias stands for


class Member(typing.NamedTuple):
  """One network of a predictor.

  Attributes:
    scope: str, of its variables.
    tokens: int32 placeholder [N, T, k].
    labels: float32 placeholder [N, 1].
    weights: what its network's `weights` returned.
    head: function of float32 [N, hidden], gives scores [N].
    loss: float32 scalar, with the penalty of weights.
    error: float32 scalar, without.
    train: `TrainOps`.
  """

  scope: str
  tokens: typing.Any
  labels: typing.Any
  weights: typing.Any
  head: typing.Callable
  loss: typing.Any
  error: typing.Any
  train: typing.Any


class Fit(typing.NamedTuple):
  """What a training did.

  Attributes:
    steps: int, updates of each member.
    loss: float, mean over the last epoch and the members.
    error: float, that without the penalty of weights.
    rate: float, mean learning rate of the last epoch.
  """

  steps: int
  loss: float
  error: float
  rate: float


class Predictor:
  """Scores cells after it was fitted to accuracies.

  Attributes:
    graph, session: where it lives.
    scope: str.
    seed: int.
  """

  def __init__(
    self, recipe, num_inputs, num_ops, seed=0, session=None, scope=SCOPE
  ):
    """Builds the networks and gives the variables their initial values.

    Args:
      recipe: Recipe.
      num_inputs, num_ops: int, rows of the tables.
      seed: int.
      session: the session to live in, with its graph; a new one if None.
      scope: str, of all variables.
    """
    self.recipe, self.scope, self.seed = recipe, scope, seed
    self._sizes = num_inputs, num_ops
    self.graph = session.graph if session is not None else tf.Graph()
    with self.graph.as_default():
      names = ['predictor_%d' % k for k in range(recipe.members)]
      self.members = [
        _member(recipe, self._sizes, scope + '/' + name if names[1:] else scope)
        for name in names
      ]
      with tf.variable_scope(scope), tf.name_scope(scope + '/'):
        self._score = recipe.network.scorer(self.members)
    self.session = session or session_lib.open_session(self.graph)
    self._owned = session is None
    self.load(self._initial(seed))

  def close(self):
    """Closes the session unless it was handed in."""
    if self._owned:
      self.session.close()

  def variables(self):
    """Its variables, by name."""
    return {
      name: variable
      for name, variable in session_lib.variables(self.graph).items()
      if name.startswith(self.scope + '/')
    }

  def load(self, values):
    """Puts arrays into variables; `values` is a dict by name."""
    session_lib.load(self.session, values)

  def _initial(self, seed):
    return {
      name: value
      for name, value in variables.initial_values(seed, self.graph).items()
      if name.startswith(self.scope + '/')
    }

  @property
  def step(self):
    """int, updates so far (of the first member)."""
    return int(self.session.run(self.members[0].train.step))

  def fit(self, levels, log=None):
    """Trains on all that is known.

    Args:
      levels: list of (cells int [n, b, 4], accuracies float [n]), one for each
        number of blocks so far.
      log: function of one line, told how many updates there will be, and where
        levels are taken one by one, of each; or None.

    Returns:
      Fit.

    Raises:
      RunError: nothing to learn from, or cells that do not fit.
    """
    log = log or (lambda line: None)
    cells = [tokens_lib.checked(of, *self._sizes) for of, _ in levels]
    labels = [np.asarray(of, np.float32).reshape([-1]) for _, of in levels]
    _check(cells, labels)
    if self.recipe.afresh:
      self._begin(labels)
    passes = folds.plan(self.recipe, [len(of) for of in labels], self.seed)
    steps = sum(len(one.batches) for one in passes)
    log(
      'Controller: Number of training steps required for this stage : %d'
      % steps
    )
    loss, error, rate = self._train(cells, np.concatenate(labels), passes, log)
    return Fit(steps, float(loss), float(error), float(rate))

  def _begin(self, labels):
    """Back to initial values: new ones at each level, and its bias."""
    level = len(labels)
    first = next(of for of in labels if len(of))
    mean = np.clip(np.mean(first), 1 - _SURE, _SURE)
    values = self._initial(keyed.seed_for(self.seed, 'fit', level))
    for name in values:
      if name.endswith('scorer/bias'):
        values[name] = np.log(mean / (1 - mean)).reshape([1])
      elif name.endswith('/level'):
        values[name] = np.int32(level)
    self.load(values)

  def _train(self, cells, labels, passes, log):
    """Goes through the passes; (loss, error, rate), means of the last epoch."""
    recipe, found = self.recipe, []
    tokens = self._tokens(cells)
    for epoch, level, batches in passes:
      if level in (None, 0):
        found = []
        if recipe.swap:
          drawn = keyed.generator(self.seed, 'swap %d' % len(cells), epoch)
          tokens = self._tokens([_swapped(of, drawn) for of in cells])
      if level is not None:
        if level == 0:
          log('Controller: Begin training epoch %d' % (epoch + 1))
        log('Controller: Begin training - B = %d' % (level + 1))
      found += [self._update(tokens, labels, chosen) for chosen in batches]
      if level is not None:
        log(
          'Controller: Finished training epoch %d / %d of B = %d / %d'
          % (epoch + 1, recipe.epochs, level + 1, len(cells))
        )
    return np.mean(found, 0)

  def _tokens(self, cells):
    network, (num_inputs, _) = self.recipe.network, self._sizes
    return tokens_lib.padded([network.tokens(of, num_inputs) for of in cells])

  def _update(self, tokens, labels, chosen):
    """One step of each member; (loss, error, rate), means over them."""
    fetches, feeds = [], {}
    for member, indices in zip(self.members, chosen):
      if indices is not None:
        train = member.train
        fetches.append(
          (member.loss, member.error, train.learning_rate, train.update)
        )
        feeds[member.tokens] = tokens[indices]
        feeds[member.labels] = labels[indices, None]
    return np.mean([of[:3] for of in self.session.run(fetches, feeds)], 0)

  def predict_each(self, cells):
    """Every member's scores, float32 [members, n]; see `predict`."""
    cells = tokens_lib.checked(cells, *self._sizes)
    if not len(cells):
      return np.zeros([len(self.members), 0], np.float32)
    network, (num_inputs, _) = self.recipe.network, self._sizes
    tokens = network.tokens(cells, num_inputs)
    return self._score(self.session, tokens)

  def predict(self, cells):
    """Scores of cells with one number of blocks.

    Args:
      cells: ints [n, b, 4] or [n, 4 b].

    Returns:
      float32 [n], from 0 to 1.

    Raises:
      RunError: they have another shape, or hold what the tables do not.
    """
    return np.mean(self.predict_each(cells), 0)


def _check(cells, labels):
  for of_cells, of_labels in zip(cells, labels):
    if len(of_cells) != len(of_labels):
      raise RunError(
        '%d accuracies are given for %d cells' % (len(of_labels), len(of_cells))
      )
  if not sum(map(len, labels)):
    raise RunError('the predictor has no accuracies to learn from')
  if not np.isfinite(np.concatenate(labels)).all():
    raise RunError('an accuracy that the predictor is to learn is no number')


def _swapped(cells, generator):
  """The cells with the branches of every other block swapped, by chance."""
  chosen = generator.randint(2, size=cells.shape[:2] + (1,))
  return np.where(chosen, tokens_lib.swapped(cells), cells)


def _member(recipe, sizes, scope):
  """Builds one network and its training."""
  tokens = tf.placeholder(tf.int32, [None, None, None], scope + '/state_input')
  labels = tf.placeholder(tf.float32, [None, 1], scope + '/labels')
  with tf.variable_scope(scope):
    network = recipe.network
    weights = network.weights(*sizes)
    limit = network.limit
    initial = variables.uniform(limit) if limit else variables.glorot_uniform
    with tf.variable_scope('scorer'):
      kernel = variables.create('kernel', [network.hidden, 1], initial)
      bias = variables.create('bias', [1], variables.zeros)

    def _head(hidden):
      return tf.sigmoid(tf.matmul(hidden, kernel.value()) + bias.value())[:, 0]

    score = tf.identity(_head(network.encode(weights, tokens)), 'rnn_score')
    trained = [
      v for v in tf.trainable_variables() if v.op.name.startswith(scope + '/')
    ]
    step = variables.create(
      'global_step', [], variables.zeros, trainable=False, dtype='int32'
    )
    error = tf.reduce_mean(_LOSSES[recipe.loss](score - labels[:, 0]))
    loss = error
    if recipe.regularization:
      squares = tf.add_n([tf.nn.l2_loss(v.value()) for v in trained])
      loss = error + recipe.regularization * squares

    def _rate(step):
      # What is told of a step is from before it.
      with tf.control_dependencies([loss, error]):
        return tf.identity(recipe.schedule(step))

    train = updates.train_ops(
      tf.identity(loss, 'total_loss'),
      trained,
      step,
      _rate,
      optimizers.Adam(0.9, 0.999, 1e-8),
    )
  return Member(scope, tokens, labels, weights, _head, loss, error, train)
