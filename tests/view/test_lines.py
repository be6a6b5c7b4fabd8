"""Lines as they come out of terminals, containers and issues."""

import gzip

import pytest

from src.arc import ArcError
from src.view import lines, log
from tests import made_log


@pytest.mark.parametrize(
  'around',
  [
    '> %s',
    '    %s',
    '> > %s',
    '2021-05-15T10:11:00.1Z %s',
    '2021-05-15 10:11:00+00:00 %s',
    '\x1b[32m%s\x1b[0m',
    '`%s`',
    '`%s`  ',
    '%s\r',
  ],
)
def test_what_is_put_around_lines(around, tmp_path):
  bare = made_log.search(2, 24) + ['[0 0 1] rw=0.053', 'step=1 test_ppl=57.3']
  bare += ['step=0 ent=5.9 ppl=26.9 rw=0.03 bl=0.0 arc=[0 2', ' 1 3]']
  plain = log.read(line + '\n' for line in bare)
  assert len(plain.shown) == 22 and plain.test and plain.perplexity['test']
  text = ''.join('%s\n' % (around % line) for line in bare)
  text = '```text\n%s```\n' % text
  path = tmp_path / 'log'
  path.write_bytes(gzip.compress(text.encode()))
  found = log.load(str(path)).history._replace(space=None)
  assert repr(found) == repr(plain)  # one loss is nan
  path.write_bytes(gzip.compress(text.encode())[:-20])
  with pytest.raises(ArcError, match='cannot read .*ended before'):
    log.load(str(path))


def test_an_issue_as_pasted():
  """In the form of melodyguan/enas#15."""
  step = '`epoch=%d   ch_step=%d loss=0.0019 lr=0.0011   |g|=0.2311   '
  step += 'tr_acc=99/100 mins=2119.42`   '
  history = log.read(
    [
      'tail of cifar10_macro_final.sh(in the stdout file) looks like :',
      '',
      step % (306, 153450),
      step % (307, 153500),
      ' Epoch 307: Eval',
      'Eval at 153500',
      'test_accuracy: 0.9601',
      step.replace('`', '') % (307, 153550),
    ]
  )
  assert [c.step for c in history.child] == [153450, 153500, 153550]
  assert history.test == [(307, 153500, 0.9601)]
  assert history.skipped == []


def test_events_of_a_line_that_looks_known():
  found = list(lines.events(['loss=1 epoch=x', 'hello', 'Epoch 3: Ev']))
  assert found == [('unknown', 'loss=1 epoch=x', 1)]  # the last is cut off
