"""The macro child once more, in slow NumPy with double precision.

Written from the description of the networks (ENAS section 2.3 and the
behaviour of melodyguan/enas), not from `src`; tests compare the two.
"""

import numpy as np

CONV_3, SEPARABLE_3, CONV_5, SEPARABLE_5, AVG_POOL, MAX_POOL = range(6)
KERNELS = {CONV_3: 3, SEPARABLE_3: 3, CONV_5: 5, SEPARABLE_5: 5}
SEPARABLE = (SEPARABLE_3, SEPARABLE_5)
EPSILON, MASKED_EPSILON = 1.001e-5, 1e-3
DECAY = 0.9


def windows(x, size, fill=0.0):
  """Yields (row, column, x shifted by them) for a size x size window."""
  height, width = x.shape[1:3]
  edge = size // 2
  sides = ((0, 0), (edge, edge), (edge, edge), (0, 0))
  padded = np.pad(x, sides, 'constant', constant_values=fill)
  for row in range(size):
    for column in range(size):
      yield row, column, padded[:, row : row + height, column : column + width]


def conv(x, kernel):
  """SAME convolution; x [N, H, W, C], kernel [k, k, C, F]."""
  return sum(
    np.matmul(part, kernel[row, column])
    for row, column, part in windows(x, kernel.shape[0])
  )


def depthwise(x, kernel):
  """SAME depthwise convolution; kernel [k, k, C, 1]."""
  return sum(
    part * kernel[row, column, :, 0]
    for row, column, part in windows(x, kernel.shape[0])
  )


def avg_pool(x):
  """3x3; pixels beyond the edge do not count."""
  total = sum(part for _, _, part in windows(x, 3))
  return total / sum(part for _, _, part in windows(np.ones_like(x), 3))


def max_pool(x):
  """3x3; pixels beyond the edge do not count."""
  return np.max([part for _, _, part in windows(x, 3, -np.inf)], axis=0)


def relu(x):
  return np.maximum(x, 0.0)


def cross_entropy(logits, labels):
  """Mean negative log-probability of the labels."""
  logits = logits - logits.max(1, keepdims=True)
  log_p = logits - np.log(np.exp(logits).sum(1, keepdims=True))
  return -np.mean(log_p[np.arange(len(labels)), labels])


def split_arc(tokens, num_layers, head=1):
  """Flat tokens -> list of (first `head` tokens, skip bits) per layer."""
  tokens, layers = [int(token) for token in tokens], []
  for layer in range(num_layers):
    layers.append((tokens[:head], tokens[head : head + layer]))
    tokens = tokens[head + layer :]
  assert not tokens
  return layers


