"""What graphs know of a child, whichever search space it is of.

A child's config has `fixed_arc` and a method `build(images, arc, use)` that
returns a `Network`; a controller's config has `build(key)`, which returns a
`reinforce.Sample`.
"""

import collections
import typing

# Variables of the auxiliary head; see ChildTraining.train_aux_head.
AUX_SCOPE = 'child/aux_head/'

Network = collections.namedtuple(
  'Network', ['logits', 'aux_logits', 'layers', 'aux_layer']
)
Network.__doc__ = """A child on a batch.

logits: float32 [N, num_classes]. aux_logits: the same of the auxiliary head,
or None. layers: list of the layers' outputs that the log shows. aux_layer: int,
the layer that the auxiliary head is on, or None.
"""


class Use(typing.NamedTuple):
  """How a child is used on a batch.

  training: whether gradients will be asked for. key: function of a purpose
  that returns int32 [2], see `random_ops`; None where nothing is random.
  progress: float32 scalar in (0, 1], the share of the run's steps that are
  done; of training only.
  """

  training: bool
  key: typing.Any = None
  progress: typing.Any = None
