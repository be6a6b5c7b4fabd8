"""Latencies are those of the fixed network that the run's flags size."""

import csv
import json

import pytest

from src.AEROBI.task import Aerobi
from src.arc import ArcError
from src.cifar10 import flags as cifar10_flags
from src.cifar10.task import Cifar10
from src.tf1 import tf
from src.use import latency
from src.view.__main__ import main
from tests import flag_tables

MACRO = (
  '--search_for=macro --controller_search_whole_channels --child_num_layers=3 '
  '--child_num_branches=6 --child_out_filters=4 '
)
MICRO = (
  '--search_for=micro --child_num_branches=5 --child_num_cells=1 '
  '--child_num_layers=1 --child_out_filters=4 --child_use_aux_heads '
)
ARC, CELLS = '0 1 1 5 0 1', '0 4 1 2 1 0 1 3'


def _run(folder, task, words, arcs):
  """A run directory with what a search of these flags says of itself."""
  flags = flag_tables.parse(task.flag_table, '--data_path=d ' + words)
  (folder / 'flags.json').write_text(json.dumps(vars(flags)))
  (folder / 'space.json').write_text(task.record(flags).to_json())
  (folder / 'architectures.csv').write_text(
    'epoch,step,arc,valid_accuracy\n'
    + ''.join('1,5,%s,0.5\n' % arc for arc in arcs)
  )
  (folder / 'metrics.csv').write_text('phase,epoch,step\n')
  return str(folder)


@pytest.mark.parametrize(
  ('task', 'words', 'arc'),
  [
    (Cifar10(), MACRO + '--reward_cost=params:500:1', ARC),
    (Cifar10(), MICRO, CELLS),
    (Aerobi(), MACRO + '--child_img_size=24', ARC),
  ],
)
def test_the_network_is_the_fixed_one(
  tmp_path, monkeypatch, capsys, task, words, arc
):
  made = {}
  build = type(task).untrained

  def _untrained(self, flags):
    inputs, output = build(self, flags)
    trained = tf.trainable_variables('child')
    made['parameters'] = sum(
      v.shape.num_elements() for v in trained if '/aux_head/' not in v.op.name
    )
    made['image'] = inputs[0].shape.as_list()[1:]
    return inputs, output

  monkeypatch.setattr(type(task), 'untrained', _untrained)
  run, out = _run(tmp_path, task, words, [arc]), tmp_path / 'top'
  assert main(['top', run, '--batch_size=2', '-o', str(out)]) == 0
  capsys.readouterr()
  with open(str(out / 'top.csv')) as file:
    (row,) = csv.DictReader(file)
  assert int(row['parameters']) == made['parameters']
  assert made['image'] == [24 if task.name == 'AEROBI' else 32] * 2 + [3]
  times = [
    float(row[name])
    for name in ('latency_low_ms', 'latency_ms', 'latency_high_ms')
  ]
  assert 0 < times[0] <= times[1] <= times[2] < 10000


def test_a_larger_network_takes_longer(tmp_path):
  words = MACRO + '--child_out_filters=64'
  run = _run(tmp_path, Cifar10(), words, [ARC])
  arcs = [
    Cifar10().space(flag_tables.parse(cifar10_flags, words)).parse(text)
    for text in ('5 5 0 5 0 0', '2 2 1 2 1 1')
  ]
  small, large = latency.measure(run, arcs)
  assert large.median > small.median


def test_without_flags(tmp_path):
  with pytest.raises(ArcError, match='has no flags.json.*--nolatency'):
    latency.measure(str(tmp_path), [])
