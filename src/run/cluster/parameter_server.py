"""The life of a parameter server: it holds variables until the run is over."""

import time

from src.run import session as session_lib
from src.run.cluster import status as status_lib
from src.run.cluster import tf_config
from src.tf1 import tf

# Seconds that it waits for workers to leave after the end, and for the last
# one's answer to be sent.
_FAREWELL = 10.0
_GOODBYE = 1.0


def serve(cluster, timeout):
  """A parameter server's life: until the chief says that the run is over.

  Raises:
    RunError: the chief stopped early, or gives no sign.
    Interrupted: a signal came.
  """
  target = cluster.start_server()
  number = cluster.me.index
  graph = tf.Graph()
  with graph.as_default():
    status = status_lib.Status(number, cluster.me, len(cluster.workers))
    made = [status.state, status.heartbeat, status.left]
    if number == 0:
      claims = status_lib.Claims(cluster.me, len(cluster.workers))
      made += [claims.held, claims.failure]
  devices = [tf_config.device(cluster.me)]
  with status_lib.signals_end(cluster) as signals:
    with session_lib.open_session(graph, target, devices) as session:
      session.run([variable.initializer for variable in made])
      values = [variable.value() for variable in made[:3]]
      # Workers shall find out first, and not miss their server.
      monitor = status_lib.HeartbeatMonitor(cluster, timeout, status_lib.GRACE)
      while True:
        state, heartbeat, left = session.run(values)
        if state in (status_lib.OVER, status_lib.STOPPED):
          break
        monitor.check(state, heartbeat)
        if signals:
          return
        time.sleep(20 * status_lib.PAUSE)
      until = time.time() + _FAREWELL
      while not left.all() and time.time() < until:
        time.sleep(status_lib.PAUSE)
        left = session.run(values[2])
      time.sleep(_GOODBYE)
  if state == status_lib.STOPPED:
    raise status_lib.stopped(cluster)
