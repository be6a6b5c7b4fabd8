"""CIFAR-10 search and final training: the program behind the scripts.

  python -m src.cifar10.main --search_for=micro --data_path=data/cifar10 ...

Source of flags and order: `src/cifar10/main.py` of melodyguan/enas.
"""

import contextlib
import os
import sys

from src.cifar10 import config as config_lib
from src.cifar10 import data_utils, download, evaluate, experiment, graphs
from src.cifar10 import flags as flag_table
from src.cifar10.networks import AUX_SCOPE
from src.nn import keyed, variables
from src.run import checkpoints, directory, lock, logs, trainer
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.run.errors import UsageError, exit_code_of
from src.tf1 import tf


def main(argv):
  """Runs the program; returns its exit code."""

  def _main():
    flags, given = flags_lib.parse(
      flag_table.GROUPS, argv, flag_table.WITHOUT_EFFECT
    )
    if flags.mode == 'train':
      training(flags)
    elif flags.mode == 'eval':
      evaluation(flags, given)
    else:
      derivation(flags, given)

  debug = any(word.lstrip('-').startswith('debug') for word in argv)
  return exit_code_of(_main, debug)


def training(flags, stop=lambda position: False):
  """Trains, from the start or from where `output_dir` left off.

  Args:
    flags: flag values, see `flag_table`.
    stop: function of a `loop.Position`; where it is true, the run is saved and
      ends, as it does when a signal comes.

  Raises:
    UsageError, RunError, ArcError: one line each.
    Interrupted: a signal came; the run is saved.
  """
  config_lib.check(flags)
  directory.check_path(flags.output_dir)
  layout = config_lib.data_format(flags)
  child = config_lib.child_config(flags, layout)
  if not flags.reset_output_dir:
    directory.check_unchanged(
      flags.output_dir, vars(flags), flag_table.MAY_CHANGE
    )
  lines = [logs.RULE] + flags_lib.listing(flags)
  data = _read_data(flags, lines.append)
  directory.prepare(flags.output_dir, flags.reset_output_dir, print)
  with lock.held(flags.output_dir):
    if flags.reset_output_dir:
      directory.empty(flags.output_dir)
    print('Logging to {}/stdout'.format(flags.output_dir))
    graph = tf.Graph()
    with graph.as_default():
      built = _build(flags, child, data)
      lines += _banners(flags, built)
      values = variables.initial_values(flags.seed)
    directory.write_flags(flags.output_dir, vars(flags))
    trainer.train(
      experiment.Experiment(config_lib.run_config(flags), built, data),
      graph,
      flags.output_dir,
      values,
      lines,
      flags.num_epochs,
      keep=flags.keep_checkpoints,
      nan_policy=flags.nan_policy,
      stop=stop,
      after_epoch=lambda: _write_report(flags),
    )


def _write_report(flags):
  if flags.report:
    # Not above: importing matplotlib takes half a second.
    from src.view import report

    report.write(flags.output_dir)


def evaluation(flags, given):
  """Scores architectures of a checkpoint and writes a CSV.

  Args:
    flags: flag values; those of the model that were not given are taken from
      the run's `flags.json`, if there is one.
    given: set of the names that were given.
  """
  prefix = _locate_checkpoint(flags, given)
  fixed = flags.child_fixed_arc is not None
  if fixed and flags.eval_split == 'valid':
    raise UsageError(
      '--eval_split=valid: a fixed network is trained on all images but those '
      'of the test set: use --eval_split=test'
    )
  if fixed == (flags.eval_arcs_file is not None):
    raise UsageError(
      '--eval_arcs_file is for search models, which need it; a fixed network '
      'has its one architecture'
    )
  child = config_lib.child_config(flags, config_lib.data_format(flags))
  if fixed:
    arcs = [child.fixed_arc]
  else:
    arcs = evaluate.read_arcs(
      flags.eval_arcs_file, lambda text: config_lib.parse_arc(flags, text)
    )
  evaluate.check_target(flags.eval_output)
  with _restored(flags, child, prefix) as (session, graph, data):
    table = list(evaluate.rows(session, graph, data, flags.eval_split, arcs))
  evaluate.write(flags.eval_output, table)