class SlowChild:
  """One pass of the network.

  After it, `moved` holds the new moving statistics by variable name (empty
  unless training), `used` the names of all variables that were read, and
  `features` [N, F] what the classifier saw.
  """

  def __init__(self, values, training, plain=False, skip_from=0):
    """values: dict from name to array; plain: separable ones are plain.

    skip_from: the first tensor that is skipped in, 1 if not the stem's.
    """
    self.values = values
    self.training = training
    self.plain = plain
    self.skip_from = skip_from
    self.moved, self.used = {}, set()

  def _read(self, name):
    self.used.add(name)
    return np.asarray(self.values[name], np.float64)

  def _batch_norm(self, scope, x, masked=False, channels=slice(None)):
    scope += '/bn'
    gain = self._read(scope + '/scale')[channels]
    shift = self._read(scope + '/offset')[channels]
    old = {
      name: np.array(self.values['%s/%s' % (scope, name)], np.float64)
      for name in ('moving_mean', 'moving_variance')
    }
    epsilon = MASKED_EPSILON if masked else EPSILON
    mean = old['moving_mean'][channels]
    variance = old['moving_variance'][channels]
    if self.training:
      mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
      count = x[..., 0].size
      new = {
        'moving_mean': mean,
        'moving_variance': variance * count / (count - 1),
      }
      for name in old:
        full = '%s/%s' % (scope, name)
        if masked:
          moving = old[name]
          moving[channels] = DECAY * moving[channels] + 0.1 * new[name]
        else:
          helper = '%s/%s' % (scope, full)
          biased = DECAY * self.values[helper + '/biased'] + 0.1 * new[name]
          step = self.values[helper + '/local_step'] + 1
          self.moved[helper + '/biased'] = biased
          self.moved[helper + '/local_step'] = step
          moving = biased / (1 - DECAY**step)
        self.moved[full] = moving
    return (x - mean) / np.sqrt(variance + epsilon) * gain + shift

  def _reduce(self, scope, x):
    shifted = np.zeros_like(x)
    shifted[:, :-1, :-1] = x[:, 1:, 1:]
    halves = [
      np.matmul(part[:, ::2, ::2], self._read('%s/%s/w' % (scope, path))[0, 0])
      for path, part in (('path1_conv', x), ('path2_conv', shifted))
    ]
    return self._batch_norm(scope, np.concatenate(halves, 3))

  def _search_branch(self, scope, op, x, channels=slice(None)):
    scope += '/branch_%d' % op
    if op not in KERNELS:
      x = conv(x, self._read(scope + '/conv_1/w'))
      x = relu(self._batch_norm(scope + '/conv_1', x))
      return (avg_pool if op == AVG_POOL else max_pool)(x)[..., channels]
    x = conv(x, self._read(scope + '/inp_conv_1/w'))
    x = relu(self._batch_norm(scope + '/inp_conv_1', x))
    scope += '/out_conv_%d' % KERNELS[op]
    if op in SEPARABLE:
      x = depthwise(x, self._read(scope + '/w_depth'))
      x = np.matmul(x, self._read(scope + '/w_point')[channels].T)
    else:
      x = conv(x, self._read(scope + '/w')[..., channels])
    return relu(self._batch_norm(scope, x, True, channels))

  def _partial_layer(self, scope, ranges, x):
    """All branches, each with its own range of channels, and a 1x1 mix."""
    mix = self._read(scope + '/final_conv/w')
    filters, total = mix.shape[1], 0.0
    for branch in range(len(ranges) // 2):
      start, count = ranges[2 * branch : 2 * branch + 2]
      channels = slice(start, start + count)
      part = self._search_branch(scope, branch, x, channels)
      assert part.shape[3] == count
      rows = slice(branch * filters + start, branch * filters + start + count)
      total = total + np.matmul(part, mix[rows])
    return relu(self._batch_norm(scope + '/final_conv', total))

  def _search_layer(self, layer, head, bits, tensors):
    scope = 'child/layer_%d' % layer
    if len(head) == 1:
      x = self._search_branch(scope, head[0], tensors[-1])
    else:
      x = self._partial_layer(scope, head, tensors[-1])
    for bit, tensor in zip(bits, tensors[self.skip_from :]):
      x = x + bit * tensor
    if scope + '/skip/bn/scale' in self.values:
      x = self._batch_norm(scope + '/skip', x)
    return x

  def _fixed_layer(self, layer, head, bits, tensors):
    scope, (op,), x = 'child/layer_%d' % layer, head, tensors[-1]
    if op not in KERNELS:
      x = (avg_pool if op == AVG_POOL else max_pool)(x)
    else:
      x = conv(relu(x), self._read(scope + '/conv_1x1/w'))
      x = relu(self._batch_norm(scope + '/conv_1x1', x))
      inner = '%s/conv_%dx%d' % (scope, KERNELS[op], KERNELS[op])
      if op in SEPARABLE and not self.plain:
        x = depthwise(x, self._read(inner + '/w_depth'))
        x = conv(x, self._read(inner + '/w_point'))
      else:
        x = conv(x, self._read(inner + '/w'))
      x = self._batch_norm(inner, x)
    if layer:
      inputs = [tensor for bit, tensor in zip(bits, tensors) if bit] + [x]
      x = relu(np.concatenate(inputs, 3))
      x = conv(x, self._read(scope + '/skip/w'))
      x = self._batch_norm(scope + '/skip', x)
    return x

  @staticmethod
  def _is_read(number, later_layers):
    """Whether tensor `number` is any later layer's main input or skip."""
    return any((bits + [1])[number] for _, bits in later_layers)

  def logits(self, images, layers, fixed=False):
    """images [N, H, W, 3] -> [N, classes]; layers as from `split_arc`."""
    x = conv(np.asarray(images, np.float64), self._read('child/stem_conv/w'))
    tensors = [self._batch_norm('child/stem_conv', x)]
    build = self._fixed_layer if fixed else self._search_layer
    third = len(layers) // 3
    for layer, (head, bits) in enumerate(layers):
      tensors.append(build(layer, head, bits, tensors))
      if layer in (third - 1, 2 * third - 1):
        scope = 'child/layer_%d/pool_at_%d/from_' % (layer, layer)
        tensors = [
          self._reduce(scope + str(number), tensor)
          if number >= self.skip_from
          and (not fixed or self._is_read(number, layers[layer + 1 :]))
          else None
          for number, tensor in enumerate(tensors)
        ]
    self.features = tensors[-1].mean((1, 2))
    logits = np.matmul(self.features, self._read('child/fc/w'))
    if 'child/fc/b' in self.values:
      logits += self._read('child/fc/b')
    return logits
