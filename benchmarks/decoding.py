"""How fast images of one's own are decoded, and what many of them take.

  python -m benchmarks.decoding [FOLDER] [--size=64] [--threads 1 2 4]
  python -m benchmarks.decoding --files=200000

FOLDER has a folder for each class; without it, JPEGs of 256x256 pixels are cut
out of scikit-learn's photographs. Files are read once before, so that the disk
is not what is measured. Ratios are to one thread. `--files` makes a folder of
so many small files, reads them without keeping one decoded, and says how much
memory that took more than a hundredth of them.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image
from sklearn import datasets

from src.images import decode, listing, own


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('folder', nargs='?')
  parser.add_argument('--size', type=int, default=64)
  parser.add_argument('--threads', type=int, nargs='+', default=[1, 2, 4])
  parser.add_argument('--files', type=int)
  parser.add_argument('--peak_of', help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.peak_of:
    _peak_of(args.peak_of)
    return
  with tempfile.TemporaryDirectory() as scratch:
    if args.files:
      _many(scratch, args.files)
    else:
      _speed(args.folder or _photographs(scratch), args.size, args.threads)


def _speed(folder, size, counts):
  found = listing.from_folders(folder)
  paths = [path for split in found.images.values() for path in split]
  for path in paths:
    with open(path, 'rb') as file:
      file.read()
  print(
    '%d cores, %d images to %dx%d' % (os.cpu_count(), len(paths), size, size)
  )
  alone = None
  for threads in counts:
    start = time.time()
    decode.decoded(found, size, threads, log=lambda line: None)
    rate = len(paths) / (time.time() - start)
    alone = alone or rate
    print('%2d threads %8.1f images/s %6.2fx' % (threads, rate, rate / alone))


def _photographs(folder):
  """Writes 400 JPEGs of two photographs, a class each; returns the folder."""
  photos = datasets.load_sample_images().images
  for photo, name in zip(photos, ('china', 'flower')):
    os.mkdir(os.path.join(folder, name))
    height, width, _ = photo.shape
    for number in range(200):
      y, x = number * 7 % (height - 256), number * 13 % (width - 256)
      image = Image.fromarray(photo[y : y + 256, x : x + 256])
      image.save(os.path.join(folder, name, '%03d.jpg' % number), quality=90)
  return folder


def _many(scratch, count):
  peaks = []
  for files in (count // 100, count):
    folder = os.path.join(scratch, '%d' % files)
    _links(folder, files)
    start = time.time()
    peaks.append(
      int(
        subprocess.check_output(
          [sys.executable, '-m', 'benchmarks.decoding', '--peak_of', folder]
        ).split()[-1]
      )
    )
    print(
      '%7d files: peak %d MB, %.0f s'
      % (files, peaks[-1] // 1024, time.time() - start)
    )
  print('%.0f bytes a file' % (1024.0 * (peaks[1] - peaks[0]) / (count * 0.99)))


def _links(folder, count):
  """`count` files in ten classes, names of one file of 16x16 pixels each."""
  for number in range(10):
    place = os.path.join(folder, 'class %d' % number)
    os.makedirs(place)
    first = os.path.join(place, '%06d.png' % 0)
    pixels = np.full([16, 16, 3], 20 * number, np.uint8)
    Image.fromarray(pixels).save(first)
    for other in range(1, count // 10):
      os.link(first, os.path.join(place, '%06d.png' % other))


def _peak_of(folder):
  """Prints the KiB that reading a folder takes at most."""
  found = listing.from_folders(folder)
  options = own.Options(size=16, most_bytes=0)
  own.read(found, options, True, log=lambda line: None, tell=lambda line: None)
  print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == '__main__':
  main()
