"""The comparisons of a study.

The search seed is the unit: of each seed an arm has one number, and arms are
compared by the differences of the seeds. All differences are above zero where
the first arm is better, also of perplexities.
"""

import collections
import typing

import numpy as np

from src.view import compare
from src.view.study.folder import ARMS, CONTROLLER, MATCHED, RANDOM, drawn

OWN, UNIFORM = 'own', 'uniform'  # whose shared weights
# Whose scores, with which weights.
GROUPS = (
  (CONTROLLER, OWN), (CONTROLLER, UNIFORM), (RANDOM, UNIFORM),
  (MATCHED, UNIFORM),
)  # fmt: skip
_LEAST = 5  # architectures of an arm that get a tau of their own


class Contrast(typing.NamedTuple):
  """One arm against another over the seeds that have both.

  Attributes:
    first, other: str, names of arms.
    seeds: list of int.
    differences: list of float, one for each seed.
    paired: compare.Paired of them.
  """

  first: str
  other: str
  seeds: list
  differences: list
  paired: compare.Paired


class Shared(typing.NamedTuple):
  """Scores with shared weights of two arms.

  Attributes:
    weights: OWN, each arm in those of its own search, or UNIFORM, both in those
      that uniform sampling trained.
    contrast: Contrast of the seeds' means, for perplexities of their medians.
    shifts: dict from seed to compare.Shift of all samples.
    p: float, the one of the t test, corrected for the number of comparisons
      with shared weights.
  """

  weights: str
  contrast: Contrast
  shifts: dict
  p: float


class Point(typing.NamedTuple):
  """A retrained architecture: a seed's shared score beside its own.

  Attributes:
    seed: int, of the search whose shared weights they are.
    arm: str.
    weights: OWN or UNIFORM.
    arc: str.
    shared: float.
    retrained: float, mean over training seeds.
  """

  seed: int
  arm: str
  weights: str
  arc: str
  shared: float
  retrained: float


class Results(typing.NamedTuple):
  """What a study found; what it has no data for is None or empty.

  Attributes:
    top: int, how many of the best were retrained.
    headroom: compare.Components.
    best: dict from arm to a dict from seed to the mean retrained score of the
      arm's best `top`.
    drawn: the same, of those drawn from its samples.
    of_best: list of Contrast, the controller's against the other arms'.
    of_drawn: the same, of those drawn.
    samples: dict from (arm, weights) to a dict from seed to the array of the
      shared scores of all samples.
    shared: list of Shared.
    skips: dict from arm to the mean rate of skips of its samples, over seeds.
    points: list of Point.
    taus: dict from 'all' or the name of an arm to compare.Tau.
    notes: list of str, what is incomplete.
  """

  top: int
  headroom: typing.Optional[compare.Components]
  best: dict
  drawn: dict
  of_best: list
  of_drawn: list
  samples: dict
  shared: list
  skips: dict
  points: list
  taus: dict
  notes: list


def found(study, top, sample):
  """The Results of a study.

  Args:
    study: folder.Study.
    top, sample: ints, as for `folder.to_retrain`.
  """
  notes = []
  best, chosen = {}, {}
  if study.retrained is not None:
    best = _retrained(study, lambda arm, seed: arm[:top], 'best', notes)
    chosen = _retrained(
      study, lambda arm, seed: drawn(arm, sample, seed), 'drawn', notes
    )
  samples = _samples(study, notes)
  points = _points(study)
  return Results(
    top,
    _headroom(study, notes),
    best,
    chosen,
    _against(study, best),
    _against(study, chosen),
    samples,
    _shared(study, samples),
    _skips(study),
    points,
    _taus(points),
    notes,
  )


def _headroom(study, notes):
  groups = [scores for scores in (study.headroom or {}).values() if scores]
  try:
    return compare.variance_components(groups)
  except ValueError:
    if study.headroom is not None:
      notes.append(
        'headroom: too few trainings yet, two architectures with two seeds '
        'are the least'
      )
    return None


def _retrained(study, choose, what, notes):
  """dict from arm to a dict from seed to a mean retrained score.

  A seed of which some are not retrained yet is left out; of those that failed
  the others are taken.
  """
  means, left = {}, []
  for seed in study.seeds:
    for arm, entries in seed.arms.items():
      arcs = [entry.arc for entry in choose(entries, seed.number)]
      scores = [study.retrained.get(arc) for arc in arcs]
      where = '%s of seed %d' % (arm, seed.number)
      if None in scores:
        left.append('%s (%d of %d)' % (where, scores.count(None), len(arcs)))
        continue
      known = [np.mean(of_arc) for of_arc in scores if of_arc]
      if len(known) < len(arcs):
        failed = what, where, len(arcs) - len(known), len(arcs)
        notes.append('%s, %s: %d of %d failed in training' % failed)
      if known:
        means.setdefault(arm, {})[seed.number] = float(np.mean(known))
  if left:
    notes.append(
      '%s, left out as not all are retrained: %s' % (what, ', '.join(left))
    )
  return means


