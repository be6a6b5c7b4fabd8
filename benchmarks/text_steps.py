"""Times steps of language models: what `benchmarks.steps` asks for, of text.

Variants of a benchmark see the same words and architectures.
"""

import collections
import functools
import resource
import time
import typing

import numpy as np

from benchmarks import steps


class Handles(typing.NamedTuple):
  """What a step is fed and fetches.

  Attributes:
    inputs, targets, arc: placeholders.
    train, forward: what a step fetches, the loss first.
  """

  inputs: typing.Any
  targets: typing.Any
  arc: typing.Any
  train: typing.Any
  forward: typing.Any


class Setting(typing.NamedTuple):
  """What a benchmark of text has.

  Attributes:
    builders: dict from a variant's name to a function that builds its graph
      and returns Handles.
    vocab: int, words.
    batch: int, rows of text.
    length: int, words of a row in a window.
    arc: function of a `RandomState`, the tokens of an architecture.
  """

  builders: dict
  vocab: int
  batch: int
  length: int
  arc: typing.Callable


def measure(setting, variant, num_steps, data_path, profile):
  """Builds and runs one variant; returns a dict of what was seen."""
  del data_path
  from src.nn import variables
  from src.run import session as session_lib
  from src.tf1 import VERSION, tf

  seen = collections.OrderedDict(variant=variant, tensorflow=VERSION)
  start = time.time()
  handles = setting.builders[variant]()
  seen['build s'] = time.time() - start
  seen['graph nodes'] = len(tf.get_default_graph().get_operations())
  with session_lib.open_session(tf.get_default_graph()) as session:
    session_lib.load(session, variables.initial_values(0))

    def _run(fetches, number, **options):
      draw = np.random.RandomState(number)
      shape = [setting.batch, setting.length + 1]
      words = draw.zipf(1.3, shape) % setting.vocab
      feeds = {handles.arc: setting.arc(draw)}
      feeds.update((inputs, words[:, :-1]) for inputs in handles.inputs)
      feeds.update((targets, words[:, 1:]) for targets in handles.targets)
      return session.run(fetches, feeds, **options)

    for name in ('train', 'forward'):
      fetches = getattr(handles, name)
      _run(fetches, 0)
      times = []
      for number in range(1, num_steps + 1):
        start = time.time()
        _run(fetches, number)
        times.append(time.time() - start)
      seen[name + ' step s'] = float(np.mean(times))
      seen[name + ' step s, median'] = float(np.median(times))
      seen[name + ' tokens/s'] = (
        setting.batch * setting.length / float(np.median(times))
      )
      seen[name + ' executed ops'] = executed_ops(_run, fetches, tf)
    seen['peak memory MB'] = (
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    )
    if profile:
      seen['kernels'] = {
        name: steps.kernel_shares(
          functools.partial(_run, getattr(handles, name)),
          tf,
          2,
        )
        for name in ('train', 'forward')
      }
  return seen


def executed_ops(run, fetches, tf):
  """How many operations a run executes."""
  trace = tf.RunMetadata()
  options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
  run(fetches, 0, options=options, run_metadata=trace)
  # Beside the device's own, the trace holds what the host's profiler saw.
  return sum(
    len(device.node_stats)
    for device in trace.step_stats.dev_stats
    if device.device.startswith('/job:')
  )
