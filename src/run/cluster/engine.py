"""What computes a run: this process alone, or the cluster of TF_CONFIG.

A program asks nothing else about clusters: where operations go, who opens the
session, who keeps the run, which flags fit, is answered here.
"""

from src.run import session as session_lib
from src.run.cluster import chief, parameter_server, tf_config
from src.run.cluster import worker as worker_lib
from src.run.errors import UsageError
from src.tf1 import tf


class SingleProcess:
  """One process, all of it on the spot.

  Attributes:
    keeps_run: whether this process keeps log, checkpoints and directory.
    device: device function or None, for the graph.
  """

  keeps_run = True
  device = None

  def check(self, task, flags):
    """Raises UsageError or ArcError for flags that make no sense."""
    task.check(flags)

  def build(self, task, flags, data):
    """(session opener as for `trainer.train`, what `task.build` returns)."""
    return session_lib.open_session, task.build(flags, data)


class Cluster(SingleProcess):
  """A member of a cluster."""

  def __init__(self, cluster):
    """
    Args:
      cluster: tf_config.Cluster.
    """
    self._cluster = cluster
    self.keeps_run = cluster.is_chief
    self.device = tf_config.Placement(cluster)

  def check(self, task, flags):
    if not task.distributed:
      raise UsageError(
        'TF_CONFIG: this program runs in one process; unset TF_CONFIG'
      )
    tf_config.check(flags, self._cluster)
    task.check(tf_config.as_one(flags))

  def build(self, task, flags, data):
    leader = chief.Chief(self._cluster, flags.cluster_timeout, print)
    return leader.session, task.build(flags, data, leader)

  def help(self, task, flags):
    """What a member does that does not keep the run.

    Args:
      task: program.Task.
      flags: flag values; those of the chief.

    Raises:
      UsageError, RunError, ArcError: one line each.
      Interrupted: a signal came.
    """
    cluster = self._cluster
    self.check(task, flags)
    name = tf_config.title(cluster.me)
    if cluster.number is None:
      print('This is %s' % name, flush=True)
      parameter_server.serve(cluster, flags.cluster_timeout)
      return
    data = task.read_data(flags, lambda line: None)
    graph = tf.Graph()
    with graph.as_default(), tf.device(self.device):
      worker = worker_lib.Worker(cluster, flags.cluster_timeout)
      experiment, _, _ = task.build(flags, data, worker)
      with worker.session(graph) as session:
        print('This is %s' % name, flush=True)
        count = experiment.serve(session)
    print('The run is over; this worker computed %d gradients' % count)


def of(environ):
  """The engine that the environment asks for.

  Raises:
    UsageError: what is wrong in TF_CONFIG.
  """
  cluster = tf_config.read(environ)
  return SingleProcess() if cluster is None else Cluster(cluster)
