"""Where CODEBRIM is, under what terms, and how its parts are recognised.

The archives are on Zenodo. Four variants are there, and only two fit this
task; users take a wrong one easily, so each is known by its layout.
"""

from src.run import folders

RECORD = '2620293'
DOI = '10.5281/zenodo.2620293'
URL = 'https://zenodo.org/records/' + RECORD
ARCHIVE = 'CODEBRIM_classification_dataset.zip'
BALANCED_ARCHIVE = 'CODEBRIM_classification_balanced_dataset.zip'
ROOTS = ('classification_dataset', 'classification_dataset_balanced')
SPLITS = ('train', 'val', 'test')
KINDS = ('background', 'defects')
PARTS = SPLITS + ('metadata',)

LICENCE = (
  'CODEBRIM is for non-commercial research and education only; neither the '
  'images nor modified versions of them may be passed on: reduced copies and '
  'pictures drawn over them, as predict does, are modified versions. What is '
  'derived from them without holding any, such as a trained network and its '
  'export, may be shared under the same terms only. Work that uses them cites '
  'Mundt et al., CVPR 2019. The full terms are license.md of the record.'
)
ADVICE = (
  'get %s (7.4 GiB) from %s, DOI %s, and unpack it with '
  'python -m src.AEROBI.prepare, or make a synthetic stand-in with '
  'scripts/make_synthetic_codebrim.py' % (ARCHIVE, URL, DOI)
)


def wrong_variant(names, below):
  """Says which other thing a folder or an archive holds.

  Args:
    names: collection of str, what lies at its top.
    below: function of one of these names that gives the names in it.

  Returns:
    str, a clause that says what it is and what to take instead; None when the
    layout is none of the known ones.
  """
  names = {name for name in names if not folders.ignored(name)}
  take = 'take %s of %s instead' % (ARCHIVE, URL)
  if 'original_dataset' in names or {'images', 'annotations'} <= names:
    return 'these are the original images with their annotations; ' + take
  if set(KINDS) & names and not set(SPLITS) & names:
    return 'these are crops without the splits and their labels; ' + take
  for name in sorted(names):
    if set(PARTS) <= set(below(name)):
      return 'the data set is one folder further down, in %s' % name
  if len(names) == 1:
    only = names.pop()
    inner = {name for name in below(only) if not folders.ignored(name)}
    if {'images', 'annotations'} & inner or set(KINDS) & inner:
      return wrong_variant(inner, lambda name: ())
    if 'crop' in only.lower():
      return 'these are crops without the splits and their labels; ' + take
  return None
