"""python -m src.AEROBI.prepare ARCHIVE OUT: unpacks CODEBRIM, maybe smaller.

Reads the official archive despite its wrong table, checks every byte, and
writes only what belongs to the data set. OUT appears when all of it is there;
until then the work lies in OUT.part, where it goes on if it is interrupted.
"""

import collections
import concurrent.futures
import contextlib
import json
import os
import re
import sys
import typing
import zlib

import tqdm

from src.AEROBI import codebrim, record
from src.arc import command_line
from src.arc import text as text_lib
from src.files import png, zip_repair
from src.images import crop
from src.run import errors, folders

_WANTED = re.compile(
  r'(?:(?:train|val|test)/(?:background|defects)/[\w.-]+\.(?:png|PNG)'
  r'|metadata/(?:background|defects)\.xml'
  r'|SYNTHETIC_NOTICE\.txt|metadata/generator\.json)',
  re.ASCII,
)
_STATE = '.prepare.json'
_PUBLISHED = {'train': 6481, 'val': 616, 'test': 632}  # of the unbalanced set
_SUMS = 'metadata/generator.json'  # of the images as they were drawn


# What is to be unpacked: `root` is the folder in the archive, `names` a dict
# of each wanted name below it to what `read` needs, `left_out` other names.
class _Source(typing.NamedTuple):
  """Where images come from."""

  root: str
  names: list
  left_out: typing.Any
  read: typing.Callable


def prepare(archive, out, short_side=None, threads=4, accepted=False,
            skip_unreadable=False, log=text_lib.say):  # fmt: skip
  """Unpacks the archive, or takes a folder, and writes the data set to `out`.

  Args:
    archive: str, one of the two classification archives, or a folder in their
      layout that another program has unpacked.
    out: str, the folder to make.
    short_side: int or None: images with a longer short side are reduced to
      it, by the rule that the reader has, and stored without loss; smaller
      ones stay as they are.
    threads: int > 0.
    accepted: bool, whether the user accepts the licence.
    skip_unreadable: bool, whether to leave out images that do not decode.
    log: function of a str that prints one line.

  Raises:
    errors.UsageError: `out` is there or has no name, the licence is not
      accepted, or the work in `out`.part was begun with other settings.
    ArchiveError: the archive is damaged.
    errors.RunError: it is another variant, images are unreadable, files
      have no label, or nothing can be written.
  """
  if not out:
    raise errors.UsageError('OUT is empty: name the folder to make')
  if os.path.lexists(out):
    raise errors.UsageError('%s exists already; give a new folder' % out)
  try:
    with contextlib.ExitStack() as stack:
      source = _open(archive, short_side, stack, log)
      synthetic = codebrim.NOTICE in source.names
      if not accepted and not synthetic:
        raise errors.UsageError(
          record.LICENCE + ' Say that you accept this with '
          '--i_accept_the_codebrim_licence'
        )
      part = out.rstrip('/') + '.part'
      _begin(part, archive, short_side, source)
      if short_side is not None:
        source.names.pop(_SUMS, None)
      _write_all(part, source, short_side, threads, synthetic, skip_unreadable,
                 log)  # fmt: skip
      if os.path.isdir(archive):  # it may have been reduced before
        before = codebrim.short_side_of(os.path.join(archive, source.root))
        short_side = min(short_side, before or short_side)
      _finish(part, out, source.root, short_side, log)
  except OSError as error:
    raise errors.RunError('cannot make %s: %s' % (out, error)) from error


