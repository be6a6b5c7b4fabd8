"""TF_CONFIG: what it may say, who a process is, where an op goes."""

import json
import socket

import pytest

from src.cifar10 import main as images
from src.nn import variables
from src.ptb import main as texts
from src.run.cluster import tf_config
from src.run.errors import RunError, UsageError
from src.run.flags import Values
from src.tf1 import tf
from tests.run.cluster.processes import free_ports

ADDRESSES = {'ps': ['a:1', 'b:2'], 'worker': ['c:3', 'd:4']}


def _environ(cluster, task):
  return {'TF_CONFIG': json.dumps({'cluster': cluster, 'task': task})}


def _read(job='worker', index=0, **jobs):
  addresses = dict(ADDRESSES, **jobs)
  return tf_config.read(_environ(addresses, {'type': job, 'index': index}))


@pytest.mark.parametrize(
  'environ',
  [
    {},
    {'TF_CONFIG': ' '},
    {'TF_CONFIG': '{}'},
    {'TF_CONFIG': '{"cluster": {}, "task": {"type": "worker", "index": 0}}'},
  ],
)
def test_one_process_is_no_cluster(environ):
  assert tf_config.read(environ) is None


def test_who_is_who():
  first, second, server = _read(), _read(index='1'), _read('ps', 1)
  assert first.me == ('worker', 0, 'c:3')
  assert (first.number, first.is_chief) == (0, True)
  assert (second.number, second.is_chief) == (1, False)
  assert (server.number, server.is_chief) == (None, False)
  assert tf_config.title(server.me) == 'ps 1 at b:2'
  assert tf_config.device(server.me) == '/job:ps/replica:0/task:1'


def test_a_chief_comes_before_the_workers():
  chief, worker = _read('chief', chief=['e:5']), _read(chief=['e:5'])
  assert [m.address for m in chief.workers] == ['e:5', 'c:3', 'd:4']
  assert (chief.number, chief.is_chief) == (0, True)
  assert (worker.number, worker.is_chief) == (1, False)


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    (
      '{"cluster"',
      "TF_CONFIG is not JSON: Expecting ':' delimiter: line 1 column 11 "
      '(char 10)',
    ),
    ('[1]', 'TF_CONFIG: expected an object with "cluster" and "task"'),
  ],
)
def test_bad_json(text, message):
  with pytest.raises(UsageError) as caught:
    tf_config.read({'TF_CONFIG': text})
  assert str(caught.value) == message


JOBS = 'expected ps, chief, worker'
TASK = '"task" is missing: {"type": ..., "index": ...}, who this is'


@pytest.mark.parametrize(
  ('cluster', 'task', 'message'),
  [
    (ADDRESSES, None, TASK),
    (ADDRESSES, {'type': 'worker'}, TASK),
    (
      ADDRESSES,
      {'type': 'evaluator', 'index': 0},
      "unknown type 'evaluator': " + JOBS,
    ),
    (
      ADDRESSES,
      {'type': 'ps', 'index': 'x'},
      "index 'x': expected a number",
    ),
    (
      ADDRESSES,
      {'type': 'worker', 'index': 2},
      'there is no worker 2: the cluster has 2',
    ),
    (
      ADDRESSES,
      {'type': 'chief', 'index': 0},
      'there is no chief 0: the cluster has 0',
    ),
    (['a:1'], {}, '"cluster" must hold a list of addresses for each job'),
    (
      dict(ADDRESSES, evaluator=['e:5']),
      {},
      "unknown job 'evaluator': " + JOBS,
    ),
    (dict(ADDRESSES, ps='a:1'), {}, "'ps' must be a list of addresses"),
    (dict(ADDRESSES, ps=['a']), {}, "address 'a': expected host:port"),
    (dict(ADDRESSES, ps=['a:b']), {}, "address 'a:b': expected host:port"),
    (
      dict(ADDRESSES, ps=['a:70000']),
      {},
      "address 'a:70000': expected host:port",
    ),
    (
      dict(ADDRESSES, ps=[]),
      {},
      'no ps: the variables need at least one parameter server',
    ),
    (dict(ADDRESSES, worker=[]), {}, 'no worker'),
    (dict(ADDRESSES, chief=['e:5', 'f:6']), {}, 'more than one chief'),
  ],
)  # fmt: skip
def test_what_tf_config_may_not_say(cluster, task, message):
  with pytest.raises(UsageError) as caught:
    tf_config.read(_environ(cluster, task))
  assert str(caught.value) == 'TF_CONFIG: ' + message


FITTING = {
  'child_num_replicas': 2,
  'controller_num_replicas': 1,
  'cluster_timeout': 120.0,
}


def _flags(**values):
  return Values(dict(FITTING, **values))


