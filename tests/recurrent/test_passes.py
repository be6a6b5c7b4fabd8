"""Windows, epochs and texts of ENAS-pytorch's cells; its arithmetic."""

import numpy as np
import pytest

from src.arc.dag_space import DagSpace
from src.ptb import corpus as corpus_lib
from src.ptb import evaluate
from src.recurrent import child, graphs, in_use, passes, rewards
from src.recurrent.controller import ControllerConfig
from src.recurrent.experiment import RunConfig
from src.run.errors import UsageError
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import texts


def _config(**changes):
  config = RunConfig(
    space=None, output_dir='', seed=0, batch_size=2, test_batch_size=2,
    bptt=7, num_epochs=3, shared_steps=4,
  )  # fmt: skip
  return config._replace(**changes)


def _corpus(length=61):
  ids = np.arange(length, dtype=np.int32) % 5
  return corpus_lib.Corpus(ids, ids, ids, tuple('abcde'))


def test_epochs_go_on_through_the_text():
  found = passes.Passes(30, _config())
  starts = [found.window(step).start for step in range(9)]
  assert starts == [0, 7, 14, 21, 28, 0, 7, 14, 21]
  assert [found.window(step).length for step in (3, 4)] == [7, 1]
  assert [found.first_step(epoch) for epoch in range(4)] == [0, 4, 8, 12]
  whole = passes.Passes(30, _config(shared_steps=0))
  assert whole.first_step(3) == 15
  warm = passes.Passes(30, _config(initial_steps=3))
  assert [warm.first_step(epoch) for epoch in range(4)] == [0, 3, 7, 11]


def test_what_rewards_do_not_see():
  parts = {
    split: passes.text_of(_corpus(), split, 2, 7, 2).windows
    for split in ('valid', 'reward', 'derive')
  }
  assert parts['reward'] + parts['derive'] == parts['valid']
  assert len(parts['derive']) == 2
  whole = [
    passes.text_of(_corpus(), split, 2, 7).windows
    for split in ('valid', 'reward', 'derive')
  ]
  assert whole[0] == whole[1] == whole[2]
  assert len(passes.text_of(_corpus(), 'derive', 2, 7, 0, 3).windows) == 3
  with pytest.raises(UsageError, match='--derive_split=5'):
    passes.text_of(_corpus(), 'reward', 2, 7, 5)


def test_every_word_is_known_in_the_order_of_appearance(tmp_path):
  folder = texts.write(tmp_path, '%s.txt', 'a b\nc a\n', 'b d\n', 'e\n')
  found = corpus_lib.by_appearance(folder)
  assert found.vocabulary == ('a', 'b', '<eos>', 'c', 'd', 'e')
  np.testing.assert_array_equal(found.train, [0, 1, 2, 3, 0, 2])
  np.testing.assert_array_equal(found.valid, [1, 4, 2])
  np.testing.assert_array_equal(found.test, [5, 2])


def test_a_uniform_model_has_the_perplexity_of_its_words():
  config = child.ChildConfig(5, DagSpace(3), 4, 4)
  tokens = tf.zeros([5], tf.int32)
  weights = child.weights(config, tokens)
  infer = in_use.infer(config, weights, 'infer')
  values = {'child/embedding/w': np.zeros([5, 4])}
  with graph_helpers.loaded_session(values) as session:
    text = passes.text_of(_corpus(), 'valid', 3, 7)
    found = evaluate.carried(session, infer, text, {})
    again = evaluate.carried(session, infer, text, {})
  np.testing.assert_allclose(found.value, 5, rtol=1e-6)
  assert found.num_words == 3 * 19 and found == again


def test_a_state_that_is_carried_makes_one_long_window():
  config = child.ChildConfig(5, DagSpace(3), 4, 4, init_range=0.9)
  weights = child.weights(config, tf.constant([1, 0, 2, 1, 0]))
  infer = in_use.infer(config, weights, 'infer')
  with graph_helpers.loaded_session() as session:
    parts, whole = (
      evaluate.carried(
        session, infer, passes.text_of(_corpus(), 'valid', 3, length), {}
      )
      for length in (4, 19)
    )
  assert parts.num_words == whole.num_words
  np.testing.assert_allclose(parts.total_loss, whole.total_loss, rtol=1e-5)


def test_sizes_of_the_penn_treebank():
  found = corpus_lib.by_appearance(texts.need_ptb())
  assert found.vocabulary_size == 10000
  assert [len(found.valid), len(found.test)] == [73760, 82430]
  valid = passes.text_of(found, 'valid', 64, 35)
  assert valid.matrix.shape == (64, 1152)
  assert {window.length for window in valid.windows[:-1]} == {35}
  assert passes.text_of(found, 'train', 64, 35).matrix.shape[1] == 14524


def test_rewards_carry_their_state_and_the_baseline_begins_anew():
  """Of the first sample, R; then 0.95 of what the next ones differ by."""
  space = DagSpace(3)
  config = child.ChildConfig(5, space, 4, 4, init_range=0.5)
  built = graphs.build(
    config, 0, controller=ControllerConfig(space, 5),
    reinforcement=rewards.ControllerTraining(2, entropy_weight=0.0),
  )  # fmt: skip
  draw = np.random.RandomState(0)
  infer, trainer = built.infer, built.controller
  told = []
  with graph_helpers.loaded_session() as session:
    state = np.zeros([2, 4])
    for number in range(3):
      words = draw.randint(5, size=[2, 8])
      feeds = {
        infer.inputs: words[:, :-1], infer.targets: words[:, 1:],
        built.sample_key: [1, number],
      }  # fmt: skip
      # The same window, the state before it fed by hand.
      by_hand = _with(feeds, {infer.state: state})
      expected, state = session.run([infer.perplexity, infer.final], by_hand)
      fetched = session.run(
        [trainer.reward, trainer.advantage, infer.perplexity,
         trainer.train_ops.update],
        _with(feeds, {built.carry: number > 0, built.first: number == 0}),
      )  # fmt: skip
      told.append(fetched[:3])
      np.testing.assert_allclose(fetched[2], expected, rtol=1e-5)
  measured = [reward[0] for reward, _, _ in told]
  for reward, _, perplexity in told:
    np.testing.assert_allclose(reward, 80 / perplexity, rtol=1e-5)
  np.testing.assert_allclose(told[0][1], 0, atol=1e-6)
  baseline = measured[0]
  for number in (1, 2):
    expected = 0.95 * (measured[number] - baseline)
    np.testing.assert_allclose(told[number][1], expected, rtol=1e-3, atol=1e-6)
    baseline = 0.95 * baseline + 0.05 * measured[number]


def _with(feeds, more):
  return dict(list(feeds.items()) + list(more.items()))
