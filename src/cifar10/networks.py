"""What graphs know of a child, whichever search space it is of.

A child's config has `fixed_arc` and two methods: `build(images, arc, use)`,
which returns a `Network`, and `evaluation(key)`, which returns the
`context.Use` that it is evaluated with. A controller's config has `build(key)`,
which returns a `reinforce.Sample`.
"""

import typing

# Variables of the auxiliary head; see ChildTraining.train_aux_head.
AUX_SCOPE = 'child/aux_head/'


class Network(typing.NamedTuple):
  """A child on a batch.

  Attributes:
    logits: float32 [N, num_classes].
    aux_logits: the same of the auxiliary head, or None.
    layers: list of the layers' outputs that the log shows.
    aux_layer: int, the layer that the auxiliary head is on, or None.
  """

  logits: typing.Any
  aux_logits: typing.Any = None
  layers: typing.Sequence = ()
  aux_layer: typing.Optional[int] = None
