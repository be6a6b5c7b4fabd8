"""Which member of a cluster this process is, as TF_CONFIG says.

The variable holds JSON: addresses of all members by job, and who this is:

  {"cluster": {"ps": ["a:2222"], "worker": ["b:2222", "c:2222"]},
   "task": {"type": "worker", "index": 0}}

Parameter servers hold the variables; each worker builds the same graph and
computes gradients. The first worker, or `chief` if there is one, keeps the run.
"""

import json
import socket
import time
import typing

from src.run import flags as flags_lib
from src.run import session
from src.run.errors import RunError, UsageError
from src.tf1 import tf

JOBS = ('ps', 'chief', 'worker')
# Seconds between two tries to reach a member.
_PAUSE = 0.2


class Member(typing.NamedTuple):
  """One process of a cluster.

  Attributes:
    job: one of JOBS.
    index: int.
    address: 'host:port'.
  """

  job: str
  index: int
  address: str


class Cluster:
  """All members, and which of them this process is.

  Attributes:
    me: Member.
    servers: list of Member, the parameter servers.
    workers: list of Member, the chief first.
    number: int, place of this worker in `workers`; None in a server.
  """

  def __init__(self, addresses, job, index):
    """
    Args:
      addresses: dict from job to list of 'host:port'.
      job, index: which of them this process is.
    """
    members = {
      name: [Member(name, i, a) for i, a in enumerate(addresses.get(name, []))]
      for name in JOBS
    }
    self._addresses = {name: addresses[name] for name in JOBS if members[name]}
    self.me = members[job][index]
    self.servers = members['ps']
    self.workers = members['chief'] + members['worker']
    self.number = None if job == 'ps' else self.workers.index(self.me)

  @property
  def is_chief(self):
    return self.number == 0

  def start_server(self):
    """Starts TensorFlow's server of this member; returns its target.

    Raises:
      RunError: the address cannot be used.
    """
    port = self.me.address.rsplit(':', 1)[1]
    with socket.socket() as probe:
      probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      try:
        probe.bind(('', int(port)))
      except OSError as error:
        raise RunError(
          'cannot listen on port %s, that of %s in TF_CONFIG: %s'
          % (port, title(self.me), error.strerror)
        ) from error
    server = tf.train.Server(
      tf.train.ClusterSpec(self._addresses),
      self.me.job,
      self.me.index,
      config=session.config(),
    )
    return server.target

  def wait_for_servers(self, timeout):
    """Returns once all parameter servers listen.

    Args:
      timeout: seconds.

    Raises:
      RunError: names the one that does not.
    """
    until = time.time() + timeout
    for member in self.servers:
      while not listens(member.address):
        if time.time() > until:
          raise RunError(
            '%s does not answer after %g seconds: start it, or correct '
            'TF_CONFIG' % (title(member), timeout)
          )
        time.sleep(_PAUSE)


def title(member):
  """What messages call a member."""
  return '%s %d at %s' % member


def device(member):
  """The member's device, without a kind."""
  return '/job:%s/replica:0/task:%d' % member[:2]


def read(environ):
  """The Cluster that TF_CONFIG in `environ` describes; None if there is none.

  Raises:
    UsageError: what is wrong in it.
  """
  text = environ.get('TF_CONFIG', '').strip()
  if not text:
    return None
  try:
    config = json.loads(text)
  except ValueError as error:
    raise UsageError('TF_CONFIG is not JSON: %s' % error) from error
  if not isinstance(config, dict):
    raise _wrong('expected an object with "cluster" and "task"')
  addresses = config.get('cluster')
  if not addresses:
    return None
  _check_addresses(addresses)
  task = config.get('task')
  if not isinstance(task, dict) or not {'type', 'index'} <= set(task):
    raise _wrong('"task" is missing: {"type": ..., "index": ...}, who this is')
  job, index = task['type'], task['index']
  if job not in JOBS:
    raise _wrong('unknown type %r: expected %s' % (job, ', '.join(JOBS)))
  try:
    index = int(index)
  except (TypeError, ValueError) as error:
    raise _wrong('index %r: expected a number' % (index,)) from error
  count = len(addresses.get(job, []))
  if not 0 <= index < count:
    raise _wrong('there is no %s %d: the cluster has %d' % (job, index, count))
  return Cluster(addresses, job, index)


def _check_addresses(addresses):
  if not isinstance(addresses, dict):
    raise _wrong('"cluster" must hold a list of addresses for each job')
  for job, listed in addresses.items():
    if job not in JOBS:
      raise _wrong('unknown job %r: expected %s' % (job, ', '.join(JOBS)))
    if not isinstance(listed, list):
      raise _wrong('%r must be a list of addresses' % job)
    for address in listed:
      host, _, port = str(address).rpartition(':')
      if not host or not port.isdigit() or int(port) > 65535:
        raise _wrong('address %r: expected host:port' % (address,))
  if not addresses.get('ps'):
    raise _wrong('no ps: the variables need at least one parameter server')
  if not addresses.get('chief') and not addresses.get('worker'):
    raise _wrong('no worker')
  if len(addresses.get('chief', [])) > 1:
    raise _wrong('more than one chief')


def _wrong(what):
  return UsageError('TF_CONFIG: ' + what)


def listens(address):
  """Whether somebody answers at 'host:port'."""
  host, port = address.rsplit(':', 1)
  try:
    socket.create_connection((host.strip('[]'), int(port)), 1.0).close()
    return True
  except OSError:
    return False


def check(flags, cluster):
  """Refuses flags that do not fit the number of workers.

  Args:
    flags: flag values with `child_num_replicas` and
      `controller_num_replicas`.
    cluster: Cluster.

  Raises:
    UsageError: names the flag and what it must be.
  """
  count = len(cluster.workers)
  if flags.child_num_replicas != count:
    raise UsageError(
      '--child_num_replicas=%d: TF_CONFIG has %d workers, expected %d'
      % (flags.child_num_replicas, count, count)
    )
  if flags.controller_num_replicas not in (1, count):
    raise UsageError(
      '--controller_num_replicas=%d: expected 1, the chief alone, or %d, all '
      'workers of TF_CONFIG' % (flags.controller_num_replicas, count)
    )


def as_one(flags):
  """The flags as one process alone would be given them."""
  alone = {'child_num_replicas': 1, 'controller_num_replicas': 1}
  return flags_lib.Values(dict(vars(flags), **alone))


class Placement:
  """Device function: variables on servers, all else with this worker.

  Each variable goes to the server that holds least, but one whose name begins
  with that of another, such as an optimiser's slot, goes where that is. All
  workers build the same graph, so they agree. Whatever changes a variable in
  place stays with it.
  """

  def __init__(self, cluster):
    self._here = device(cluster.me)
    self._servers = [device(s) + '/device:CPU:0' for s in cluster.servers]
    self._loads = [0] * len(self._servers)
    self._places = {}

  def __call__(self, op):
    """The device of an op, str."""
    if '/job:' in op.device:
      return op.device
    if op.type == 'VariableV2':
      owner = op.name.rpartition('/')[0]
      lightest = self._loads.index(min(self._loads))
      place = self._places[op.name] = self._places.get(owner, lightest)
      self._loads[place] += op.outputs[0].shape.num_elements()
      return self._servers[place]
    arguments = op.op_def.input_arg
    if arguments and arguments[0].is_ref:
      return op.inputs[0].device
    return self._here + op.device
