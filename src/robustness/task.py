"""The task of `src.robustness.driver`: a macro search on an experiment's space.

Child, controller, data and steps are those of `src.cifar10`; flags say which
operations there are, and in what two implementations differ.
"""

import numpy as np

from src.cifar10 import general_child
from src.cifar10 import lines as image_lines
from src.cifar10.task import Cifar10
from src.nn import clipping, schedules, variables
from src.robustness import batches, catalogue, experiments, lines, names, sets
from src.robustness import experiment as experiment_lib
from src.robustness import flags as flag_table
from src.run import flags as flags_lib
from src.run.errors import UsageError

# By which rhubarbwu/ENAS-Experiments standardises, CIFAR-100 too.
MEAN = np.array([125.3, 123.0, 113.9], np.float32) / 255
STD = np.array([63.0, 62.1, 66.7], np.float32) / 255
_INITIAL = {
  'he_uniform': variables.he_uniform,
  'he_normal': variables.he_normal,
}
_NUM_CLASSES = {'cifar100': 100}


def settle(flags):
  """Sets what follows from other flags; does nothing the second time.

  Raises:
    UsageError: there is no such set or experiment.
  """
  vars(flags).update(flag_table.FIXED)
  flags.set, one = sets.find(flags.set, flags.experiment, flags.experiments_dir)
  flags.experiment = one.name
  flags.dataset = flags.dataset or one.dataset
  if flags.num_classes is None:
    flags.num_classes = _NUM_CLASSES.get(flags.dataset)
  flags.data_path = flags.data_path or 'data/' + flags.dataset
  if flags.controller == 'uniform':
    flags.child_arcs = 'random'
  fixed = flags.child_fixed_arc is not None
  flags.controller_training = flags.controller == 'rl' and not fixed
  if flags.mode == 'train' and not flags.output_dir and not fixed:
    flags.output_dir = names.directory(flags.checkpoints_dir, *called(flags))
  flags.reset_output_dir = flags.reset_output_dir or flags.restart


def called(flags):
  """(set, experiment) as the files of a run are called; flags are settled."""
  _, one = sets.find(flags.set, flags.experiment, flags.experiments_dir)
  defaults = {
    row.name: row.default for row in flags_lib.rows(flag_table.GROUPS)
  }
  if flags.compat == 'tf':
    defaults.update(flag_table.TF)
  return names.full(flags, one, defaults)


def target(flags):
  """What the tables of a run begin with; see `names.table`."""
  return names.table(flags.results_dir, *called(flags))


class Robustness(Cifar10):
  """A search on a space that was tampered with, or a network of it."""

  name = 'robustness'
  flag_table = flag_table
  distributed = False

  def check(self, flags):
    settle(flags)
    super().check(flags)
    rewards = flags.controller_random_batches and flags.controller_training
    if rewards and flags.controller_baseline == 'per_batch':
      raise UsageError(
        '--controller_baseline=per_batch needs the same reward batches again: '
        'add --nocontroller_random_batches'
      )

  @staticmethod
  def _fixed(flags):
    return flags.child_fixed_arc is not None

  def space(self, flags):
    _, one = sets.find(flags.set, flags.experiment, flags.experiments_dir)
    return experiments.space(
      one,
      flags.child_num_layers,
      'stem' if flags.skip_from_stem else 'layer',
      catalogue.Variant(flags.separable_mixes, flags.avgpool_count_pad),
      flags.dedup_actions,
      [
        (name, getattr(flags, name))
        for name in (
          'set', 'experiment', 'child_num_layers', 'skip_from_stem',
          'dedup_actions',
        )
      ],
    )  # fmt: skip

  def child(self, flags):
    settle(flags)  # flags that are read back from a run are not checked
    topology = general_child.Topology(
      flags.child_norm_first_layer,
      flags.child_classifier_bias,
      _INITIAL[flags.child_initial],
      flags.child_eval_bn != 'batch',
    )
    return super().child(flags)._replace(topology=topology)

  def controller(self, flags):
    config = super().controller(flags)
    return config and config._replace(
      lstm_bias=flags.controller_lstm_bias,
      keeps_skip_state=flags.controller_keeps_skip_state,
    )

  def child_training(self, flags, num_batches):
    training = super().child_training(flags, num_batches)
    if flags.child_clip_gradients:
      clip = clipping.FiniteGlobalNorm(flags.child_grad_bound)
      training = training._replace(clip=clip)
    if not flags.child_lr_restarts:
      schedule = schedules.Cosine(
        flags.child_lr_max, flags.child_lr_min, flags.child_lr_T_0, num_batches
      )
      training = training._replace(schedule=schedule)
    if flags.child_l2_halved:
      training = training._replace(l2_reg=flags.child_l2_reg / 2)
    return training

  def controller_training(self, flags, num_rewards):
    training = super().controller_training(flags, num_rewards)
    if training is None:
      return None
    bound = flags.controller_grad_bound
    return training._replace(
      clip=clipping.GlobalNorm(bound) if bound else None,
      entropy_gradient=flags.controller_entropy_gradient,
    )

  def read_data(self, flags, log):
    data = super().read_data(flags, log)
    if flags.fixed_statistics:
      data = data._replace(mean=MEAN, std=STD)
    return data

  def batches(self, flags, data):
    if self._fixed(flags) or not flags.valid_augmented:
      return super().batches(flags, data)
    if data.on_disk:
      raise UsageError(
        '--valid_augmented: for images that do not fit into --decoded_mb=%d '
        'give --novalid_augmented' % flags.decoded_mb
      )
    return batches.AugmentedValid(data, flags.batch_size, flags.seed)

  def run_config(self, flags, data):
    config = super().run_config(flags, data)
    if flags.compat == 'ref':
      config = config._replace(first_epoch=0)
    return config

  def lines(self, config):
    """A `lines.Lines`: of the implementation that numbers of epochs tell."""
    kind = lines.Lines if config.first_epoch == 0 else image_lines.Lines
    return kind(config)

  def graph(self, flags, data, **parts):
    trains = parts.get('training') is not None
    noisy = trains and not self._fixed(flags)
    return super().graph(flags, data, noisy=noisy, **parts)

  def experiment(self, flags, *parts):
    if self._fixed(flags):
      return super().experiment(flags, *parts)
    _, one = sets.find(flags.set, flags.experiment, flags.experiments_dir)
    settings = experiment_lib.Settings(
      flags.controller,
      flags.eval_mode,
      flags.controller_random_batches,
      one.is_bad,
      target(flags),
      flags.compat == 'ref',
      flags.child_clip_gradients,
      flags.controller != 'uniform' and flags.controller_full_entropy,
    )
    return experiment_lib.Search(settings, *parts)
