"""The program as it is typed: evaluation, ranking, errors in one line."""

import csv
import pathlib

import pytest

from src.ptb import main
from src.run import checkpoints
from tests.ptb import texts, tiny_ptb


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny_ptb.write_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def search(tmp_path_factory, data):
  out = tmp_path_factory.mktemp('runs') / 'search'
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, out, '--num_epochs=1')
  assert main.main(argv) == 0
  return str(out)


def _table(path):
  with open(str(path)) as file:
    return list(csv.DictReader(file))


def test_evaluation_of_a_search(search, tmp_path):
  (tmp_path / 'arcs').write_text('0 0 0 1 1 2\n\n0 0 0 0 1 1 3\n')
  for split, words in (('valid', 84), ('test', 54)):
    argv = [
      'main.py', '--mode=eval', '--checkpoint_path=' + search,
      '--eval_split=' + split, '--eval_arcs_file=%s' % (tmp_path / 'arcs'),
      '--eval_output=%s' % (tmp_path / 'out.csv'),
    ]  # fmt: skip
    assert main.main(argv) == 0
    first, second = _table(tmp_path / 'out.csv')
    assert list(first) == [
      'arc', 'split', 'total_loss', 'num_words', 'log_ppl', 'ppl',
    ]  # fmt: skip
    assert (first['arc'], first['split']) == ('0 0 0 1 1 2', split)
    assert first['num_words'] == str(words)
    # The same cell in the other format.
    assert {k: first[k] for k in ('total_loss', 'ppl')} == {
      k: second[k] for k in ('total_loss', 'ppl')
    }


def test_vocabulary_of_a_checkpoint(search, tmp_path, capsys):
  """Words in one another's place are no longer those that were trained."""
  folder = tmp_path / 'data'
  tiny_ptb.write_data(folder)
  for path in folder.iterdir():
    path.write_text(path.read_text().replace('w18', 'w99'))
  for place in (search, checkpoints.find(search)[-1].prefix):
    argv = [
      'main.py', '--mode=derive', '--checkpoint_path=' + place,
      '--derive_samples=1', '--data_path=%s' % folder,
    ]  # fmt: skip
    capsys.readouterr()
    assert main.main(argv) == 1
    assert capsys.readouterr().err.splitlines()[-1] == (
      'error: --data_path holds other data than %s was trained on (other: '
      'vocabulary): give the same' % checkpoints.find(search)[-1].prefix
    )


def test_ranking(search, capsys):
  for source in ('controller', 'random'):
    argv = [
      'main.py', '--mode=derive', '--checkpoint_path=' + search,
      '--derive_samples=6', '--derive_from=' + source,
    ]  # fmt: skip
    assert main.main(argv) == 0
  table = _table(search + '/derived.csv')
  found = [float(row['valid_ppl']) for row in table]
  assert found == sorted(found)
  assert sum(int(row['times_sampled']) for row in table) == 6
  (command,) = [
    line
    for line in capsys.readouterr().out.splitlines()
    if "--child_fixed_arc='%s' " % table[0]['arc'] in line
  ]
  assert command.endswith(' --child_rhn_depth=4')


def test_evaluation_of_averaged_weights(tmp_path, data):
  out = tmp_path / 'fixed'
  settings = tiny_ptb.FIXED + [
    '--child_optim_algo=asgd', '--child_asgd_start_step=2', '--num_epochs=1',
  ]  # fmt: skip
  assert main.main(tiny_ptb.arguments(settings, data, out)) == 0
  for split in ('valid', 'test'):
    argv = [
      'main.py', '--mode=eval', '--checkpoint_path=%s' % out,
      '--eval_split=' + split, '--eval_output=%s' % (tmp_path / 'out.csv'),
    ]  # fmt: skip
    assert main.main(argv) == 0
    (row,) = _table(tmp_path / 'out.csv')
    (logged,) = [r for r in _table(out / 'metrics.csv') if r['phase'] == split]
    assert float(row['ppl']) == pytest.approx(float(logged['perplexity']))


def test_banners(search):
  text = tiny_ptb.text(pathlib.Path(search))
  # V 20, H 4, 3 nodes: 20 * 4 + 64 + 4 * 3 * 4 * 16 and 20 * 4 + 64 + 96.
  rule = '-' * 80 + '\n'
  assert (
    rule + 'train_size: 440\nvalid_size: 110\n' + rule + 'Create a controller\n'
  ) in text
  assert (
    'Building LM\nBuilding model params\nAll children have 912 params\n'
    'Each child has 240 params\n' + rule + 'Building train graph\n'
  ) in text


def test_unknown_words(tmp_path, capsys):
  valid = 'the dog sat\n' * 9
  folder = texts.write(tmp_path, train=texts.TRAIN * 9, valid=valid, test=valid)
  more = ['--batch_size=2', '--num_epochs=1', '--unknown_words']
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, folder, tmp_path / 'out', *more)
  assert main.main(argv[:-1] + ['--unknown_words=refuse']) == 1
  assert 'dog' in capsys.readouterr().err
  assert main.main(argv[:-1] + ['--unknown_words=unk']) == 0


@pytest.mark.parametrize(
  ('more', 'code', 'message'),
  [
    (['--data_path='], 2, 'error: --data_path is needed'),
    (['--batch_size=200'], 1, 'error: the train text has 440 tokens'),
    (['--data_path=nowhere'], 1, 'error: there is no data nowhere'),
    (['--mode=eval'], 2, 'error: --checkpoint_path is needed'),
    (['--eval_probe_arc=0 0 5 0 0 0'], 2, 'error: '),
  ],
)
def test_errors_are_one_line(tmp_path, data, capsys, more, code, message):
  argv = tiny_ptb.arguments(tiny_ptb.SEARCH, data, tmp_path / 'o', *more)
  assert main.main(argv) == code
  error = capsys.readouterr().err
  assert error.startswith(message)
  assert error.count('\n') == 1


def test_accepted_flags_are_announced(tmp_path, data):
  argv = tiny_ptb.arguments(
    tiny_ptb.SEARCH, data, tmp_path / 'o', '--num_epochs=1',
    '--nochild_lstm_e_skip',
  )  # fmt: skip
  assert main.main(argv) == 0
  assert '--child_lstm_e_skip has no effect' in tiny_ptb.text(tmp_path / 'o')
