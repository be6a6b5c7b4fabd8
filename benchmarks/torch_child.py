"""The macro and the micro search model in plain PyTorch, for `peer_step`.

Written from the ENAS paper (sections 2.3 and 2.4) and from the graphs of
`src/cifar10`: the same weights, and only what an architecture selects runs.
One module a weight, Python's own `if` and indexing for every choice.
"""

import torch
from torch import nn
from torch.nn import functional

from src.arc import MACRO_OPERATIONS, MICRO_OPERATIONS
from src.arc.macro import pool_layers
from src.arc.micro_counts import reduction_layers

NUM_CLASSES = 10


def _norm(filters, epsilon=1e-5):
  return nn.BatchNorm2d(filters, epsilon, momentum=0.1)


def _conv(inputs, filters, size=1, **options):
  return nn.Conv2d(
    inputs, filters, size, padding=size // 2, bias=False, **options
  )


class Reduction(nn.Module):
  """Every second pixel, and those one down and to the right; batch norm."""

  def __init__(self, inputs, filters, norm=_norm):
    super().__init__()
    self.paths = nn.ModuleList(
      _conv(inputs, filters // 2, stride=2) for _ in range(2)
    )
    self.norm = norm(filters)

  def forward(self, value):
    shifted = functional.pad(value, (0, 1, 0, 1))[:, :, 1:, 1:]
    halves = [path(x) for path, x in zip(self.paths, (value, shifted))]
    return self.norm(torch.cat(halves, 1))


def _pool(kind, size):
  if kind == 'max_pool':
    return nn.MaxPool2d(size, 1, size // 2)
  return nn.AvgPool2d(size, 1, size // 2, count_include_pad=False)


def _macro_branch(operation, filters):
  first = [_conv(filters, filters), _norm(filters), nn.ReLU()]
  kind, size = operation.kind, operation.kernel
  if kind.endswith('pool'):
    return nn.Sequential(*first, _pool(kind, size))
  if kind == 'separable':
    second = [
      _conv(filters, filters, size, groups=filters),
      _conv(filters, filters),
    ]
  else:
    second = [_conv(filters, filters, size)]
  return nn.Sequential(*first, *second, _norm(filters, 1e-3), nn.ReLU())


class MacroChild(nn.Module):
  """A chain of layers; each sums its operation and the skips into it."""

  def __init__(self, num_layers, filters, keep_prob):
    super().__init__()
    self.stem = nn.Sequential(_conv(3, filters, 3), _norm(filters))
    self.branches, self.norms = nn.ModuleList(), nn.ModuleList()
    self.reductions = nn.ModuleDict()
    for layer in range(num_layers):
      self.branches.append(
        nn.ModuleList(_macro_branch(o, filters) for o in MACRO_OPERATIONS)
      )
      self.norms.append(_norm(filters) if layer else nn.Identity())
      if layer in pool_layers(num_layers):
        self.reductions[str(layer)] = nn.ModuleList(
          Reduction(filters, filters) for _ in range(layer + 2)
        )
    self.dropout = nn.Dropout(1 - keep_prob)
    self.classifier = nn.Linear(filters, NUM_CLASSES, bias=False)

  def forward(self, images, arc):
    """Images [N, 3, H, W] and a `MacroArc` -> a list with the logits."""
    tensors = [self.stem(images)]
    for layer, (branches, norm) in enumerate(zip(self.branches, self.norms)):
      value = branches[arc.ops[layer]](tensors[-1])
      for source in arc.skip_sources(layer):
        value = value + tensors[source]
      tensors.append(norm(value))
      if str(layer) in self.reductions:
        pairs = zip(self.reductions[str(layer)], tensors)
        tensors = [reduction(tensor) for reduction, tensor in pairs]
    return [self.classifier(self.dropout(tensors[-1].mean((2, 3))))]


class BatchNorm(nn.BatchNorm2d):
  """By the batch's own statistics, always."""

  def __init__(self, filters):
    super().__init__(filters, 1e-5, track_running_stats=False)


def _pointwise(inputs, filters):
  return nn.Sequential(nn.ReLU(), _conv(inputs, filters), BatchNorm(filters))


def _separable(filters, size):
  layers = []
  for _ in range(2):
    layers += [
      nn.ReLU(),
      _conv(filters, filters, size, groups=filters),
      _conv(filters, filters),
      BatchNorm(filters),
    ]
  return nn.Sequential(*layers)


class Cell(nn.Module):
  """Blocks of two operations on earlier nodes; what is unused comes out."""

  def __init__(self, num_blocks, filters):
    super().__init__()
    # Separable convolutions have weights of their own for each input.
    self.operations = nn.ModuleList(
      nn.ModuleList(
        nn.ModuleList(
          _separable(filters, o.kernel)
          for _ in range(block + 2 if o.kind == 'separable' else 0)
        )
        for o in MICRO_OPERATIONS
      )
      for block in range(num_blocks)
      for _ in 'xy'
    )
    self.pools = [
      _pool(o.kind, o.kernel) if o.kind.endswith('pool') else nn.Identity()
      for o in MICRO_OPERATIONS
    ]
    nodes = num_blocks + 2
    self.mix = nn.Parameter(
      torch.randn(nodes, filters, filters) / (nodes * filters) ** 0.5
    )
    self.norm = BatchNorm(filters)

  def forward(self, older, newer, blocks):
    nodes, used = [older, newer], set()
    for number, block in enumerate(blocks):
      halves = []
      for half, (index, op) in enumerate((block[:2], block[2:])):
        of_input = self.operations[2 * number + half][op]
        apply = of_input[index] if len(of_input) else self.pools[op]
        halves.append(apply(nodes[index]))
        used.add(index)
      nodes.append(halves[0] + halves[1])
    loose = [index for index in range(len(nodes)) if index not in used]
    kernel = torch.cat([self.mix[index] for index in loose], 1)
    value = torch.relu(torch.cat([nodes[index] for index in loose], 1))
    return self.norm(functional.conv2d(value, kernel[:, :, None, None]))


class MicroLayer(nn.Module):
  """Brings the two outputs before to one size, then a cell."""

  def __init__(self, num_blocks, older, newer, filters, reduces):
    super().__init__()
    self.reduce = Reduction(newer, filters, BatchNorm) if reduces else None
    self.older, self.newer = nn.Identity(), nn.Identity()
    if reduces:
      self.older = nn.Sequential(
        nn.ReLU(), Reduction(newer, filters, BatchNorm)
      )
    elif older != filters:
      self.older = _pointwise(older, filters)
    if newer != filters and not reduces:
      self.newer = _pointwise(newer, filters)
    self.cell = Cell(num_blocks, filters)

  def forward(self, older, newer, arc):
    if self.reduce is not None:
      older, newer = newer, self.reduce(newer)
    nodes = self.older(older), self.newer(newer)
    blocks = arc.normal if self.reduce is None else arc.reduce
    return newer, self.cell(*nodes, blocks)


class MicroChild(nn.Module):
  """A stack of normal and reduction cells with a second classifier."""

  def __init__(self, num_layers, num_blocks, filters, keep_prob):
    super().__init__()
    reductions = reduction_layers(num_layers)
    stem = 3 * filters
    self.stem = nn.Sequential(_conv(3, stem, 3), BatchNorm(stem))
    self.layers, self.aux_layer = nn.ModuleList(), reductions[1] + 1
    older = newer = stem
    for layer in range(num_layers + 2):
      reduces = layer in reductions
      if reduces:
        filters *= 2
      self.layers.append(MicroLayer(num_blocks, older, newer, filters, reduces))
      older, newer = (filters if reduces else newer), filters
    self.aux = nn.Sequential(
      nn.ReLU(),
      nn.AvgPool2d(5, 3),
      _conv(filters, 128),
      BatchNorm(128),
      nn.ReLU(),
      nn.ZeroPad2d((0, 1, 0, 1)),
      nn.Conv2d(128, 768, 2, bias=False),
      BatchNorm(768),
      nn.ReLU(),
    )
    self.aux_classifier = nn.Linear(768, NUM_CLASSES, bias=False)
    self.dropout = nn.Dropout(1 - keep_prob)
    self.classifier = nn.Linear(filters, NUM_CLASSES, bias=False)

  def forward(self, images, arc):
    """Images [N, 3, H, W] and a `MicroArc` -> logits, in training also aux."""
    older = newer = self.stem(images)
    aux = []
    for number, layer in enumerate(self.layers):
      older, newer = layer(older, newer, arc)
      if self.training and number == self.aux_layer:
        aux = [self.aux_classifier(self.aux(newer).mean((2, 3)))]
    value = self.dropout(torch.relu(newer).mean((2, 3)))
    return [self.classifier(value)] + aux
