"""Real small image sets, as packages bring them: read, decoded, learnt."""

import csv
import os
import tracemalloc

import matplotlib
import numpy as np
import pytest
from PIL import Image
from sklearn import datasets

from src.cifar10 import main
from src.images import decode, listing, own, square


def _read(found, **options):
  return own.read(found, own.Options(**options), True, lambda line: None, print)


def test_photographs_in_folders(tmp_path, capsys):
  photos = datasets.load_sample_images().images
  for photo, name in zip(photos, ('china', 'flower')):
    for number in range(12):
      place = tmp_path / name / ('%02d.jpg' % number)
      os.makedirs(str(place.parent), exist_ok=True)
      y, x = 30 * (number % 4), 90 * number % 400
      Image.fromarray(photo[y : y + 240, x : x + 200]).save(str(place))
  data = _read(listing.from_folders(str(tmp_path)), size=48, fraction=0.25)
  assert data.classes == ['china', 'flower']
  assert {s: v.shape for s, v in data.images.items()} == {
    'train': (14, 48, 48, 3), 'valid': (4, 48, 48, 3), 'test': (6, 48, 48, 3)
  }  # fmt: skip
  # The sky over China is bright and blue, the flower lies in the dark.
  of_class = [data.images['train'][data.labels['train'] == c] for c in (0, 1)]
  assert of_class[0][..., 2].mean() > of_class[1][..., 2].mean() + 50
  assert capsys.readouterr().out == ''


def test_pictures_of_any_mode_in_a_csv(tmp_path):
  folder = os.path.join(matplotlib.get_data_path(), 'sample_data')
  names = [n for n in sorted(os.listdir(folder)) if listing.is_image(n)]
  with open(str(tmp_path / 'all.csv'), 'w') as file:
    writer = csv.writer(file)
    for split in ('train', 'valid', 'test'):
      for number, name in enumerate(names):
        path = os.path.join(folder, name)
        if split != 'train':
          path = str(tmp_path / ('%s_%s' % (split, name)))
          with open(path, 'wb') as copy, open(
            os.path.join(folder, name), 'rb'
          ) as original:
            copy.write(original.read())
        writer.writerow([path, 'a;b' if number else '', split])
  found = listing.from_csv(str(tmp_path / 'all.csv'), multi_label=True)
  lines = []
  data = own.read(
    found, own.Options(size=20), True, lambda line: None, lines.append
  )
  assert len(names) >= 2
  assert '%d images lie in two' % (2 * len(names)) in lines[0]
  expected = [square.load(os.path.join(folder, name), 20) for name in names]
  np.testing.assert_array_equal(data.images['test'], expected)


@pytest.mark.slow
def test_a_network_learns_digits(tmp_path, capsys):
  digits = datasets.load_digits()
  images = (digits.images * 15.9).astype(np.uint8)
  path = str(tmp_path / 'digits.npz')
  np.savez(path, images=images, labels=digits.target)
  words = (
    '--search_for=macro --child_img_size=16 --child_num_layers=2 '
    '--child_out_filters=16 --batch_size=32 --num_epochs=3 --child_lr=0.05 '
    '--nocontroller_training --eval_every_epochs=3 --child_fixed_arc'
  ).split() + ['0 0 1']
  words += ['--data_path=' + path, '--output_dir=%s' % (tmp_path / 'run')]
  assert main.main(['main.py'] + words) == 0
  lines = capsys.readouterr().out.splitlines()
  (found,) = [line for line in lines if line.startswith('test_accuracy:')]
  assert float(found.split()[1]) > 0.35  # guessing: 0.1


def test_what_is_not_kept_takes_no_memory(monkeypatch):
  image = np.zeros([64, 64, 3], np.uint8)
  monkeypatch.setattr(square, 'load', lambda path, size: image.copy())
  count = 10000  # 123 MB, decoded
  labels = np.arange(count, dtype=np.int32) % 2
  found = listing.Listing(
    ['a', 'b'], {'train': ['x.png'] * count}, {'train': labels}
  )
  tracemalloc.start()
  data = decode.decoded(found, 64, most_bytes=count)
  _, peak = tracemalloc.get_traced_memory()
  tracemalloc.stop()
  assert data.images['train'][:2] == ['x.png'] * 2 and peak < 60e6
