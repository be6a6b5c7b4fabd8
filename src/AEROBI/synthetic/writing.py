"""Writes a synthetic data set in CODEBRIM's layout, marked in every place."""

import contextlib
import functools
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from xml.sax import saxutils

import cv2
import tqdm

from src.AEROBI import codebrim
from src.AEROBI.synthetic import crop, labels, plan
from src.arc import text as text_lib
from src.files import png
from src.run.errors import RunError, UsageError

FOLDER = 'synthetic_codebrim'
VERSION = 1  # of the recipe: another one draws other pixels
MARK = ('synthetic', 'drawn by scripts/make_synthetic_codebrim.py, no CODEBRIM')
_PATIENCE = 600  # seconds
_NOTICE = """SYNTHETIC. These images are drawn by a program.

They have the folders, names, sizes and label frequencies of CODEBRIM and none
of its pixels. What is measured on them is no result on CODEBRIM and must not
be reported as one. They were made by scripts/make_synthetic_codebrim.py;
metadata/generator.json has the settings.
"""


def write(out, settings, processes=1):
  """Writes the data set to `out`/synthetic_codebrim, whole or not at all.

  Args:
    out: str, a folder, made when it does not exist.
    settings: plan.Settings; they alone decide the bytes.
    processes: int > 0.

  Returns:
    str, the root of the data set.

  Raises:
    UsageError: it is there already.
    RunError: it cannot be written.
  """
  root = os.path.join(out, FOLDER)
  if os.path.lexists(root):
    raise UsageError(
      '%s exists already; remove it or give another --out' % root
    )
  try:
    os.makedirs(out, exist_ok=True)
    part = tempfile.mkdtemp(prefix='.%s.part-' % FOLDER, dir=out)
    try:
      _write_into(part, settings, processes)
      os.chmod(part, 0o755)
      os.rename(part, root)
    finally:
      shutil.rmtree(part, ignore_errors=True)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (root, error)) from error
  return root


def draw(file, settings):
  """The `crop.Crop` of a plan.File, before any mirroring."""
  return crop.make(
    settings.seed, file.index, file.photo, file.label, plan.size_of(settings)
  )


def counts(files):
  """Crops and classes of each split, as generator.json has them."""
  result = {}
  for split in codebrim.SPLITS:
    own = [file.label for file in files if file.path.startswith(split + '/')]
    result[split] = {
      'images': len(own),
      'unlabelled': own.count(labels.UNLABELLED),
    }
    result[split].update(zip(codebrim.CLASSES, labels.class_counts(own)))
  return result


def _write_into(root, settings, processes):
  files = plan.files(settings)
  for folder in {os.path.dirname(file.path) for file in files} | {'metadata'}:
    os.makedirs(os.path.join(root, folder))
  with text_lib.open_text(os.path.join(root, codebrim.NOTICE), 'w') as sink:
    sink.write(_NOTICE)
  for kind in ('background', 'defects'):
    with text_lib.open_text(
      os.path.join(root, 'metadata', kind + '.xml'), 'w'
    ) as sink:
      sink.write(_xml([f for f in files if '/%s/' % kind in f.path]))
  work = functools.partial(_write_one, root, settings)
  # Closed at once, so that no process writes on while all is cleared away.
  with contextlib.closing(_results(work, files, processes)) as results:
    digests = list(
      tqdm.tqdm(
        results,
        total=len(files),
        unit='image',
        disable=None,
        file=sys.stderr,
      )
    )
  description = {
    'synthetic': True,
    'generator': 'scripts/make_synthetic_codebrim.py',
    'version': VERSION,
    'settings': settings._asdict(),
    'counts': counts(files),
    'sha256': {file.path: digest for file, digest in zip(files, digests)},
  }
  with text_lib.open_text(
    os.path.join(root, 'metadata', 'generator.json'), 'w'
  ) as sink:
    json.dump(description, sink, indent=1, sort_keys=True)
    sink.write('\n')


def _results(work, files, processes):
  """Yields work(file) of each file in order."""
  if processes == 1:
    yield from map(work, files)
    return
  with _pool(processes) as pool:
    results = pool.imap(work, files)
    for _ in files:
      try:
        yield results.next(timeout=_PATIENCE)
      except multiprocessing.TimeoutError as error:
        raise RunError(
          'no image was finished in %d seconds: one of the processes seems to '
          'have been killed; try fewer --processes' % _PATIENCE
        ) from error


def _pool(processes):
  """Processes that leave Ctrl-C to this one: they inherit to ignore it."""
  before = signal.signal(signal.SIGINT, signal.SIG_IGN)
  try:
    # New processes and no forks: a fork would inherit OpenCV's locks, but not
    # the threads that hold them.
    return multiprocessing.get_context('spawn').Pool(processes)
  finally:
    signal.signal(signal.SIGINT, before)


def _write_one(root, settings, file):
  """Draws and writes one PNG; returns its SHA-256."""
  cv2.setNumThreads(1)  # the processes share the cores
  image = draw(file, settings).image
  if file.mirrored:
    image = image[:, ::-1].copy()
  data = png.encode(image, MARK)
  with open(os.path.join(root, file.path), 'wb') as sink:
    sink.write(data)
  return hashlib.sha256(data).hexdigest()


def _xml(files):
  lines = ['<?xml version="1.0" encoding="utf-8"?>']
  lines.append('<Annotation synthetic="true">')
  for file in files:
    if file.has_row:
      name = saxutils.quoteattr(os.path.basename(file.path))
      lines.append(' <Defect name=%s>' % name)
      for tag, digit in zip(codebrim.CLASSES, file.label):
        lines.append('  <%s>%s</%s>' % (tag, digit, tag))
      lines.append(' </Defect>')
  lines.append('</Annotation>')
  return '\n'.join(lines) + '\n'
