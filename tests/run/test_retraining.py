"""Trainings of given architectures: each network once, and its score."""

import csv
import os

import pytest

from src.arc import record
from src.cifar10 import main
from src.cifar10.evaluate import Accuracy
from src.cifar10.task import Cifar10
from src.run import checkpoints, directory, engines, program, retraining
from src.run.errors import UsageError
from src.run.trainer import Diverged
from src.tf1 import tf
from tests import tiny_runs

CELLS = '0 0 1 4 1 2 1 3 0 0 1 4 0 1 1 2'
# The halves of its first block change places.
SAME = '1 4 0 0 ' + CELLS[8:]
OTHER = '1' + CELLS[1:]


@pytest.fixture
def trained(monkeypatch):
  """Trainings that take no time: (arc, seed) of each, and which diverge."""
  done, diverge = [], set()

  def _training(task, flags):
    print('Trained %s' % flags.child_fixed_arc)
    arc, out = flags.child_fixed_arc, flags.output_dir
    done.append((arc, flags.seed))
    os.makedirs(out, exist_ok=True)
    directory.write_flags(out, vars(flags))
    directory.write(out, record.FILE, task.record(flags).to_json())
    if arc in diverge:
      raise Diverged('child step 3: loss nan')
    state = {
      'position': (flags.num_epochs, 0, 0),
      'elapsed': 2.0,
      'found': {'test': [int(arc[0]) * 10 + flags.seed, 130]},
    }
    checkpoints._write_mark(os.path.join(out, 'model.ckpt-1'), state)
    if flags.seed == 9:
      state.update(position=(1, 0, 0), found={'valid': [50, 100]}, score=0.5)
      checkpoints._write_mark(os.path.join(out, 'model.ckpt-0'), state)

  monkeypatch.setattr(program, 'training', _training)
  _training.done, _training.diverge = done, diverge
  return _training


def _words(out, *more):
  return tiny_runs.arguments(tiny_runs.MICRO_FIXED, 'data', out, *more)


def _score(out, *more, arcs=(CELLS, OTHER, SAME), seeds=None):
  flags, _ = tiny_runs.parse(_words('x', *more))
  task = Cifar10()
  return retraining.score_each(
    task,
    flags,
    [task.parse_arc(flags, arc) for arc in arcs],
    str(out),
    engines.Serial(),
    seeds,
  )


def _rows(out):
  with open(os.path.join(str(out), 'scores.csv')) as file:
    return list(csv.DictReader(file))


def test_another_machine_makes_the_folder(tmp_path, monkeypatch):
  monkeypatch.setattr(program, 'training', lambda task, flags: print('Trained'))
  monkeypatch.setattr(retraining, '_read', lambda job: 'score')
  flags, _ = tiny_runs.parse(_words(tmp_path / 'far' / 'seed_0'))
  assert retraining._train(retraining._Job(None, flags, None)) == 'score'
  assert (tmp_path / 'far' / 'seed_0.txt').read_text() == 'Trained\n'


def test_each_network_is_trained_once_a_seed(tmp_path, trained, capsys):
  out = tmp_path / 'out'
  scores = _score(out, seeds=[4, 5])
  assert len(trained.done) == 4 and len(set(trained.done)) == 4
  assert [score.seed for score in scores] == [4, 5] * 3
  assert [str(score.arc) for score in scores[::2]] == [CELLS, OTHER, SAME]
  assert [score[1:] for score in scores[:2]] == [s[1:] for s in scores[4:]]
  assert scores[2].found == {'test': Accuracy(14, 130)}
  arc = scores[4].arc.canonical()
  folder = os.path.dirname(scores[0].directory)
  assert os.path.dirname(folder) == str(out)
  with open(os.path.join(folder, 'architecture.txt')) as file:
    assert file.read() == str(arc) + '\n'
  with open(os.path.join(folder, 'seed_4.txt')) as file:
    assert file.read() == 'Trained %s\n' % str(arc)
  assert 'Trained' not in capsys.readouterr().out
  # The best first.
  rows = _rows(out)
  correct = [row['test_num_correct'] for row in rows]
  assert correct == ['15', '14', '5', '5', '4', '4']
  assert [row['arc'] for row in rows[2:4]] == [CELLS, SAME]
  assert rows[0]['parameters'] == str(scores[3].parameters)
  assert rows[0]['seconds'] == '2.0' and rows[0]['failure'] == ''

  # All is there already, but for more epochs.
  assert _score(out, seeds=[4, 5]) == scores
  assert len(trained.done) == 4
  _score(out, '--num_epochs=3', seeds=[4, 5])
  assert len(trained.done) == 8


def test_one_that_fails_does_not_end_the_rest(tmp_path, trained, monkeypatch):
  trained.diverge.add(CELLS)
  first, second, _ = _score(tmp_path / 'b')
  assert (first.failure, first.split) == ('child step 3: loss nan', None)
  assert (first.status, second.status) == ('nan', 'ok')
  assert (second.failure, second.split) == (None, 'test')
  failures = [row['failure'] for row in _rows(tmp_path / 'b')]
  assert failures == [''] + ['child step 3: loss nan'] * 2
  lost = engines.Lost('its process ended with exit code -9')
  monkeypatch.setattr(
    engines.Serial, 'map', lambda self, f, items: ((i, lost) for i in items)
  )
  score = _score(tmp_path / 'c')[0]
  assert (score.failure, score.status) == (lost.reason, 'lost')


