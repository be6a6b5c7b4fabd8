"""From a folder of images to answers in four calls."""

import numpy as np
import pytest
from PIL import Image

from src.arc import MacroArc
from src.run.errors import UsageError
from src.use import api
from tests import tiny_runs

SMALL = {
  'batch_size': 8,
  'num_epochs': 1,
  'child_num_layers': 3,
  'child_out_filters': 4,
  'report': False,
}


def test_search_train_predict(tmp_path):
  data = tmp_path / 'photos'
  for number in range(40):
    folder = data / ('dark', 'light')[number % 2]
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.full([9, 9, 3], number + 150 * (number % 2), np.uint8)
    Image.fromarray(pixels).save(str(folder / ('%d.png' % number)))
  run = api.search(
    str(data), str(tmp_path / 'run'), child_img_size=9,
    controller_search_whole_channels=True, controller_train_steps=1, **SMALL,
  )  # fmt: skip
  arc = api.best(run, samples=3)
  assert isinstance(arc, MacroArc) and arc.num_layers == 3
  final = api.train(
    run, str(tmp_path / 'final'), arc, batch_size=8, num_epochs=1,
    child_out_filters=4, report=False,
  )  # fmt: skip
  rows = tiny_runs.table(tmp_path / 'final', 'metrics.csv')
  assert {row['phase'] for row in rows} >= {'test'}
  (found,) = api.predict(final, [str(data / 'dark' / '0.png')])
  assert found.names == ('dark', 'light') and found.decisions.sum() == 1
  with pytest.raises(UsageError, match='--child_img_size=9, not 12'):
    api.search(str(data), run, child_img_size=12, **SMALL)