def derivation(flags, given):
  """Samples architectures, ranks them by shared weights, prints the best.

  Args: as `evaluation`.
  """
  prefix = _locate_checkpoint(flags, given)
  if flags.child_fixed_arc is not None:
    raise UsageError(
      '--mode=derive needs the checkpoint of a search; a fixed network has '
      'its one architecture'
    )
  child = config_lib.child_config(flags, config_lib.data_format(flags))
  random = flags.derive_from == 'random'
  count = flags.derive_samples
  path = flags.derive_output or os.path.join(
    os.path.dirname(prefix), 'derived_random.csv' if random else 'derived.csv'
  )
  evaluate.check_target(path)
  with _restored(flags, child, prefix) as (session, graph, data):
    if random:
      draw = keyed.generator(flags.seed, 'random architectures')
      arcs = [config_lib.random_arc(flags, draw) for _ in range(count)]
    else:
      arcs = evaluate.sample(
        session,
        graph,
        count,
        flags.seed,
        config_lib.run_config(flags).arc_from_tokens,
      )
    table = evaluate.ranked(session, graph, data, arcs)
  evaluate.write(path, table, evaluate.DERIVED)
  _, arc, _, accuracy, correct, total = table[0]
  print(
    '{} architectures {}, {} of them distinct: {}'.format(
      count,
      'drawn at random' if random else 'sampled from the controller',
      len(table),
      path,
    )
  )
  print('Best: valid_accuracy {:.4f} ({}/{})'.format(accuracy, correct, total))
  print('--child_fixed_arc="{}"'.format(arc))


def _locate_checkpoint(flags, given):
  """Path prefix of the checkpoint; takes flags over from its run."""
  if not flags.checkpoint_path:
    raise UsageError(
      '--checkpoint_path is needed: a checkpoint or a run directory'
    )
  directory.check_path(flags.checkpoint_path)
  prefix = checkpoints.locate(flags.checkpoint_path).prefix
  directory.inherit_flags(prefix, vars(flags), given, flag_table.NOT_INHERITED)
  config_lib.check(flags)
  return prefix


@contextlib.contextmanager
def _restored(flags, child, prefix):
  """Yields (session, graph, data) with the values of a checkpoint."""
  data = _read_data(flags, lambda line: None)
  graph = tf.Graph()
  with graph.as_default():
    built = graphs.build(
      child,
      graphs.Images(data.mean, data.std),
      flags.seed,
      controller=config_lib.controller_config(flags),
    )
  with session_lib.open_session(graph) as session:
    checkpoints.restore(session, prefix)
    yield session, built, data


def _read_data(flags, log):
  if flags.download:
    download.download(flags.data_path)
  return data_utils.read_data(
    flags.data_path,
    flags.num_valids if flags.child_fixed_arc is None else 0,
    flags.num_classes,
    log,
  )


def _build(flags, child, data):
  num_batches = -(-len(data.labels['train']) // flags.batch_size)
  return graphs.build(
    child,
    graphs.Images(data.mean, data.std),
    flags.seed,
    training=config_lib.child_training(flags, num_batches),
    controller=config_lib.controller_config(flags),
    reinforcement=config_lib.controller_training(flags),
  )


def _banners(flags, graph):
  """The lines with which upstream's log announces the parts of the graph."""
  fixed = graph.sample is None
  banners = [['Build model child'], ['Build data ops']]
  if not fixed:
    samplers = config_lib.space(flags).NUM_SAMPLERS
    banners += [['Building ConvController']]
    banners += [['Build controller sampler']] * samplers
  banners += [['Build train graph'] + _sizes(graph.train.network)]
  if not fixed:
    banners += [['Build valid graph']]
  banners += [['Build test graph']]
  if graph.controller is not None:
    shuffled = ['Build valid graph on shuffled data']
    banners += [shuffled + list(map(str, tf.trainable_variables('controller')))]
  banners += [['Starting session']]
  return [line for banner in banners for line in [logs.RULE] + banner]


def _sizes(network):
  """What upstream says of a child: layers, if it does, and parameters."""
  of_aux, of_child = 0, 0
  for variable in tf.trainable_variables('child'):
    size = variable.shape.num_elements()
    if variable.op.name.startswith(AUX_SCOPE):
      of_aux += size
    else:
      of_child += size
  lines = []
  for number, layer in enumerate(network.layers):
    lines.append('Layer {:>2d}: {}'.format(number, layer))
    if number == network.aux_layer:
      lines.append('Using aux_head at layer {}'.format(number))
      lines.append('Aux head uses {} params'.format(of_aux))
  return lines + ['Model has {} params'.format(of_child)]


if __name__ == '__main__':
  sys.exit(main(sys.argv))
