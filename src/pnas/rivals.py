"""Who else proposes cells: chance, and a controller that learns by REINFORCE.

Both train as many children as a progressive search does, of B blocks each. A
network that is drawn again has its reward already, and costs nothing.
"""

from src.cifar10 import micro_controller
from src.nn import baselines, keyed, reinforce, schedules, variables
from src.run import session as session_lib
from src.run.errors import RunError
from src.tf1 import tf

_DRAWS = 50  # for each child, until a space counts as exhausted
_LEARNING_RATE = 0.0035  # of melodyguan/enas's micro search
_ENTROPY_WEIGHT = 1e-4
_TANH, _TANH_REDUCE = 1.10, 2.5


def random(space, count, seed):
  """Different networks of B blocks, all choices equally likely.

  Args:
    space: PnasSpace.
    count: int.
    seed: int.

  Returns:
    list of PnasArc, each in its canonical form.

  Raises:
    RunError: there are fewer.
  """
  found = {}
  for number in range(_DRAWS * count):
    arc = space.random(keyed.generator(seed, 'random cell', number))
    found[arc.canonical()] = None
    if len(found) == count:
      return list(found)
  raise RunError(
    'no more than %d different cells of %d blocks were drawn, %d are needed'
    % (len(found), space.num_blocks, count)
  )


def learned(space, count, seed, trained):
  """Lets a controller propose cells until as many networks are trained.

  The controller is that of ENAS's cells, for one cell (`micro_controller`),
  with its settings, and a baseline that begins with the first reward.

  Args:
    space: PnasSpace.
    count: int.
    seed: int.
    trained: function of a PnasArc that returns its `history.Result`.

  Returns:
    list of Result, those of new networks, in their order.

  Raises:
    RunError: the controller has come to propose nothing new.
  """
  config = micro_controller.ControllerConfig(
    space.num_blocks,
    space.num_actions,
    tanh_constant=_TANH,
    op_tanh_reduce=_TANH_REDUCE,
    biases=(None,),
    num_favoured=0,
  )
  graph, found = tf.Graph(), {}
  with graph.as_default():
    key = tf.placeholder(tf.int32, [2])
    score = tf.placeholder(tf.float32, [])
    sample = config.build(key)
    train = reinforce.trainer(
      sample,
      score,
      schedules.Constant(_LEARNING_RATE),
      entropy_weight=_ENTROPY_WEIGHT,
      baseline=baselines.FromFirst(0.95),
    )
    values = variables.initial_values(seed)
  with session_lib.open_session(graph) as session:
    session_lib.load(session, values)
    for number in range(_DRAWS * count):
      feeds = {key: keyed.pair(seed, 'cell of the controller', number)}
      arc = _cell(space, session.run(sample.arc, feeds))
      result = trained(arc)
      found.setdefault(result.canonical, result)
      if len(found) == count:
        return list(found.values())
      feeds[score] = result.reward
      session.run(train.train_ops.update, feeds)
  raise RunError(
    'the controller has proposed no more than %d different cells, %d are needed'
    % (len(found), count)
  )


def _cell(space, tokens):
  """The PnasArc of what the controller wrote, in its canonical form."""
  tokens = [int(token) for token in tokens]
  for block in range(space.num_blocks):
    inputs = space.inputs_of(block)
    for column in (4 * block, 4 * block + 2):
      read = tokens[column] - 2
      tokens[column] = read if read in inputs else inputs[0]
  return space.from_tokens(tokens).canonical()