def _open(archive, short_side, stack, log):
  """Lists what is in an archive or a folder, a `_Source`."""
  if os.path.isdir(archive):
    if short_side is None:
      raise errors.UsageError(
        '%s is a folder, so it is unpacked already; give --short_side to make '
        'a smaller copy' % archive
      )
    return _of_folder(archive)
  if not os.path.exists(archive):
    raise errors.RunError('there is no %s; %s' % (archive, record.ADVICE))
  opened = stack.enter_context(zip_repair.Archive(archive))
  if opened.repaired:
    log(
      '%d of %d members lie elsewhere than the archive says; they were found'
      % (opened.repaired, len(opened.members))
    )
  names = {}
  for member in opened.members:
    name = member.filename
    parts = name.split('/')
    if name.startswith('/') or '..' in parts or '\\' in name:
      raise errors.RunError(
        '%s holds the name %r, which points out of it; refused'
        % (archive, name)
      )
    if name.endswith('/') or any(map(folders.ignored, parts)):
      continue
    if name in names:
      raise errors.RunError('%s holds %s twice' % (archive, name))
    names[name] = member
  return _source(archive, names, opened.read)


def _of_folder(folder):
  names = {}
  for parent, below, files in os.walk(folder):
    below[:] = sorted(name for name in below if not folders.ignored(name))
    for name in sorted(files):
      path = os.path.join(parent, name)
      if not folders.ignored(name):
        names[os.path.relpath(path, folder).replace(os.sep, '/')] = path
  return _source(folder, names, _read_file)


def _read_file(path):
  with open(path, 'rb') as source:
    return source.read()


def _source(archive, names, read):
  """Splits names into those of the data set and others."""
  below = collections.defaultdict(set)
  for name in names:
    top, _, rest = name.partition('/')
    below[top].update([rest.split('/')[0]] if rest else [])
  roots = [''] if set(record.PARTS) <= set(below) else []
  roots += [top for top in sorted(below) if set(record.PARTS) <= below[top]]
  if not roots:
    variant = record.wrong_variant(below, lambda name: below[name])
    raise errors.RunError(
      '%s does not hold %s; %s'
      % (archive, ', '.join(record.PARTS), variant or record.ADVICE)
    )
  start = roots[0] + '/' if roots[0] else ''
  wanted, others = {}, []
  for name, key in names.items():
    own = name[len(start) :]
    if name.startswith(start) and _WANTED.fullmatch(own):
      wanted[own] = key
    else:
      others.append(name)
  return _Source(roots[0], wanted, others, read)


def _begin(part, archive, short_side, source):
  """Makes the folder of the work, or checks that it is of this very work."""
  state = {
    'source': os.path.basename(archive.rstrip('/')),
    'names': zlib.crc32(text_lib.encode('\n'.join(sorted(source.names)))),
    'short_side': short_side,
  }
  path = os.path.join(part, _STATE)
  if not os.path.exists(part):
    os.makedirs(part)
    _write(path, json.dumps(state).encode('ascii'))
    return
  try:
    with text_lib.open_text(path) as file:
      same = json.load(file) == state
  except (OSError, ValueError):
    same = False
  if not same:
    raise errors.UsageError(
      '%s is there and holds other work; remove it first' % part
    )


def _write_all(part, source, short_side, threads, synthetic, skip_unreadable,
               log):  # fmt: skip
  """Writes what is missing, in any order, several files at a time."""
  if source.left_out:
    log(
      'left out, for they are no part of the data set: %d files: %s'
      % (len(source.left_out), folders.shortened(sorted(source.left_out)))
    )
  for name in source.names:
    os.makedirs(os.path.join(part, os.path.dirname(name)), exist_ok=True)
  text = ('synthetic', 'reduced, no CODEBRIM') if synthetic else None

  def work(name):
    return _one(part, source, name, short_side, text)

  bad = []
  with concurrent.futures.ThreadPoolExecutor(threads) as pool:
    futures = [pool.submit(work, name) for name in sorted(source.names)]
    try:
      for future in tqdm.tqdm(
        futures, unit='file', disable=None, file=sys.stderr
      ):
        bad += [future.result()] if future.result() else []
    finally:
      for future in futures:
        future.cancel()
  if not bad:
    return
  line = '%d unreadable images: %s' % (len(bad), folders.shortened(bad))
  if not skip_unreadable:
    raise errors.RunError(line + '; leave them out with --skip_unreadable')
  log('left out ' + line)


