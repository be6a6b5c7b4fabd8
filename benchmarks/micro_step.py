"""Micro search at full size: this graph against two that compute all of it.

  python -m benchmarks.micro_step [--steps=30] [--data_path=data/cifar10]
  python -m benchmarks.micro_step --profile

With the settings of scripts/cifar10_micro_search.sh; see `benchmarks.steps`.
In 'everything', cells are the reference's way: earlier nodes are stacked to
take an input out, all five operations are computed and stacked to take one out,
and loose ends are gathered for one wide convolution; all else is that of the
graph as it is. 'reference' is the reference's way throughout, see
`benchmarks.micro_reference`.
"""

from benchmarks import steps

NUM_LAYERS, NUM_CELLS, FILTERS, NUM_OPERATIONS = 6, 5, 20, 5


def _compute_all():
  from benchmarks import micro_reference

  micro_reference.put_cell()


def _build_as_the_reference():
  from benchmarks import micro_reference

  micro_reference.put()


def build():
  """The graph of the micro search script."""
  from src.arc import MICRO_OPERATIONS, CellsSpace
  from src.cifar10 import graphs, micro_child, micro_controller
  from src.nn import schedules

  return graphs.build(
    micro_child.ChildConfig(
      NUM_LAYERS,
      CellsSpace('micro', MICRO_OPERATIONS, NUM_CELLS),
      FILTERS,
      keep_prob=0.9,
      use_aux_heads=True,
    ),
    steps.example_images(),
    seed=0,
    training=graphs.ChildTraining(
      num_steps=150 * 282,
      schedule=schedules.CosineRestarts(0.05, 0.0005, 10, 2, 282),
      l2_reg=1e-4,
    ),
    controller=micro_controller.ControllerConfig(
      NUM_CELLS, NUM_OPERATIONS, tanh_constant=1.10, op_tanh_reduce=2.5
    ),
    reinforcement=graphs.ControllerTraining(
      schedule=schedules.Constant(0.0035),
      entropy_weight=0.0001,
      num_aggregate=10,
    ),
  )


def random_arc(draw):
  from src.arc import MicroArc

  return MicroArc.random(NUM_CELLS, NUM_OPERATIONS, draw)


SPACE = steps.Space(
  'benchmarks.micro_step',
  160,
  build,
  random_arc,
  {
    steps.EVERYTHING: _compute_all,
    'reference': _build_as_the_reference,
  },
)

if __name__ == '__main__':
  steps.main(SPACE, __doc__.splitlines()[0])
