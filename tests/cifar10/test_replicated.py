"""What two workers compute together is what one process computes alone."""

import numpy as np
import pytest

from src.cifar10 import config as config_lib
from tests import tiny_runs
from tests.run.cluster.processes import TIMEOUT, Cluster

AVERAGE = ['--child_sync_replicas', '--child_num_aggregate=2']
CLUSTER = ['--child_num_replicas=2', '--cluster_timeout=%d' % TIMEOUT]
# Rewards that do not depend on the order in which moving means were updated.
SETTINGS = tiny_runs.SEARCH + AVERAGE
SETTINGS += ['--child_eval_bn=batch', '--child_num_layers=2']


@pytest.mark.slow
def test_averaged_updates_are_those_of_one_process(tmp_path):
  """All weights, slots, rates, the controller and its baseline."""
  data_path = tiny_runs.write_data(tmp_path / 'data')
  alone, shared = tmp_path / 'alone', tmp_path / 'shared'
  tiny_runs.run(tiny_runs.arguments(SETTINGS, data_path, alone))
  arguments = tiny_runs.arguments(SETTINGS + CLUSTER, data_path, shared)[1:]
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    assert cluster.code('worker', 0) == 0
    assert cluster.code('worker', 1) == 0
    said = cluster.said('worker', 1)
    assert 'this worker computed 0 gradients' not in said

  expected, found = tiny_runs.variables(alone), tiny_runs.variables(shared)
  left_out = ('/gradient_sum', '/biased', '/local_step')
  names = {
    name
    for name in expected
    if not name.endswith(left_out) and '/moving_' not in name
  }
  assert {'global_step', 'child/fc/w/Momentum', 'Variable'} <= names
  for name in sorted(names):
    np.testing.assert_allclose(
      found[name], expected[name], rtol=1e-5, atol=1e-6, err_msg=name
    )
  for column in ('arc', 'valid_accuracy'):
    expected, found = (
      [row[column] for row in tiny_runs.table(run, 'architectures.csv')]
      for run in (alone, shared)
    )
    assert found == expected


def test_flags_of_replicas_reach_the_graphs():
  for words, synchronous in (
    ([], False),
    (['--child_num_replicas=2'], False),
    (AVERAGE, False),
    (AVERAGE + ['--child_num_replicas=2'], True),
  ):
    flags, _ = tiny_runs.parse(
      tiny_runs.arguments(tiny_runs.SEARCH, 'data', 'run', *words)
    )
    training = config_lib.child_training(flags, 4)
    assert training.synchronous is synchronous
    assert training.num_aggregate == (2 if AVERAGE[0] in words else 1)
  for words, synchronous in (
    ([], False),
    (['--controller_num_replicas=2'], True),
    (['--controller_num_replicas=2', '--nocontroller_sync_replicas'], False),
  ):
    flags, _ = tiny_runs.parse(
      tiny_runs.arguments(tiny_runs.SEARCH, 'data', 'run', *words)
    )
    training = config_lib.controller_training(flags)
    assert training.synchronous is synchronous
    assert training.num_aggregate == (1 if len(words) == 2 else 3)