@pytest.mark.parametrize('replicas', [1, 2])
def test_flags_that_fit(replicas):
  flags = _flags(controller_num_replicas=replicas)
  tf_config.check(flags, _read())
  alone = tf_config.as_one(flags)
  assert vars(alone) == {
    'child_num_replicas': 1,
    'controller_num_replicas': 1,
    'cluster_timeout': 120.0,
  }
  assert flags.child_num_replicas == 2


@pytest.mark.parametrize(
  ('values', 'message'),
  [
    (
      {'child_num_replicas': 3},
      '--child_num_replicas=3: TF_CONFIG has 2 workers, expected 2',
    ),
    (
      {'controller_num_replicas': 3},
      '--controller_num_replicas=3: expected 1, the chief alone, or 2, all '
      'workers of TF_CONFIG',
    ),
  ],
)
def test_flags_that_do_not_fit(values, message):
  with pytest.raises(UsageError) as caught:
    tf_config.check(_flags(**values), _read())
  assert str(caught.value) == message


def test_variables_are_spread_over_the_servers_by_size():
  with tf.Graph().as_default() as graph:
    with tf.device(tf_config.Placement(_read(index=1))):
      large = variables.create('large', [10, 10], variables.zeros)
      small = variables.create('small', [3], variables.zeros)
      other = variables.create('other', [5], variables.zeros)
      slot = variables.create('small/Adam', [3], variables.zeros)
      of_large = variables.create('large/Adam', [10, 10], variables.zeros)
      with tf.device('/job:ps/task:1'):
        chosen = variables.create('chosen', [], variables.zeros)
      total = large.value() + 1.0
      with tf.device('/cpu:0'):
        on_cpu = tf.exp(total)
      update = tf.assign_sub(small, [1.0, 1.0, 1.0])
      rows = tf.scatter_add(large, 1, tf.ones([10]))
  here = '/job:worker/replica:0/task:1'
  servers = ['/job:ps/replica:0/task:%d/device:CPU:0' % i for i in range(2)]
  assert large.op.device == rows.op.device == servers[0]
  assert small.op.device == other.op.device == servers[1]
  assert chosen.op.device == '/job:ps/task:1'
  assert slot.op.device == servers[1]
  assert of_large.op.device == servers[0]
  assert update.op.device == servers[1]
  assert total.op.device == here
  assert on_cpu.op.device == here + '/device:CPU:0'
  for op in graph.get_operations():
    # What is fed into a variable TensorFlow places itself.
    assert '/job:' in op.device or op.type == 'Placeholder', op.name


def test_a_server_that_does_not_answer():
  ports = free_ports(2)
  addresses = ['127.0.0.1:%d' % port for port in ports]
  cluster = _read(ps=addresses[:1], worker=addresses[1:])
  with pytest.raises(RunError) as caught:
    cluster.wait_for_servers(0.1)
  assert str(caught.value) == (
    'ps 0 at %s does not answer after 0.1 seconds: start it, or correct '
    'TF_CONFIG' % addresses[0]
  )
  with socket.socket() as server:
    server.bind(('127.0.0.1', ports[0]))
    server.listen(1)
    cluster.wait_for_servers(0.1)


def test_a_port_that_is_taken():
  with socket.socket() as other:
    other.bind(('', 0))
    other.listen(1)
    port = other.getsockname()[1]
    cluster = _read(worker=['127.0.0.1:%d' % port])
    with pytest.raises(RunError) as caught:
      cluster.start_server()
  assert str(caught.value) == (
    'cannot listen on port %d, that of worker 0 at 127.0.0.1:%d in '
    'TF_CONFIG: Address already in use' % (port, port)
  )


@pytest.mark.parametrize(
  ('program', 'task', 'flag', 'message'),
  [
    (
      images,
      {'type': 'worker', 'index': 7},
      '--seed=1',
      'TF_CONFIG: there is no worker 7: the cluster has 2',
    ),
    (
      images,
      {'type': 'ps', 'index': 0},
      '--seed=1',
      '--child_num_replicas=1: TF_CONFIG has 2 workers, expected 2',
    ),
    (
      images,
      {'type': 'worker', 'index': 1},
      '--child_num_replicas=2',
      '--search_for is needed: macro, branch, connection or micro',
    ),
    (
      texts,
      {'type': 'worker', 'index': 0},
      '--seed=1',
      'TF_CONFIG: this program runs in one process; unset TF_CONFIG',
    ),
  ],
)
def test_a_program_says_it_in_one_line(
  monkeypatch, capsys, program, task, flag, message
):
  monkeypatch.setenv('TF_CONFIG', _environ(ADDRESSES, task)['TF_CONFIG'])
  assert program.main(['main.py', flag]) == 2
  assert capsys.readouterr() == ('', 'error: %s\n' % message)


def test_only_training_looks_at_tf_config(monkeypatch, capsys):
  monkeypatch.setenv('TF_CONFIG', '{')
  assert images.main(['main.py', '--mode=eval']) == 2
  assert '--checkpoint_path is needed' in capsys.readouterr().err
