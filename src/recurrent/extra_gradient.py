"""The extra gradient term of a controller, step by step, and what it is worth.

`lookahead` has the tensors; here they are run in the phases of a search, and
each phase of the controller is told in a table. A diagnosis asks whether the
gradient at the weights a step on is more like the controller's next gradient
than the present one is: it takes the child's next step for real, and puts
every variable back, bit by bit.
"""

import contextlib
import csv
import os

import numpy as np

from src.arc import text as text_lib
from src.recurrent import lookahead as lookahead_lib
from src.run import session as session_lib
from src.run.errors import RunError
from src.view import samples

TABLE = 'extra_gradient.csv'
COLUMNS = (
  'epoch', 'step', 'mode', 'lookahead_step', 'xi', 'step_norm',
  'direction_norm', 'response', 'cos_ahead', 'cos_now', 'cos_response',
  'cos_noise', 'ratio_ahead', 'ratio_now', 'signs_ahead', 'signs_now',
)  # fmt: skip
HORIZONS = ('step', 'phase')
_COSINES = ('cos_ahead', 'cos_now', 'cos_noise')
LEAST_DIAGNOSED = 10  # architectures of a diagnosis
_AHEAD, _DIAGNOSED = 'architectures ahead', 'architectures of the diagnosis'


class ExtraGradient:
  """What a search does beside its phases."""

  def __init__(self, run):
    """
    Args:
      run: experiment.Experiment, whose graph has a `lookahead.Lookahead`.
    """
    self._run = run
    self._graph = run.graph
    self._ahead = run.graph.lookahead
    self._setting = self._ahead.setting

  @property
  def responds(self):
    """bool, whether rewards have a response added."""
    return self._setting.responds

  def begin(self, epoch):
    """Before a phase of the controller: means are made anew."""
    run, ahead, graph = self._run, self._ahead, self._graph
    run.session.run(ahead.begin)
    next_step = run.first_step(epoch + 1)
    count = self._setting.samples
    if ahead.add_step is not None:
      with stashed(run.session, _training_moves):
        run.session.run(graph.train.reset_state)
        for number in range(count):
          feeds = run.train_feeds(next_step)
          feeds.update(run.key_feeds(_AHEAD, epoch * count + number))
          # Numbers below zero are those of no step.
          feeds[graph.train.draw] = -1 - feeds[graph.train.draw] - number
          run.session.run(ahead.add_step, feeds)
      run.session.run(ahead.settle)
    if graph.toward is not None:
      for number in range(count):
        draw = epoch * count + number
        feeds = run.window_feeds(draw)
        feeds.update(run.key_feeds(_AHEAD + ', rewarded', draw))
        run.session.run(graph.toward, feeds)

  def response(self, step, feeds):
    """float, what the training step of an architecture does for rewards.

    -xi <v, grad Ltr>, by a central difference on a window of training text, and
    what the decay of the weights does.

    Args:
      step: int, of the child, whose window it is.
      feeds: dict that decides about the architecture.
    """
    run, ahead = self._run, self._ahead
    xi, norm = run.session.run([ahead.xi, ahead.direction_norm], feeds)
    if not norm > 0:
      return 0.0
    inputs, targets = run.words(step)
    rewarded = self._graph.rewarded
    feeds = dict(feeds)
    feeds.update({rewarded.inputs: inputs, rewarded.targets: targets})
    feeds[ahead.along_step] = 0.0
    if self._graph.draw is not None:
      feeds[self._graph.draw] = step  # the same noise for both
    losses = []
    for sign in (1, -1):
      feeds[ahead.along_reward] = sign * lookahead_lib.RADIUS / norm
      losses.append(float(run.session.run(rewarded.loss, feeds)))
    slope = (losses[0] - losses[1]) / (2 * lookahead_lib.RADIUS / norm)
    response = -float(xi) * slope / targets.size
    if ahead.pull is not None:
      response += float(run.session.run(ahead.pull, feeds))
    return response

  def row(self, epoch, step, response, diagnosed, horizon):
    """dict of COLUMNS, of the phase that has just ended.

    Args:
      epoch, step: ints, as told.
      response: float, mean of those of the phase, or ''.
      diagnosed: int, the epoch, where there is to be a diagnosis; else None.
      horizon: one of HORIZONS.
    """
    ahead = self._ahead
    wanted = {
      name: getattr(ahead, name)
      for name in ('xi', 'step_norm', 'direction_norm')
      if getattr(ahead, name) is not None
    }
    feeds = self._run.key_feeds(_DIAGNOSED, 0)
    told = self._run.session.run(wanted, feeds)
    told = {name: float(value) for name, value in told.items()}
    told.update(epoch=epoch, step=step, response=response)
    told.update(mode=self._setting.extra, lookahead_step=self._setting.step)
    if diagnosed is not None:
      told.update(self.diagnosis(diagnosed, horizon))
    # Sums in another order end in other digits.
    told = {
      name: float('%.6g' % value) if isinstance(value, float) else value
      for name, value in told.items()
    }
    return {name: told.get(name, '') for name in COLUMNS}

  def diagnosis(self, epoch, horizon):
    """dict of the last COLUMNS, of the child's next step or phase."""
    run = self._run
    count = max(self._setting.samples, LEAST_DIAGNOSED)
    first, last = run.first_step(epoch + 1), run.first_step(epoch + 2)
    places = [2 * epoch * count + number for number in range(2 * count)]
    common, others = places[:count], places[count:]
    scores = self._scores(common)
    now = self._rewards(common, epoch, 0.0)
    ahead = self._rewards(common, epoch, 1.0)
    responses = [
      self.response(first, run.key_feeds(_DIAGNOSED, place)) for place in common
    ]
    with stashed(run.session, lambda name: not name.startswith('controller/')):
      for step in range(first, last if horizon == 'phase' else first + 1):
        run.child_step(step, epoch + 1)
      then = self._rewards(common, epoch, 0.0)
      again = self._rewards(others, epoch + 1, 0.0)
    gradient = estimate(then, scores)
    corrected = estimate(np.add(ahead, responses), scores)
    told = {}
    for name, values in (('ahead', ahead), ('now', now)):
      found = estimate(values, scores)
      told['cos_' + name] = cosine(found, gradient)
      told['ratio_' + name] = ratio(found, gradient)
      told['signs_' + name] = float(np.mean(found * gradient > 0))
    told['cos_response'] = cosine(corrected, gradient)
    told['cos_noise'] = cosine(gradient, estimate(again, self._scores(others)))
    return told

  def _scores(self, places):
    """floats [K, P], gradients of log-likelihoods of architectures."""
    run, wanted = self._run, self._graph.score_gradient
    return np.array([
      run.session.run(wanted, run.key_feeds(_DIAGNOSED, place))
      for place in places
    ], np.float64)  # fmt: skip

  def _rewards(self, places, window, along):
    """list of floats, rewards of architectures on a window."""
    run, found = self._run, []
    for place in places:
      feeds = run.window_feeds(window)
      feeds.update(run.key_feeds(_DIAGNOSED, place))
      feeds[self._ahead.along_step] = along
      perplexity = run.session.run(self._graph.rewarded.perplexity, feeds)
      found.append(float(run.config.reward(perplexity)))
    return found