def _against(study, means):
  """list of Contrast of the controller against each other arm."""
  contrasts = [
    _contrast(study, CONTROLLER, other, means.get(CONTROLLER), means.get(other))
    for other in ARMS
    if other != CONTROLLER
  ]
  return [contrast for contrast in contrasts if contrast]


def _contrast(study, first, other, one, two):
  """Contrast of two dicts from seed to a number; None without a seed."""
  seeds = sorted(set(one or ()) & set(two or ()))
  if not seeds:
    return None
  sign = -1 if study.falls else 1
  differences = [sign * (one[seed] - two[seed]) for seed in seeds]
  return Contrast(first, other, seeds, differences, compare.paired(differences))


def _samples(study, notes):
  """As `Results.samples`; the controller's has two entries."""
  samples = {}
  for seed in study.seeds:
    for arm, entries in seed.arms.items():
      weights = OWN if arm == CONTROLLER else UNIFORM
      given = [(entry.score, entry.times) for entry in entries]
      samples.setdefault((arm, weights), {})[seed.number] = _each(given)
    entries = seed.arms.get(CONTROLLER, []) if seed.scored else []
    given = [
      (seed.scored[entry.arc], entry.times)
      for entry in entries
      if entry.arc in seed.scored
    ]
    if len(given) < len(entries):
      notes.append(
        'seed %d: %d of %d architectures of the controller have no score in '
        'uniform weights'
        % (seed.number, len(entries) - len(given), len(entries))
      )
    if given:
      both = samples.setdefault((CONTROLLER, UNIFORM), {})
      both[seed.number] = _each(given)
  return samples


def _each(given):
  """Scores as often as they were sampled; given: pairs (score, times)."""
  scores, times = zip(*given)
  return np.repeat(scores, times)


def centre(study, values):
  """The mean; of perplexities the median, as some go into the thousands."""
  return float(np.median(values) if study.falls else np.mean(values))


def _shared(study, samples):
  """list of Shared."""
  made, sign = [], -1 if study.falls else 1
  for weights, other in ((OWN, RANDOM), (UNIFORM, RANDOM), (UNIFORM, MATCHED)):
    one = samples.get((CONTROLLER, weights), {})
    two = samples.get((other, UNIFORM), {})
    contrast = _contrast(
      study,
      CONTROLLER,
      other,
      *({seed: centre(study, of[seed]) for seed in of} for of in (one, two)),
    )
    if contrast:
      shifts = {
        seed: compare.mann_whitney(sign * one[seed], sign * two[seed])
        for seed in contrast.seeds
      }
      made.append(Shared(weights, contrast, shifts, contrast.paired.p_t))
  corrected = compare.holm([shared.p for shared in made])
  return [shared._replace(p=p) for shared, p in zip(made, corrected)]


def _skips(study):
  rates = {}
  for seed in study.seeds:
    for arm, entries in seed.arms.items():
      if entries[0].skip_rate is not None:
        times = [entry.times for entry in entries]
        mean = np.average([e.skip_rate for e in entries], weights=times)
        rates.setdefault(arm, []).append(mean)
  return {arm: float(np.mean(of_arm)) for arm, of_arm in rates.items()}


def _points(study):
  """list of Point, in uniform weights where an architecture was scored there.

  Architectures that headroom is measured by are among them.
  One that several arms of a seed have is there for each of them.
  """
  points, known = [], dict(study.headroom or {})
  known.update(study.retrained or {})
  for seed in study.seeds:
    for arm, entries in seed.arms.items():
      for entry in entries:
        scores = known.get(entry.arc)
        if not scores:
          continue
        weights, shared = UNIFORM, entry.score
        if arm == CONTROLLER:
          weights = UNIFORM if entry.arc in seed.scored else OWN
          shared = seed.scored.get(entry.arc, shared)
        points.append(
          Point(
            seed.number, arm, weights, entry.arc, shared, float(np.mean(scores))
          )
        )
  return points


def _taus(points):
  """As `Results.taus`; pairs are of one seed's weights."""
  distinct = collections.OrderedDict(
    ((point.seed, point.weights, point.arc), point) for point in points
  )
  groups = [('all', list(distinct.values()))]
  for arm in ARMS:
    own = [point for point in points if point.arm == arm]
    groups += [(arm, own)] if len(own) >= _LEAST else []
  taus = {}
  for name, group in groups:
    if len(group) > 1:
      strata = sorted({(point.seed, point.weights) for point in group})
      taus[name] = compare.tau(
        [point.shared for point in group],
        [point.retrained for point in group],
        [strata.index((point.seed, point.weights)) for point in group],
      )
  return taus
