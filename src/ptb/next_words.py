"""A fixed child as its user sees it: words in, what may follow them out."""

from src.ptb import ptb_enas_child
from src.tf1 import tf


def build(config):
  """Adds to the default graph what `--mode=export` writes.

  The state is fed and given back, so that a text can be read in parts.

  Args:
    config: ptb_enas_child.ChildConfig of a fixed child.

  Returns:
    (inputs, outputs), dicts of tensors. Inputs: words, int32 [B, T], ids;
    state, float32 [B, H], before them, zeros at the start of a text. Outputs:
    log_probabilities, float32 [B, T, V], of the word after each, in nats;
    probabilities, float32 [B, V], of the word after the last; state, float32
    [B, H], after them.
  """
  size = config.hidden_size
  words = tf.placeholder(tf.int32, [None, None], 'words')
  state = tf.placeholder_with_default(
    tf.zeros([tf.shape(words)[0], size]), [None, size], 'state'
  )
  weights = ptb_enas_child.weights(config)
  read = ptb_enas_child.run(config, weights, words, state)
  logits = tf.matmul(read.tops, weights.embedding, transpose_b=True)
  shape = tf.concat([tf.shape(tf.transpose(words)), [config.vocab_size]], 0)
  log_probabilities = tf.reshape(tf.nn.log_softmax(logits), shape)
  outputs = {
    'log_probabilities': tf.transpose(log_probabilities, [1, 0, 2]),
    'probabilities': tf.exp(log_probabilities[-1]),
    'state': read.final,
  }
  return (
    {'words': words, 'state': state},
    {
      name: tf.identity(tensor, 'next_' + name)
      for name, tensor in outputs.items()
    },
  )
