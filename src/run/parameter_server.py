"""The life of a parameter server: it holds variables until the run is over."""

import time

from src.run import board as board_lib
from src.run import cluster as cluster_lib
from src.run import session as session_lib
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
    board = board_lib.Board(number, cluster.me, len(cluster.workers))
    made = [board.word, board.beat, board.left]
    if number == 0:
      claims = board_lib.Claims(cluster.me, len(cluster.workers))
      made += [claims.held, claims.trouble]
  devices = [cluster_lib.device(cluster.me)]
  with board_lib.signals_end(cluster) as signals:
    with session_lib.open_session(graph, target, devices) as session:
      session.run([variable.initializer for variable in made])
      values = [variable.value() for variable in made[:3]]
      # Workers shall find out first, and not miss their server.
      watch = board_lib.Watch(cluster, timeout, board_lib.GRACE)
      while True:
        word, beat, left = session.run(values)
        if word in (board_lib.OVER, board_lib.STOPPED):
          break
        watch.look(word, beat)
        if signals:
          return
        time.sleep(20 * board_lib.PAUSE)
      until = time.time() + _FAREWELL
      while not left.all() and time.time() < until:
        time.sleep(board_lib.PAUSE)
        left = session.run(values[2])
      time.sleep(_GOODBYE)
  if word == board_lib.STOPPED:
    raise board_lib.stopped(cluster)
