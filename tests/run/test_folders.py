"""What of a folder is shown."""

from src.run import folders


def test_litter_is_ignored():
  assert folders.ignored('.DS_Store') and folders.ignored('__MACOSX')
  assert not folders.ignored('train')


def test_no_folder_holds_nothing(tmp_path):
  (tmp_path / 'a').write_text('')
  assert folders.listing(str(tmp_path)) == ['a']
  assert folders.listing(str(tmp_path / 'a')) == []


def test_long_lists_are_cut():
  assert folders.shortened(['a', 'b']) == 'a, b'
  assert folders.shortened(['n'] * 12) == ', '.join(['n'] * 10) + ' and 2 more'
