"""Pages: files of HTML that need no network, made from a template."""

import html
import os
import re
import typing

from src.arc import describe
from src.arc import text as text_lib

_OF_SECTIONS = os.path.join(
  os.path.dirname(os.path.abspath(__file__)), 'sections.html'
)


class Section(typing.NamedTuple):
  """A part of what is told.

  Attributes:
    title: str.
    panel: str, the name of the chart that goes with it, or None.
    tables: list of tables, each a list of tuples of str, the heading first.
    lines: list of str, sentences.
  """

  title: str
  panel: typing.Optional[str]
  tables: list
  lines: list


def filled(template, parts):
  """A template's text with what each @NAME@ stands for.

  Args:
    template: str, a path.
    parts: dict from name to str, HTML.
  """
  with text_lib.open_text(template) as file:
    text = file.read()
  return re.sub(
    '@(%s)@' % '|'.join(parts), lambda match: parts[match.group(1)], text
  )


def write(path, text):
  """Writes a text file all at once; raises OSError if that cannot be."""
  with text_lib.open_text(path + '.part', 'w') as file:
    file.write(text)
  os.replace(path + '.part', path)


def as_lines(sections):
  """Yields the lines with which a terminal is told sections."""
  for section in sections:
    yield section.title
    for table in section.tables:
      yield ''
      for line in describe.side_by_side(table):
        yield '  ' + line
    yield ''
    for line in section.lines:
      yield '  ' + line
    yield ''


def of_sections(title, sections, drawn, left_out=()):
  """The text of a page that tells sections.

  Args:
    title: str.
    sections: list of Section.
    drawn: dict from the name of a chart to its `<svg>` element.
    left_out: list of str, lines at the end.
  """
  parts = []
  for section in sections:
    parts.append('<h2>%s</h2>' % html.escape(section.title))
    if section.panel in drawn:
      parts.append('<div class="panel">%s</div>' % drawn[section.panel])
    parts += ['<p>%s</p>' % html.escape(line) for line in section.lines]
    parts += map(_table, section.tables)
  return filled(
    _OF_SECTIONS,
    {
      'TITLE': html.escape(title),
      'SECTIONS': '\n'.join(parts),
      'LEFT_OUT': '\n'.join('<p>%s</p>' % html.escape(s) for s in left_out),
    },
  )


def _table(table):
  cells = [
    ''.join('<%s>%s</%s>' % (tag, html.escape(word), tag) for word in row)
    for tag, row in zip(['th'] + ['td'] * len(table), table)
  ]
  return '<table><tr>%s</tr></table>' % '</tr>\n<tr>'.join(cells)
