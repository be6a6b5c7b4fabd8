"""Penalties of a child's loss, and rewards in training mode, in slow numpy."""

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.dag_space import DagSpace
from src.nn import random_ops
from src.recurrent import child, graphs, rewards
from src.recurrent.controller import ControllerConfig
from src.tf1 import tf
from tests import graph_helpers
from tests.recurrent import slow_child

_SEED = 7
_ARC = RecurrentArc.parse('0 0 1 1 3')
_DROP = child.Drop(words=0.3, inputs=0.4, outputs=0.5, weights=0.25)
_CONFIG = child.ChildConfig(6, DagSpace(3), 4, 4, init_range=0.9, drop=_DROP)


def _window():
  """(ids, targets), 3 rows of 5 words."""
  return np.random.RandomState(0).randint(6, size=[2, 3, 5])


def _masks(prefix, draw):
  """dict of tensors, what `slow_child.read` takes for dropout."""
  shapes = {'words': [6], 'inputs': [3, 4], 'outputs': [3, 4],
            'weights': [4, 8]}  # fmt: skip
  return {
    name: random_ops.dropout_mask(
      shape,
      1 - getattr(_DROP, name),
      random_ops.key(_SEED, prefix + 'dropout ' + name, tf.constant(draw)),
    )
    for name, shape in shapes.items()
  }


def _of_child(values):
  """The child's of the values of all variables, as `slow_child` names them."""
  head = 'child/'
  return {n[len(head) :]: v for n, v in values.items() if n.startswith(head)}


_PENALTIES = {
  'activation': lambda outputs, dropped, states: (dropped**2).mean(),
  'slowness': lambda outputs, dropped, states: (
    (outputs[1:] - outputs[:-1]) ** 2
  ).mean(),
  'stabiliser': lambda outputs, dropped, states: (
    (np.linalg.norm(states, axis=2) - 3) ** 2
  ).mean(),
}


@pytest.mark.parametrize('names', [[n] for n in _PENALTIES] + [_PENALTIES])
def test_penalties(names):
  weights = {name: 2.0 + len(name) for name in names}
  training = graphs.ChildTraining(3, fixed_point=3.0, **weights)
  built = graphs.build(_CONFIG, _SEED, training, arc=_ARC)
  ids, targets = _window()
  train, masks = built.train, _masks('', 2)
  feeds = {train.inputs: ids, train.targets: targets, train.draw: 2}
  with graph_helpers.loaded_session() as session:
    values = _of_child(graph_helpers.read_all(session))
    loss, minimised, masks = session.run(
      [train.loss, train.minimised, masks], feeds
    )
  state = np.zeros([3, 4])
  expected = slow_child.loss(values, ids, targets, state, _ARC, masks)
  np.testing.assert_allclose(loss, expected, rtol=1e-5)
  found = slow_child.read(values, ids, state, _ARC, masks)[1:]
  expected = sum(weights[name] * _PENALTIES[name](*found) for name in names)
  np.testing.assert_allclose(minimised - loss, expected, rtol=1e-4)


def test_a_noisy_reward_is_measured_as_in_training():
  """Features are dropped, and statistics of its batches are folded in."""
  built = graphs.build(
    _CONFIG, _SEED, controller=ControllerConfig(_CONFIG.space, 5),
    reinforcement=rewards.ControllerTraining(
      3, entropy_weight=0.0, noisy=True
    ),
  )  # fmt: skip
  ids, targets = _window()
  infer, masks = built.infer, _masks('reward ', 4)
  feeds = {infer.inputs: ids, infer.targets: targets, built.draw: 4,
           built.sample_key: [1, 2]}  # fmt: skip
  with graph_helpers.loaded_session() as session:
    before = _of_child(graph_helpers.read_all(session))
    tokens, reward, masks, _ = session.run(
      [built.sample.arc, built.controller.reward, masks,
       built.controller.train_ops.update], feeds
    )  # fmt: skip
    after = _of_child(graph_helpers.read_all(session))
  arc, state = _CONFIG.space.from_tokens(tokens), np.zeros([3, 4])
  loss = slow_child.loss(before, ids, targets, state, arc, masks)
  np.testing.assert_allclose(reward, 80 / np.exp(loss), rtol=1e-4)
  plain, _, _, states = slow_child.read(before, ids, state, arc, masks)
  mean, variance = np.zeros(4), np.ones(4)
  for step in plain:
    mean = 0.9 * mean + 0.1 * step.mean(0)
    variance = 0.9 * variance + 0.1 * step.var(0, ddof=1)
  np.testing.assert_allclose(after['norm/mean'], mean, 1e-4, 1e-6)
  np.testing.assert_allclose(after['norm/variance'], variance, 1e-4)
  np.testing.assert_allclose(after['reward_state'], states[-1], 1e-4, 1e-6)
