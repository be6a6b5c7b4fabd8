"""Images that are no images: refused, or left out by who wants that."""

from src.run import folders
from src.run.errors import RunError


def refuse_or_skip(bad, skip, left, log):
  """Ends, or goes on without, images that cannot be read.

  Args:
    bad: list of str, what is wrong with each.
    skip: bool, whether to go on without them.
    left: dict from each split to how many images are left in it.
    log: function of a str that prints one line.

  Raises:
    RunError: they are not skipped, or a split is left without images.
  """
  if not bad:
    return
  text = '%d unreadable images: %s' % (len(bad), folders.shortened(bad))
  if not skip:
    raise RunError(text + '; get them again or add --skip_unreadable_images')
  log('skipped ' + text)
  for split, count in left.items():
    if not count:
      raise RunError('no image of %s is readable: get them again' % split)
