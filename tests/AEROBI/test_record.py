"""What is known of the archives; layouts are tested in test_codebrim."""

from src.AEROBI import record


def test_an_unknown_layout_is_not_guessed():
  assert record.wrong_variant(['a', 'b'], lambda name: ['c']) is None


def test_the_terms_say_what_matters():
  for word in (
    'non-commercial', 'passed on', 'CVPR 2019', 'license.md',
    'reduced copies and pictures drawn over them, as predict does',
    'a trained network and its export', 'under the same terms only',
  ):  # fmt: skip
    assert word in record.LICENCE
