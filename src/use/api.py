"""Searches, trainings and predictions from Python, as the commands do them.

Flags are keywords: `num_epochs=10`. What is wrong is raised as `UsageError`,
`RunError` or `ArcError`, one line each.
"""

from src.arc import record
from src.files import photo
from src.run import directory, program, scoring
from src.run import flags as flags_lib
from src.use import prediction, trained
from src.view import commands


def search(data_path, output_dir, package='cifar10', **flags):
  """Searches, or goes on with a search.

  Args:
    data_path: str, see the flag.
    output_dir: str, the run directory.
    package: str, 'cifar10' or 'AEROBI'.
    **flags: flags of that package's `main`.

  Returns:
    output_dir.
  """
  flags.setdefault('search_for', 'macro')
  return _training(package, output_dir, data_path=data_path, **flags)


def best(run, samples=100):
  """The best of the architectures that a search's controller samples.

  Args:
    run: str, the directory of a search.
    samples: int.

  Returns:
    an architecture of `src.arc`.
  """
  task = trained.task_of(trained.package_of(run))
  flags, prefix = trained.restored_flags(task, run, '--mode=derive')
  with task.scorer(flags, prefix) as scorer:
    return scoring.ranked(scorer, scorer.sample(samples))[0][0]


def train(run, output_dir, arc=None, **flags):
  """Trains an architecture from scratch on the data of a search.

  Args:
    run: str, the directory of the search.
    output_dir: str, the run directory.
    arc: an architecture, the `best` unless given.
    **flags: flags of the training; data and shape are those of the search.

  Returns:
    output_dir.
  """
  arc = best(run) if arc is None else arc
  of_search = directory.read_flags(run) or {}
  found = record.read(run)
  settings = dict(commands.data_of(of_search), **dict(found.space.flags))
  settings.update(flags, child_fixed_arc=str(arc), controller_training=False)
  settings.setdefault('search_for', of_search['search_for'])
  return _training(found.package, output_dir, **settings)


def predict(network, images):
  """What a trained network sees.

  Args:
    network: str, a run directory, checkpoint or export, see `trained.opened`.
    images: list of str, files.

  Returns:
    list of `prediction.Prediction`.
  """
  with trained.opened(network) as opened:
    return [prediction.predict(photo.read(path), opened) for path in images]


def _training(package, output_dir, **flags):
  task = trained.task_of(package)
  words = [_word(*item) for item in dict(flags, output_dir=output_dir).items()]
  values, _ = flags_lib.parse(
    task.flag_table.GROUPS, ['api'] + words, task.flag_table.WITHOUT_EFFECT
  )
  program.training(task, values)
  return output_dir


def _word(name, value):
  if isinstance(value, bool):
    return '--%s%s' % ('' if value else 'no', name)
  return '--%s=%s' % (name, value)
