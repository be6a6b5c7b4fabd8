"""Sessions with known values in their variables, for tests of graphs."""

import numpy as np

from src.nn import variables
from src.run import session as sessions


def open_session(graph, seed=1):
  """A session in which every variable has its initial value."""
  session = sessions.open_session(graph)
  sessions.load(session, variables.initial_values(seed, graph))
  return session


def values(session, scope):
  """dict from name to value of all variables whose names start so."""
  found = sessions.variables(session.graph)
  return session.run(
    {name: found[name].value() for name in found if name.startswith(scope)}
  )


def randomize(session, generator, scope='child/'):
  """Gives all variables of the scope random values, and returns them.

  Moving statistics and scales become such that no normalisation is the
  identity and none amplifies much.
  """
  drawn = {}
  for name, old in sorted(values(session, scope).items()):
    kind, shape = name.split('/')[-1], np.shape(old)
    if kind in ('Momentum', 'gradient_sum'):
      continue
    if kind == 'local_step':
      value = generator.randint(1, 5)
    elif kind in ('scale', 'moving_variance') or 'variance' in name:
      value = generator.uniform(0.5, 1.5, shape)
    elif kind in ('w', 'w_depth', 'w_point'):
      fan_in = shape[0] * shape[1] * (1 if kind == 'w_depth' else shape[-2])
      if len(shape) == 2:
        fan_in = shape[1] if kind == 'w_point' else shape[0]
      value = generator.normal(0.0, np.sqrt(2.0 / fan_in), shape)
    else:
      value = generator.normal(0.0, 0.3, shape)
    drawn[name] = np.asarray(value, np.float32)
  sessions.load(session, drawn)
  return drawn