def _training_moves(name):
  """Whether a variable of this name is changed by a gradient's computation."""
  return name == 'child/state' or name.startswith('child/norm/')


@contextlib.contextmanager
def stashed(session, wanted):
  """Within it, variables may change; afterwards they are what they were.

  Args:
    session: session that holds them.
    wanted: function of a name, which ones.
  """
  known = session_lib.variables(session.graph)
  kept = session.run({name: v for name, v in known.items() if wanted(name)})
  try:
    yield
  finally:
    session_lib.load(session, kept)


def estimate(rewards, scores):
  """floats [P], the gradient of REINFORCE with the mean as baseline.

  Args:
    rewards: K floats.
    scores: floats [K, P], gradients of log-likelihoods.
  """
  rewards = np.asarray(rewards, float)
  return (rewards - rewards.mean()) @ scores / len(rewards)


def cosine(one, other):
  """float, of the angle between two vectors; nan where one is zero."""
  norms = np.linalg.norm(one) * np.linalg.norm(other)
  return float(one @ other / norms) if norms > 0 else float('nan')


def ratio(one, other):
  """float, of the norms of two vectors; nan where the second is zero."""
  norm = np.linalg.norm(other)
  return float(np.linalg.norm(one) / norm) if norm > 0 else float('nan')


def diagnoses(folder):
  """list of dicts of COLUMNS, the rows of a run's table with a diagnosis.

  Those of numbers are floats.

  Raises:
    RunError: the table cannot be read, or is damaged.
  """
  path = os.path.join(folder, TABLE)
  try:
    with text_lib.open_text(path) as file:
      rows = [row for row in csv.DictReader(file) if row['cos_now']]
    for row in rows:
      for name in COLUMNS[8:]:
        row[name] = float(row[name])
  except (OSError, KeyError, TypeError, ValueError) as error:
    raise RunError('cannot read %s: %s' % (path, error)) from error
  return rows


def verdict(runs):
  """str, what diagnoses say of the extra term.

  The interval is over the runs, or over the diagnoses of a single one.

  Args:
    runs: list of lists of dicts with 'cos_ahead', 'cos_now' and 'cos_noise',
      floats.
  """
  known = [
    [row for row in rows if np.isfinite([row[name] for name in _COSINES]).all()]
    for rows in runs
  ]
  known = [rows for rows in known if rows]
  count = sum(map(len, known))
  if count < 2:
    return 'Look-ahead: too few diagnoses to say anything.'
  units = [[row] for row in known[0]] if len(known) == 1 else known
  ahead, now, noise = (
    np.array([np.mean([row[name] for row in rows]) for rows in units])
    for name in _COSINES
  )
  low, high = samples.mean_interval(ahead - now)
  words = (
    'Look-ahead: cosine with the next gradient %.3f, of the present one %.3f, '
    'difference %+.3f (%+.3f to %+.3f, %d diagnoses of %d runs): '
    % (ahead.mean(), now.mean(), (ahead - now).mean(), low, high, count,
       len(known))
  )  # fmt: skip
  noise = noise.mean()
  if ahead.mean() <= noise:
    return words + 'two estimates agree as much (%.3f): it cannot help.' % noise
  if high < 0:
    return words + 'it is less like the next one: it cannot help.'
  if low > 0:
    return words + 'it tells where the next one goes.'
  return words + 'it is not shown to be more like the next one.'
