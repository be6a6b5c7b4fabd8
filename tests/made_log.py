"""Logs of searches that never ran, in the format of melodyguan/enas."""

import numpy as np

from src.arc import MacroArc

RULE = '-' * 80


def lines_of_arc(arc, accuracy):
  lines = '\n'.join(arc.log_lines()).split('\n')
  return lines + ['val_acc=%-6.4f' % accuracy, RULE]


def search(
  num_epochs, num_layers=12, arcs_an_epoch=10, make=None, steps=4, period=10
):
  """The lines of a whole log.

  Args:
    num_epochs: int.
    num_layers: int.
    arcs_an_epoch: int.
    make: function of a RandomState that returns an architecture; a macro one
      unless given.
    steps: int, child steps an epoch.
    period: int, epochs between restarts of the learning rate.
  """
  draw = np.random.RandomState(num_epochs)
  make = make or (lambda draw: MacroArc.random(num_layers, 6, draw, 0.4))
  lines = [RULE, 'batch_size' + '.' * 67 + '128', 'mean: [125.3 122.9 113.8]']
  for epoch in range(1, num_epochs + 1):
    step = epoch * steps
    rate = 0.05 * (1 - (epoch - 1) % period / float(period))
    level = 0.8 - 0.7 * np.exp(-epoch / 40.0)
    lines.append(
      'epoch={:<6d}ch_step={:<6d} loss={:<8.6f} lr={:<8.4f} |g|={:<8.4f} '
      'tr_acc={:<3d}/{:>3d} mins={:<10.2f}'.format(
        epoch, step, 2 - level, rate, 0.5, int(128 * level), 128, epoch
      )
    )
    lines.append('Epoch %d: Training controller' % epoch)
    for number in range(3):
      lines.append(
        'ctrl_step={:<6d} loss={:<7.3f} ent={:<5.2f} lr={:<6.4f} |g|={:<8.4f} '
        'acc={:<6.4f} bl={:<5.2f} mins={:<.2f}'.format(
          number, 0.1, 26 - level, 0.001, 0.1, level, level / 2, epoch + 0.5
        )
      )
    lines.append('Here are %d architectures' % arcs_an_epoch)
    for _ in range(arcs_an_epoch):
      accuracy = min(1.0, max(0.0, level + draw.randint(-9, 9) / 128.0))
      lines += lines_of_arc(make(draw), accuracy)
    lines.append('Epoch %d: Eval' % epoch)
    for name, more in (('valid', 0.0), ('test', 0.01)):
      lines.append('Eval at %d' % step)
      lines.append('{}_accuracy: {:<6.4f}'.format(name, level - more))
  return lines


def write(path, *args, **kwargs):
  """Writes `search` into a file; returns its path as a str."""
  text = '\n'.join(search(*args, **kwargs)) + '\n'
  path.write_text(text, encoding='utf-8')
  return str(path)