def test_each_architecture_with_a_seed_of_its_own(
  tmp_path, trained, monkeypatch
):
  flags, _ = tiny_runs.parse(_words('x'))
  task, told = Cifar10(), []
  asked = [
    (task.parse_arc(flags, arc), seed) for arc, seed in ((OTHER, 9), (CELLS, 1))
  ]

  def _all(path):
    return retraining.score_all(
      task, flags, asked, str(path), engines.Serial(), told.append
    )

  scores = _all(tmp_path / 'a')
  assert trained.done == [(str(asked[0][0].canonical()), 9), (CELLS, 1)]
  assert [score.arc for score in told] == [arc.canonical() for arc, _ in asked]
  best = scores[0].best, scores[0].best_epoch
  assert best == (Accuracy(50, 100), 1)
  assert (scores[1].best, scores[1].best_epoch) == (None, None)
  assert _all(tmp_path / 'a') == scores and told[2:] == told[:2]

  def _large(task, flags):
    raise tf.errors.ResourceExhaustedError(None, None, 'OOM when\nallocating')

  monkeypatch.setattr(program, 'training', _large)
  score = _all(tmp_path / 'b')[0]
  assert (score.failure, score.status) == ('OOM when', 'oom')


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--child_lr=0.3'], 'was made with --child_lr=0.1, not 0.3'),
    (['--num_epochs=1'], 'longer than --num_epochs=1: give at least 2'),
    (['--num_epochs=3', '--eval_every_epochs=2'], 'is not evaluated'),
    (['--reset_output_dir'], 'is for one run: delete .* by hand'),
    (['--child_num_layers=0'], '--child_num_layers'),
  ],
)  # fmt: skip
def test_what_is_refused(tmp_path, trained, words, message):
  _score(tmp_path, arcs=[CELLS])
  before = tiny_runs.snapshot(tmp_path)
  with pytest.raises(UsageError, match=message):
    _score(tmp_path, *words)
  assert tiny_runs.snapshot(tmp_path) == before and len(trained.done) == 1


def test_the_mode_takes_the_first_of_a_table(tmp_path, trained, capsys):
  table, out = tmp_path / 'derived.csv', str(tmp_path / 'out')

  def _main(*more):
    words = ['--mode=retrain', '--eval_arcs_file=%s' % table, *more]
    code = main.main(_words(out, *words))
    said = capsys.readouterr()
    return code, said.out + said.err

  rows = ['rank,arc,ppl', '1,%s,1' % CELLS, '2,%s,2' % OTHER, '3,0 0,3', '']
  table.write_text('\n'.join(rows[:3]))
  code, said = _main('--retrain_top=1')
  assert (code, trained.done) == (0, [(CELLS, 0)])
  code, said = _main('--retrain_seeds=2')
  assert (code, len(trained.done)) == (0, 4)
  assert '2 architectures, 4 trainings, 0 of them failed: %s' % out in said
  assert 'Best: test_accuracy 0.0846, 1 ' in said
  trained.diverge.add(CELLS)
  code, said = _main('--seed=7', '--retrain_top=1')
  assert code == 1 and 'No score for %s: child' % CELLS in said

  run = os.path.join(out, _rows(out)[0]['directory'])
  for words, message in (
    (['--eval_arcs_file='], 'needs --eval_arcs_file'),
    (['--output_dir='], 'needs --output_dir'),
    (['--output_dir=' + run], 'is the directory of one run'),
  ):
    code, said = _main(*words)
    assert code == 2 and message in said
  table.write_text('\n'.join(rows))
  code, said = _main()
  assert code == 2 and 'derived.csv line 4' in said


def test_processes_find_what_one_finds_and_go_on_where_one_ended(
  tmp_path, monkeypatch, shared_graphs
):
  data = tiny_runs.write_data(tmp_path / 'data')
  words = tiny_runs.arguments(tiny_runs.FIXED, data, 'x', '--num_epochs=1')
  flags, _ = tiny_runs.parse(words)
  task, train = Cifar10(), program.training
  texts = tiny_runs.FIXED_ARC, '1 1 0 0 1 1'

  def _score_in(name, engine):
    arcs = [task.parse_arc(flags, text) for text in texts]
    path = str(tmp_path / name)
    found = retraining.score_each(task, flags, arcs, path, engine)
    return [score.found['test'] for score in found]

  expected = _score_in('one', engines.Serial())
  assert expected[0].total == tiny_runs.NUM_TEST

  def _killed(task, flags):
    train(task, flags, lambda position: position.index == 3)
    raise KeyboardInterrupt

  with monkeypatch.context() as patch:
    patch.setattr(program, 'training', _killed)
    with pytest.raises(KeyboardInterrupt):
      _score_in('two', engines.Serial())
  assert len(list((tmp_path / 'two').glob('*/*/stdout'))) == 1
  assert _score_in('two', engines.Processes(2)) == expected
