"""The settings of the typed sets as files."""

from src.robustness import generate_convs


def test_a_file_for_each_set(tmp_path, capsys):
  out = tmp_path / 'a' / 'b'
  assert generate_convs.main(['--out', str(out)]) == 0
  assert len(list(out.iterdir())) == 12
  lines = (out / 'pd04.txt').read_text().splitlines()
  assert (len(lines), lines[0], lines[-1]) == (11, '(3,1,1)', '(3,4,4)')
  assert capsys.readouterr().out.splitlines()[3].endswith('kd16.txt: 192')


def test_a_place_that_cannot_be_written(tmp_path, capsys):
  (tmp_path / 'file').write_text('')
  assert generate_convs.main(['--out', str(tmp_path / 'file')]) == 1
  assert capsys.readouterr().err.startswith('error: cannot write')
