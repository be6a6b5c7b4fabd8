"""The tiny models that the reference's numbers were taken from.

Entry k of the j-th weight is scale * sin(0.7 k + j); the text is (7 k + 3) mod
11. The numbers come from enas_lm run under TensorFlow 1.15.5, and were derived
independently with NumPy.
"""

import numpy as np

from src.arc import RecurrentArc
from src.arc.recurrent_space import RecurrentSpace
from src.nn import clipping, keyed
from src.ptb import graphs, ptb_enas_child, ptb_enas_controller

VOCAB, SIZE, BATCH, BPTT = 11, 4, 2, 5
MATRIX = ((7 * np.arange(20) + 3) % 11).reshape(BATCH, 10).astype(np.int32)
WINDOW = MATRIX[:, :BPTT], MATRIX[:, 1 : BPTT + 1]
FIXED = RecurrentArc.parse('0 2 1 0 0 1')
CONTROLLER = [
  'lstm/w',
  'embedding/g',
  'embedding/w',
  'attention/w_1',
  'attention/w_2',
  'attention/v',
]
_FIXED = {'clip': clipping.GlobalNorm(0.25), 'l2_reg': 8e-7, 'rnn_l2_reg': 0.7}
_SEARCH = {
  'clip': clipping.GlobalNorm(0.1),
  'l2_reg': 8e-7,
  'l2_form': 'quartic',
  'rnn_slowness_reg': 1.0,
}
KEY = keyed.pair(0, 'test', 0)


def fill(number, shape, scale):
  flat = scale * np.sin(0.7 * np.arange(np.prod(shape)) + number)
  return flat.reshape(shape)


def fixed_values(num_nodes=3, scale=0.3):
  """Values of a fixed child, by name."""
  names = ['embedding/w', 'rnn_cell/w_prev']
  names += ['rnn_cell/layer_%d/w' % node for node in range(num_nodes)]
  shapes = [[VOCAB, SIZE], [2 * SIZE, 2 * SIZE]]
  shapes += [[SIZE, 2 * SIZE]] * num_nodes
  return {
    'language_model/' + name: fill(number, shape, scale)
    for number, (name, shape) in enumerate(zip(names, shapes))
  }


def controller_values(size=8, num_funcs=4):
  shapes = [
    [2 * size, 4 * size],
    [1, size],
    [num_funcs, size],
    [size, size],
    [size, size],
    [size, 1],
  ]
  return {
    'controller/' + name: fill(number, shape, 0.5)
    for number, (name, shape) in enumerate(zip(CONTROLLER, shapes))
  }


def search_values(num_nodes=3):
  """Values of the search model, by name."""
  values = controller_values()
  names = ['embedding/w', 'rnn_cell/w_prev']
  names += ['rnn_cell/layer_%d/w' % node for node in range(1, num_nodes + 1)]
  shapes = [[VOCAB, SIZE], [2 * SIZE, 2 * SIZE]]
  shapes += [[4, node, SIZE, 2 * SIZE] for node in range(1, num_nodes + 1)]
  for number, (name, shape) in enumerate(zip(names, shapes), 6):
    values['child/' + name] = fill(number, shape, 0.3)
  return values


def child(**options):
  return ptb_enas_child.ChildConfig(VOCAB, SIZE, RecurrentSpace(4), **options)


def fixed(arc=FIXED, loose_ends=False, **options):
  """Graph of the fixed model."""
  options = dict(_FIXED, **options)
  return graphs.build(
    child(arc=arc, average_loose_ends=loose_ends),
    0,
    graphs.ChildTraining(BATCH, bptt=BPTT, **options),
  )


def search(loose_ends=False, reinforcement=None, config=None, **options):
  """Graph of the search model."""
  options = dict(_SEARCH, **options)
  return graphs.build(
    config or child(average_loose_ends=loose_ends),
    0,
    graphs.ChildTraining(BATCH, bptt=BPTT, **options),
    ptb_enas_controller.ControllerConfig(
      3, lstm_size=8, tanh_constant=2.25, temperature=5.0
    ),
    reinforcement or graphs.ControllerTraining(),
  )


def feeds(inputs, more=None, window=WINDOW):
  """What is fed for a window, and more, a dict."""
  fed = dict(zip([inputs.inputs, inputs.targets], window))
  fed.update(more or {})
  return fed
