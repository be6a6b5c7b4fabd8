"""The picture of a front: what is on it, and that numbers do not collide."""

import io
import itertools

import pytest

from src.view import front, top


def _entries(latencies):
  return [
    top.Entry(
      number,
      None,
      0.9 - 0.001 * number,
      10,
      10**6 + number,
      top.Latency(2.0, 1.0, 3.0 + number) if latencies else None,
    )
    for number in range(1, 8)
  ]


@pytest.mark.parametrize('latencies', [False, True])
def test_numbers_of_near_points_stand_apart(latencies):
  entries = _entries(latencies)
  more = [top.Entry(8, None, 0.2, 10, 10**5)]
  found = top.Ranking(entries + more, 'accuracy', False, 'here')
  figure = front.picture(found, entries)
  assert len(figure.axes) == 1 + latencies
  figure.savefig(io.BytesIO())
  for ax in figure.axes:
    assert [text.get_text() for text in ax.texts] == list('1234567')
    boxes = [text.get_window_extent() for text in ax.texts]
    for one, other in itertools.combinations(boxes, 2):
      assert not one.overlaps(other)
  # All that is known is against multiply-adds, on whose front two are.
  first = figure.axes[0]
  sizes = [len(dots.get_offsets()) for dots in first.collections]
  assert sorted(sizes) == [1, 7]
  assert list(first.lines[0].get_xdata()) == [10**5, 10**6 + 1]


def test_nothing_to_draw():
  entries = [top.Entry(1, None, 0.5, None, None)]
  found = top.Ranking(entries, 'accuracy', False, 'here')
  assert front.picture(found, entries) is None