def _one(part, source, name, short_side, text):
  """Writes one file unless it is there; returns what is wrong with it."""
  path = os.path.join(part, name)
  image = name.lower().endswith('.png')
  if image and short_side is not None and _whole(path):
    return None
  data = source.read(source.names[name])
  if image:
    try:
      height, width = png.size(data, name)
      if short_side is not None and min(height, width) > short_side:
        pixels = crop.resize(png.decode(data, name), short_side)
        data = png.encode(crop.to_bytes(pixels), text)
    except png.ImageError as error:
      return str(error)
  if not _holds(path, data):
    _write(path, data)
  return None


def _whole(path):
  """Whether an image of an interrupted run is there undamaged."""
  if not os.path.exists(path):
    return False
  try:
    png.check(path)
    return True
  except png.ImageError:
    return False


def _holds(path, data):
  return (
    os.path.exists(path)
    and os.path.getsize(path) == len(data)
    and _read_file(path) == data
  )


def _write(path, data):
  """Writes a file that is whole or not there."""
  with open(path + '.tmp', 'wb') as sink:
    sink.write(data)
  os.replace(path + '.tmp', path)


def _finish(part, out, root, short_side, log):
  """Checks labels and counts, and gives the folder its name."""
  _write(
    os.path.join(part, codebrim.PREPARED),
    (json.dumps({'short_side': short_side}) + '\n').encode('ascii'),
  )
  data = codebrim.read(part, log)
  if root == record.ROOTS[0] and not data.synthetic:
    found = {name: len(getattr(data, name).paths) for name in codebrim.SPLITS}
    if found != _PUBLISHED:
      log(
        'WARNING: %s images in train, val, test; %s are published: the archive '
        'may be incomplete'
        % tuple(
          '/'.join(str(counts[name]) for name in codebrim.SPLITS)
          for counts in (found, _PUBLISHED)
        )
      )
  os.remove(os.path.join(part, _STATE))
  os.rename(part, out)
  log('written to %s: use it with --data_path=%s' % (out, text_lib.quote(out)))


def main(argv=None):
  """Runs the command; returns the exit status."""
  arguments = _parser().parse_args(argv)

  def run():
    if arguments.threads < 1:
      raise errors.UsageError('--threads must be at least 1')
    if arguments.short_side is not None and arguments.short_side < 1:
      raise errors.UsageError('--short_side must be at least 1')
    prepare(
      arguments.archive,
      arguments.out,
      arguments.short_side,
      arguments.threads,
      arguments.i_accept_the_codebrim_licence,
      arguments.skip_unreadable,
    )

  return errors.exit_code_of(run, arguments.debug)


def _parser():
  parser = command_line.Parser(
    prog='python -m src.AEROBI.prepare',
    description='Unpacks CODEBRIM, whose archives most programs cannot read, '
    'and checks it. Nothing is downloaded: get %s (7.4 GiB), or %s, from %s, '
    'record %s, DOI %s. %s'
    % (
      record.ARCHIVE,
      record.BALANCED_ARCHIVE,
      record.URL,
      record.RECORD,
      record.DOI,
      record.LICENCE,
    ),
  )
  add = parser.add_argument
  add('archive', metavar='ARCHIVE', help='the zip, or a folder unpacked before')
  add('out', metavar='OUT', help='the folder to make')
  add(
    '--short_side',
    type=int,
    metavar='N',
    help='reduce larger images to this short side in pixels, such as 224: '
    'reading is much faster, values differ from the exact ones by at most 0.5',
  )
  add('--threads', type=int, default=os.cpu_count() or 1, metavar='N',
      help='files handled at a time (default: one per core)')  # fmt: skip
  add('--skip_unreadable', action='store_true',
      help='leave out images that do not decode')  # fmt: skip
  add('--i_accept_the_codebrim_licence', action='store_true',
      help='needed unless the images are synthetic')  # fmt: skip
  add('--debug', action='store_true', help='show tracebacks')
  return parser


if __name__ == '__main__':
  sys.exit(main())
