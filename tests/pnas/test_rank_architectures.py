"""Files of scores in words and as a picture."""

import pytest

from src.pnas import rank_architectures

OLD = [
  '0.145,0,3x3 maxpool,0,3x3 maxpool',
  '0.4288,0,3x3 maxpool,0,1x7-7x1 conv',
  '0.4836,0,1x7-7x1 conv,0,1x7-7x1 conv',
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  monkeypatch.delenv('DISPLAY', raising=False)
  (tmp_path / 'train_history.csv').write_text('\n'.join(OLD) + '\n')
  return tmp_path


def _main(*words):
  return rank_architectures.main(['rank_architectures'] + list(words))


def test_the_best_of_all_files(folder, capsys):
  (folder / 'scores_2.csv').write_text('0.5' + ',0,identity' * 4 + '\n')
  assert _main('-f', 'scores_*.csv', '-top', '2', '-out', 'a.png') == 0
  said = capsys.readouterr().out.splitlines()
  assert said[0].startswith('4 models: best 0.5000, mean 0.3893')
  assert said[1:3] == [
    '  1. 0.5000  ' + ', '.join(['0, identity'] * 4),
    '  2. 0.4836  0, 1x7-7x1 conv, 0, 1x7-7x1 conv',
  ]
  assert said[3:] == ['Picture: a.png']
  assert (folder / 'a.png').read_bytes().startswith(b'\x89PNG')


def test_without_a_window_the_picture_is_a_file(folder):
  assert _main('-sort') == 0 and (folder / 'architectures.png').exists()
  rows = rank_architectures.read(['train_history.csv'])
  rows.sort(key=lambda row: row[0])
  figure = rank_architectures.charts().models(rows)
  ax = figure.axes[0]
  assert ax.get_title() == 'Model Definition vs Accuracy'
  assert (ax.get_xlabel(), ax.get_ylabel()) == ('Model Index', 'Accuracy')
  heights = [y for _, y in ax.collections[0].get_offsets()]
  assert heights == sorted(heights) == [0.145, 0.4288, 0.4836]


@pytest.mark.parametrize(
  ('text', 'words', 'message'),
  [
    ('', [], 'there are no scores'),
    ('0.5,0,identity', [], 'line 1: 3 columns'),
    ('0.5,0,id\0tity', [], 'train_history.csv'),
    ('high,0,identity,0,identity', [], 'line 1: could not convert'),
    ('0.5,0,identity,0,identity', ['-f', 'none.csv'], 'no file none.csv'),
  ],
)
def test_what_is_refused(folder, capsys, text, words, message):
  (folder / 'train_history.csv').write_text(text)
  assert _main(*words) == 1
  assert message in capsys.readouterr().err
