"""The operations of the experiments, by their kinds and numbers.

Clean ones are those of the ENAS macro search. What the papers poison spaces
with keeps the shape of a tensor too: it does nothing, drowns the tensor in
noise, drops it, or convolves it in a way that does not help.
"""

import typing

from src.arc import MACRO_OPERATIONS, ArcError, Operation


class Variant(typing.NamedTuple):
  """In what the clean operations of two implementations differ.

  Attributes:
    separable_mixes: bool, whether separable convolutions mix channels; without
      it their second step scales each.
    avgpool_count_pad: bool, whether average pooling counts the zeros beyond
      the edge.
  """

  separable_mixes: bool = True
  avgpool_count_pad: bool = False


def clean(variant=None):
  """The six operations of the macro search, a list of `Operation`."""
  variant = variant or Variant()
  return [adapted(operation, variant) for operation in MACRO_OPERATIONS]


def adapted(operation, variant):
  """A clean operation as a Variant has it."""
  if operation.kind == 'separable' and not variant.separable_mixes:
    return operation._replace(params=(('mixes', 0),))
  if operation.kind == 'avg_pool' and variant.avgpool_count_pad:
    return operation._replace(params=(('count_pad', 1),))
  return operation


def identity():
  """What comes in goes out."""
  return Operation('identity', 'identity', 'identity')


def gaussian(sigma):
  """x + sigma * x * N(0, 1) in training, else x."""
  return Operation(
    'gaussian_%s' % _word(sigma),
    'noise σ=%s' % _short(sigma),
    'gaussian',
    params=(('sigma', sigma),),
  )


def dropout(rate):
  """Drops that share of all values in training, else x."""
  return Operation(
    'dropout_%s' % _word(rate),
    'drop %s' % _short(rate),
    'dropout',
    params=(('rate', rate),),
  )


def tconv(kernel):
  """A transposed convolution without normalisation.

  Raises:
    ArcError: the kernel is even, so that it has no middle.
  """
  if kernel % 2 == 0:
    raise ArcError(
      'a transposed convolution has an odd kernel, not %d' % kernel
    )
  return Operation(
    'tconv_%dx%d' % (kernel, kernel),
    'tconv %d×%d' % (kernel, kernel),
    'tconv',
    kernel,
  )


def conv(kernel, dilation, padding=None):
  """A convolution whose taps are `dilation` pixels apart.

  Args:
    kernel: int, taps in each direction.
    dilation: int.
    padding: int, on each side; what keeps the shape unless given.

  Raises:
    ArcError: with that padding, or with any, the shape is not kept.
  """
  reach = (kernel - 1) * dilation
  if reach % 2 or padding not in (None, reach // 2):
    raise ArcError(
      'a convolution with k=%d, d=%d%s changes the size of an image: twice the '
      'padding is to be d(k-1), which is %d'
      % (
        kernel,
        dilation,
        '' if padding is None else ', p=%d' % padding,
        reach,
      )
    )
  return Operation(
    'conv_k%d_p%d_d%d' % (kernel, reach // 2, dilation),
    'conv %d×%d d=%d' % (kernel, kernel, dilation),
    'conv',
    kernel,
    (('dilation', dilation),),
  )


def stretched(dilation):
  """A 3x3 convolution whose taps lie far apart."""
  return conv(3, dilation)._replace(
    name='stretched_%d' % dilation, label='stretched %d' % dilation
  )


def renamed(operation, number):
  """A copy with weights of its own: the operation under another name."""
  return operation._replace(name='%s_%d' % (operation.name, number))


def _short(number):
  return '%g' % number


def _word(number):
  """A number as a part of an identifier."""
  return _short(number).replace('.', '_').replace('-', 'm')
