"""Times the steps of the PyTorch search model; `peer_step` runs it.

  python -m benchmarks.torch_steps {macro,micro} [--steps=8]

Prints JSON under the names that `benchmarks.steps` uses. Needs PyTorch, and
no TensorFlow. A step is what it is here: bytes standardised, cropped and
flipped at random, the sampled architecture forward and backward, momentum on
all shared weights; in a controller step the sampled child's right answers
only, without the controller.
"""

import argparse
import collections
import json
import time

import numpy as np
import torch
from torch.nn import functional

from benchmarks import macro_step, micro_step, steps, torch_child

PADDING, AUX_WEIGHT = 4, 0.4


def _macro():
  child = torch_child.MacroChild(
    macro_step.NUM_LAYERS, macro_step.FILTERS, keep_prob=0.9
  )
  return child, macro_step.SPACE, 0.00025


def _micro():
  child = torch_child.MicroChild(
    micro_step.NUM_LAYERS,
    micro_step.NUM_CELLS,
    micro_step.FILTERS,
    keep_prob=0.9,
  )
  return child, micro_step.SPACE, 1e-4


SPACES = {'macro': _macro, 'micro': _micro}


def _standardise(images):
  images = torch.from_numpy(images).permute(0, 3, 1, 2)
  return (images.float() / 255.0 - 0.5) / 0.25


def _augment(images):
  """Crops at random after padding, flips half of the images."""
  count, _, height, width = images.shape
  padded = functional.pad(images, (PADDING,) * 4)
  offsets = torch.randint(2 * PADDING + 1, (2, count, 1))
  rows = offsets[0] + torch.arange(height)
  columns = offsets[1] + torch.arange(width)
  flips = torch.rand(count, 1) < 0.5
  columns = torch.where(flips, columns.flip(1), columns)
  index = torch.arange(count)[:, None, None]
  chosen = padded[index, :, rows[:, :, None], columns[:, None, :]]
  return chosen.permute(0, 3, 1, 2).contiguous()


class Steps:
  """The two kinds of steps, on the same architectures as `steps.Steps`."""

  def __init__(self, child, space, l2_reg):
    self._child, self._space = child, space
    self._optimizer = torch.optim.SGD(
      child.parameters(),
      lr=0.05,
      momentum=0.9,
      nesterov=True,
      weight_decay=2 * l2_reg,
    )
    for weight in child.parameters():
      weight.grad = torch.zeros_like(weight)
    self._images = steps.load_images('')[0]
    self._labels = torch.arange(space.batch_size) % 10

  def _batch(self, number):
    size = self._space.batch_size
    start = number * size % (len(self._images) - size)
    arc = self._space.random_arc(np.random.RandomState(number))
    return _standardise(self._images[start : start + size].copy()), arc

  def train(self, number):
    self._child.train()
    images, arc = self._batch(number)
    main, *aux = (
      functional.cross_entropy(logits, self._labels)
      for logits in self._child(_augment(images), arc)
    )
    self._optimizer.zero_grad(set_to_none=False)
    (main + AUX_WEIGHT * sum(aux)).backward()
    self._optimizer.step()
    return main.item()

  def controller(self, number):
    self._child.eval()
    images, arc = self._batch(number)
    with torch.no_grad():
      logits = self._child(images, arc)[0]
    return (logits.argmax(1) == self._labels).float().mean().item()


def measure(name, num_steps):
  """Builds and runs one search model; returns a dict of what was seen."""
  torch.manual_seed(0)
  start = time.time()
  child, space, l2_reg = SPACES[name]()
  seen = collections.OrderedDict(
    pytorch=torch.__version__, threads=torch.get_num_threads()
  )
  seen['build s'] = time.time() - start
  seen['trained numbers'] = sum(w.numel() for w in child.parameters())
  runner = Steps(child, space, l2_reg)
  for kind in ('train', 'controller'):
    step = getattr(runner, kind)
    start = time.time()
    step(0)
    seen['first %s step s' % kind] = time.time() - start
    seen.update(steps.time_steps(kind, step, num_steps))
  seen['peak memory MB'] = steps.peak_memory()
  return seen


if __name__ == '__main__':
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('space', choices=sorted(SPACES))
  parser.add_argument('--steps', type=int, default=8)
  args = parser.parse_args()
  print(json.dumps(measure(args.space, args.steps)))
