"""The micro controller and child once more, in slow NumPy, double precision.

Written from their description (ENAS section 2.4 and the behaviour of
melodyguan/enas), not from `src`; tests compare the two.
"""

import numpy as np

from tests import slow_numpy
from tests.cifar10 import slow_child, slow_controller
from tests.cifar10.slow_child import relu

NUM_OPERATIONS = 5
SEPARABLE_3, SEPARABLE_5, AVG_POOL, MAX_POOL, IDENTITY = range(NUM_OPERATIONS)
KERNELS = {SEPARABLE_3: 3, SEPARABLE_5: 5}


def split_arc(tokens):
  """Flat tokens -> (normal, reduction): lists of (index, op, index, op)."""
  tokens = [int(token) for token in tokens]
  blocks = [tuple(tokens[i : i + 4]) for i in range(0, len(tokens), 4)]
  return blocks[: len(blocks) // 2], blocks[len(blocks) // 2 :]


class SlowMicroController(slow_controller.SlowController):
  """Replays one architecture with the weights of `values`."""

  def replay(self, cells, op_tanh_reduce=1.0):
    """(nll, entropy); cells: as from `split_arc`.

    `op_probabilities` then holds the distribution of every operation choice,
    one list per cell.
    """
    self.op_probabilities = []
    for cell, blocks in enumerate(cells):
      self.op_probabilities.append([])
      self._replay_cell(blocks, cell == 0, op_tanh_reduce)
    return sum(self.nlls), sum(self.entropies)

  def _replay_cell(self, blocks, is_normal, op_tanh_reduce):
    w = self.w
    start = w['g_emb'][0]
    keys, anchors = [], []
    for _ in range(2):
      keys.append(self._step(start).dot(w['attention/w_1']))
      anchors.append(np.zeros_like(start))
    for index_1, op_1, index_2, op_2 in blocks:
      x = start
      for index in (index_1, index_2):
        query = self._step(x).dot(w['attention/w_2'])
        hidden = np.tanh(np.array(keys) + query)
        self._score(self._squash(hidden.dot(w['attention/v'])[:, 0]), index)
        x = anchors[index]
      for op in (op_1, op_2):
        logits = self._step(x).dot(w['softmax/w']) + w['softmax/b'][0]
        if self.temperature is not None:
          logits = logits / self.temperature
        if self.tanh_constant is not None:
          logits = self.tanh_constant / op_tanh_reduce * np.tanh(logits)
        if is_normal:
          logits = logits + np.array([0.25, 0.25, -0.25, -0.25, -0.25])
        self._score(logits, op)
        p = np.exp(logits)
        self.op_probabilities[-1].append(p / p.sum())
        x = w['emb/w'][op]
      h = self._step(x)
      anchors.append(h)
      keys.append(h.dot(w['attention/w_1']))


def _of_batch(x):
  """Each channel with mean 0 and variance 1 over the batch."""
  spread = np.sqrt(x.var((0, 1, 2)) + slow_child.EPSILON)
  return (x - x.mean((0, 1, 2))) / spread


class SlowMicroChild(slow_child.SlowChild):
  """One pass of a micro network; see `SlowChild` for what it notes down.

  `rows` then holds the (variable, row) pairs that the search model read,
  `outputs` what each layer gave, `aux_logits` the auxiliary head's.
  """

  def __init__(self, values, training, drop=None, of_batch=False):
    """Args:
    drop: function (x, layer, half) that drops paths.
    of_batch: whether statistics of the batch normalise, and none are noted.
    """
    super().__init__(values, training)
    self.of_batch = of_batch
    self.drop = drop or (lambda x, layer, half: x)
    self.rows, self.outputs, self.aux_logits = set(), [], None

  def _batch_norm(self, scope, x, **options):
    if not self.of_batch:
      return super()._batch_norm(scope, x, **options)
    gain, shift = (
      self._read('%s/bn/%s' % (scope, name)) for name in ('scale', 'offset')
    )
    return _of_batch(x) * gain + shift

  def _pointwise(self, scope, x):
    x = slow_numpy.conv2d(relu(x), self._read(scope + '/w'))
    return self._batch_norm(scope, x)

  def _calibrate(self, scope, older, newer, filters):
    if older.shape[1] != newer.shape[1]:
      older = self._reduce(scope + '/pool_x', relu(older))
    elif older.shape[3] != filters:
      older = self._pointwise(scope + '/pool_x', older)
    if newer.shape[3] != filters:
      newer = self._pointwise(scope + '/pool_y', newer)
    return older, newer

  def _row(self, name, row):
    self.rows.add((name, row))
    return self._read(name)[row]

  def _search_operation(self, scope, op, row, x):
    if op in (AVG_POOL, MAX_POOL):
      return (slow_child.avg_pool if op == AVG_POOL else slow_child.max_pool)(x)
    if op == IDENTITY:
      return x
    kernel, channels = KERNELS[op], x.shape[3]
    for stack in range(2):
      inner = '%s/conv_%dx%d/stack_%d' % (scope, kernel, kernel, stack)
      depth = self._row(inner + '/w_depth', row)
      point = self._row(inner + '/w_point', row)
      x = slow_child.depthwise(
        relu(x), depth.reshape([kernel, kernel, channels, 1])
      )
      x = np.matmul(x, point.reshape([channels, channels]))
      x = _of_batch(x) * self._row(inner + '/bn/scale', row)
      x = x + self._row(inner + '/bn/offset', row)
    return x

  def search_cell(self, scope, blocks, older, newer):
    """The output of a cell of the search model."""
    nodes = [older, newer]
    for number, block in enumerate(blocks):
      halves = [
        self._search_operation(
          '%s/cell_%d/%s' % (scope, number, name), op, index, nodes[index]
        )
        for name, index, op in zip('xy', block[::2], block[1::2])
      ]
      nodes.append(halves[0] + halves[1])
    used = {index for block in blocks for index in block[::2]}
    loose = [number for number in range(len(nodes)) if number not in used]
    filters = newer.shape[3]
    kernel = [self._row(scope + '/final_conv/w', number) for number in loose]
    kernel = np.concatenate(kernel).reshape([-1, filters])
    x = relu(np.concatenate([nodes[number] for number in loose], 3))
    return self._batch_norm(scope + '/final_conv', np.matmul(x, kernel))

  def _fixed_operation(self, scope, op, x, stride):
    if op in (AVG_POOL, MAX_POOL):
      pool = slow_numpy.avg_pool if op == AVG_POOL else slow_numpy.max_pool
      return pool(x, 3, stride)
    if op == IDENTITY:
      return x if stride == 1 else self._reduce(scope, x)
    for number in range(2):
      inner = '%s/sep_conv_%d' % (scope, number)
      x = slow_numpy.depthwise_conv2d(
        relu(x), self._read(inner + '/w_depth'), stride
      )
      x = slow_numpy.conv2d(x, self._read(inner + '/w_point'))
      x = self._batch_norm(inner, x)
      stride = 1
    return x

  def fixed_cell(self, scope, blocks, older, newer, layer, halves_size):
    """The output of a cell of a fixed network."""
    size = older.shape[1]
    nodes = [older, self._pointwise(scope + '/layer_base', newer)]
    for number, block in enumerate(blocks):
      total = 0.0
      for half, (name, index, op) in enumerate(
        zip('xy', block[::2], block[1::2])
      ):
        stride = 2 if halves_size and index < 2 else 1
        inner = '%s/cell_%d/%s_conv' % (scope, number, name)
        x = self._fixed_operation(inner, op, nodes[index], stride)
        if op != IDENTITY:
          x = self.drop(x, layer, 2 * number + half)
        total = total + x
      nodes.append(total)
    used = {index for block in blocks for index in block[::2]}
    loose = []
    for number, x in enumerate(nodes):
      if number not in used:
        if halves_size and x.shape[1] == size:
          inner = '%s/final_combine/calibrate_%d' % (scope, number)
          x = self._reduce(inner, x)
        loose.append(x)
    return np.concatenate(loose, 3)

  def _aux_head(self, x):
    scope, x = 'child/aux_head', relu(x)
    size = (x.shape[1] - 5) // 3 + 1
    pooled = np.zeros([len(x), size, size, x.shape[3]])
    for row in range(size):
      for column in range(size):
        window = x[:, 3 * row : 3 * row + 5, 3 * column : 3 * column + 5]
        pooled[:, row, column] = window.mean((1, 2))
    for name in ('proj', 'avg_pool'):
      inner = '%s/%s' % (scope, name)
      pooled = slow_numpy.conv2d(pooled, self._read(inner + '/w'))
      pooled = relu(self._batch_norm(inner, pooled))
    return np.matmul(pooled.mean((1, 2)), self._read(scope + '/fc/w'))

  def logits(self, images, cells, num_layers, filters, fixed=False, aux=False):
    """images [N, H, W, 3] -> [N, classes]; cells: as from `split_arc`."""
    x = np.asarray(images, np.float64)
    x = slow_child.conv(x, self._read('child/stem_conv/w'))
    x = self._batch_norm('child/stem_conv', x)
    pair = (x, x)
    third = num_layers // 3
    for layer in range(num_layers + 2):
      scope = 'child/layer_%d' % layer
      reduces = layer in (third, 2 * third + 1)
      filters *= 2 if reduces else 1
      if reduces and not fixed:
        pair = (pair[1], self._reduce(scope, pair[1]))
      inputs = self._calibrate(scope + '/calibrate', *pair, filters)
      if fixed:
        x = self.fixed_cell(scope, cells[reduces], *inputs, layer, reduces)
      else:
        x = self.search_cell(scope, cells[reduces], *inputs)
      pair = (pair[1], x)
      self.outputs.append(x)
      if aux and layer == 2 * third + 2:
        self.aux_logits = self._aux_head(x)
    self.features = relu(x).mean((1, 2))
    return np.matmul(self.features, self._read('child/fc/w'))
