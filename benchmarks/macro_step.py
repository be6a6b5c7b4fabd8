"""Macro search at full size: this graph against one that computes every branch.

  python -m benchmarks.macro_step [--steps=30] [--data_path=data/cifar10]
  python -m benchmarks.macro_step --profile

With the settings of scripts/cifar10_macro_search.sh; see `benchmarks.steps`.
With --profile, prints which kernels a step of the selected branches spends its
time in.
"""

from benchmarks import steps

NUM_LAYERS, FILTERS, NUM_OPERATIONS = 12, 36, 6


def compute_all(index, branches, value, gradients):
  """Stands in for `lazy.case`: runs every branch, forward and backward."""
  from src.nn import lazy
  from src.tf1 import tf

  del gradients
  selected = tf.unstack(tf.equal(index, tf.range(len(branches))), len(branches))
  results = [branch(value) for branch in branches]
  kept = [lazy.switch(*pair)[1] for pair in zip(results, selected)]
  merged = tf.raw_ops.Merge(inputs=kept)[0]
  merged.set_shape(results[0].shape)
  return merged


def _compute_all():
  from src.nn import lazy

  lazy.case = compute_all


def build():
  """The graph of the macro search script."""
  from src.arc import MACRO_OPERATIONS, MacroSpace
  from src.cifar10 import general_child, general_controller, graphs
  from src.nn import schedules

  return graphs.build(
    general_child.ChildConfig(
      MacroSpace('macro', MACRO_OPERATIONS, NUM_LAYERS),
      FILTERS,
      keep_prob=0.9,
    ),
    steps.example_images(),
    seed=0,
    training=graphs.ChildTraining(
      num_steps=310 * 352,
      schedule=schedules.CosineRestarts(0.05, 0.0005, 10, 2, 352),
      l2_reg=0.00025,
    ),
    controller=general_controller.ControllerConfig(
      NUM_LAYERS,
      NUM_OPERATIONS,
      FILTERS,
      tanh_constant=1.5,
      skip_target=0.4,
    ),
    reinforcement=graphs.ControllerTraining(
      entropy_weight=0.0001, skip_weight=0.8, num_aggregate=20
    ),
  )


def random_arc(draw):
  from src.arc import MacroArc

  return MacroArc.random(NUM_LAYERS, NUM_OPERATIONS, draw)


SPACE = steps.Space(
  'benchmarks.macro_step',
  128,
  build,
  random_arc,
  {steps.EVERYTHING: _compute_all},
)

if __name__ == '__main__':
  steps.main(SPACE, __doc__.splitlines()[0])
