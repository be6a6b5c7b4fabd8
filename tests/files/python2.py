"""The bytes that pickle of Python 2 and its NumPy write, opcode by opcode."""

import struct


def text(value):
  """A str, as short as bytes."""
  return b'U' + bytes([len(value)]) + value


def number(value):
  """An int below 256."""
  return b'K' + bytes([value])


def array(values, kind, order):
  """An array of one or two axes; kind: such as u1, order: | or <."""
  shape = b''.join(b'M' + struct.pack('<H', size) for size in values.shape)
  data = values.tobytes()
  return (
    b'cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85'
    + text(b'b')
    + b'\x87R(K\x01'
    + shape
    + {1: b'\x85', 2: b'\x86'}[values.ndim]
    + b'cnumpy\ndtype\n'
    + text(kind)
    + b'K\x00K\x01\x87R(K\x03'
    + text(order)
    + b'NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T'
    + struct.pack('<i', len(data))
    + data
    + b'tb'
  )
