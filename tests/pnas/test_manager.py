"""Children by the names of the original."""

import numpy as np
import pytest

from src.arc import ArcError
from src.pnas import manager
from src.pnas.state_space import StateSpace
from src.run.errors import RunError


def _dataset(count=32):
  """Images whose brightness tells their label."""
  labels = np.arange(count) % 2
  images = np.full([count, 8, 8, 3], 0.2) + 0.6 * labels[:, None, None, None]
  return [images, np.eye(2)[labels], images, labels]


def test_the_snippet_of_the_original(capsys):
  states = StateSpace(B=1, operators=['3x3 maxpool', '3x3 dconv'])
  states.prepare_initial_children()
  child = states.children[0]
  trainer = manager.NetworkManager(
    _dataset(), epochs=8, batchsize=8, learning_rate=0.3
  )
  reward = trainer.get_rewards(manager.model_fn, child)
  assert reward == 1.0
  said = capsys.readouterr().out.splitlines()
  assert said[-1] == 'Manager: Accuracy =  1.0'
  assert 'block 0: 3x3 maxpool + 3x3 maxpool' in said
  again = trainer.get_reward(manager.ModelGenerator, child, False)
  assert again == reward
  assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_model_says_what_it_is():
  actions = [-1, '3x3 dconv', -1, '3x3 dconv']
  assert manager.model_fn(actions).summary()[-1].startswith('11456 parameters')
  model = manager.ModelGenerator(actions, 'dag', 4, 1)
  assert model.config().num_layers == 3
  with pytest.raises(ArcError, match='op_1'):
    manager.model_fn([-1, 'dconv', -1, 'dconv'])


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (lambda d: [d[0][:3]] + d[1:], 'train: there are 3 images and 32 labels'),
    (lambda d: [d[0][0]] + d[1:], r'expected \[N, H, H, 3\]'),
    (lambda d: [d[0] * 9] + d[1:], 'from 0 to 1'),
  ],
)
def test_what_is_refused(change, message):
  with pytest.raises(RunError, match=message):
    manager.NetworkManager(change(_dataset()))
