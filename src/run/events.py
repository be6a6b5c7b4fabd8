"""TensorBoard scalars."""

from src.tf1 import tf


class Events:
  """Writes scalars to an events file in the run directory."""

  def __init__(self, directory, step):
    """Starts a file; what older files hold beyond `step` is void."""
    self._writer = tf.summary.FileWriter(directory)
    start = tf.SessionLog(status=tf.SessionLog.START)
    self._writer.add_session_log(start, step)

  def scalars(self, step, **values):
    """Writes one value per tag; '__' in a name becomes '/'."""
    summary = tf.Summary(
      value=[
        tf.Summary.Value(tag=name.replace('__', '/'), simple_value=value)
        for name, value in sorted(values.items())
      ]
    )
    self._writer.add_summary(summary, step)

  def close(self):
    self._writer.close()
