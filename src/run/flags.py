"""Command-line flags in the syntax of melodyguan/enas: `--name=value`,
`--name`, `--noname`.

absl does the parsing, on a set of flags of its own per program, so that
nothing is global and a test can parse two programs' flags side by side.

A flag is one row, a `Flag`, in one table: `common_flags` if tasks share it,
else the task's own. All that holds for it alone stands in that row.
"""

import collections
import sys
import typing

from absl import flags as absl_flags

from src.run import ranges
from src.run.errors import UsageError


class Unread(typing.NamedTuple):
  """What leaves a flag without effect.

  Attributes:
    holds: function of all flags' values, whether it is so.
    words: str, where it is so, as 'without --other'.
  """

  holds: typing.Callable
  words: str


class Flag(typing.NamedTuple):
  """One flag.

  Attributes:
    name: str.
    kind: 'bool', 'int', 'float', 'str', or a tuple of the words it may be.
    default: its value where it is not given; None where it then has none.
    help: str.
    allowed: ranges.Range; None if all values of its kind make sense.
    needed: str, what has to be given; None if it may be left out.
    is_arc: bool, whether it is an architecture: it may be given as people have
      one, see `src.arc.pasted`.
    may_change: bool, whether a run may go on with another value.
    inherited: bool, whether evaluations take it over from the run of their
      checkpoint; None for what may not change.
    unread: Unread, for a notice to who gives it then; None if it always has an
      effect, or its help says where it has one.
  """

  name: str
  kind: typing.Union[str, tuple]
  default: typing.Any
  help: str
  allowed: typing.Optional[ranges.Range] = None
  needed: typing.Optional[str] = None
  is_arc: bool = False
  may_change: bool = False
  inherited: typing.Optional[bool] = None
  unread: typing.Optional[Unread] = None


_DEFINE = {
  'bool': absl_flags.DEFINE_boolean,
  'int': absl_flags.DEFINE_integer,
  'float': absl_flags.DEFINE_float,
  'str': absl_flags.DEFINE_string,
}


def rows(groups):
  """The flags of a table, a list of Flag.

  Args:
    groups: list of (heading, list of Flag).
  """
  return [flag for _, group in groups for flag in group]


def parse(groups, argv, without_effect=()):
  """Parses a command line.

  Args:
    groups: list of (heading, list of Flag).
    argv: list of str, the program's name first.
    without_effect: names that upstream defines or passes and reads nowhere;
      they are refused with a line that says so.

  Returns:
    (namespace with one attribute per flag, set of the names that were given)

  Raises:
    UsageError: an unknown flag, a value of the wrong kind, a stray word.
    SystemExit: --help was asked for and printed.
  """
  holder = absl_flags.FlagValues()
  for flag in rows(groups):
    if isinstance(flag.kind, tuple):
      absl_flags.DEFINE_enum(
        flag.name, flag.default, flag.kind, flag.help, flag_values=holder
      )
    else:
      _DEFINE[flag.kind](flag.name, flag.default, flag.help, flag_values=holder)
  for word in argv[1:]:
    name = word.split('=')[0].lstrip('-')
    if name.startswith('no') and name[2:] in without_effect:
      name = name[2:]
    if word.startswith('-') and name in without_effect:
      raise UsageError(
        '--%s has no effect, here as upstream, where nothing reads it: '
        'leave it out' % name
      )
    if word in ('--help', '-help', '-h', '--helpfull', '--helpshort'):
      print(_help(argv[0], groups))
      sys.exit(0)
  try:
    rest = holder(argv)[1:]
  except absl_flags.Error as error:
    raise UsageError(str(error).replace('\n', ' ')) from error
  if rest:
    raise UsageError(
      'unexpected word %r: flags are written --name=value (quote a value '
      'with spaces)' % rest[0]
    )
  values = collections.OrderedDict(
    (flag.name, holder[flag.name].value) for flag in rows(groups)
  )
  given = {name for name in values if holder[name].present}
  return Values(values), given


def check(groups, values):
  """Refuses values that make no sense, each looked at alone.

  Args:
    groups: list of (heading, list of Flag).
    values: namespace with one attribute per flag.

  Raises:
    UsageError: what is missing, else what its row does not allow.
  """
  for flag in rows(groups):
    if flag.needed and not getattr(values, flag.name):
      raise UsageError('--%s is needed: %s' % (flag.name, flag.needed))
  for flag in rows(groups):
    value = getattr(values, flag.name)
    if value is None or flag.allowed is None or flag.allowed.holds(value):
      continue
    shown = flag.name if flag.kind == 'bool' else '%s=%s:' % (flag.name, value)
    raise UsageError('--%s %s' % (shown, flag.allowed.words))


def notices(groups, values):
  """A line for each flag that was given though it does nothing, a list."""
  return [
    '--%s has no effect %s: ignored' % (flag.name, flag.unread.words)
    for flag in rows(groups)
    if flag.unread
    and getattr(values, flag.name) != flag.default
    and flag.unread.holds(values)
  ]


def changed(groups, without=(), more=()):
  """A flag table made of another one.

  Args:
    groups: list of (heading, list of Flag).
    without: names to leave out.
    more: dict from heading to list of Flag; one whose name the group has
      replaces that, others come after the group's.

  Returns:
    list of (heading, list of Flag).
  """
  table, more = [], dict(more)
  for heading, group in groups:
    added = collections.OrderedDict((f.name, f) for f in more.get(heading, ()))
    flags = [added.pop(f.name, f) for f in group if f.name not in without]
    table.append((heading, flags + list(added.values())))
  return table


class Values:
  """Flag values as attributes; `vars(values)` is the dict."""

  def __init__(self, values):
    self.__dict__.update(values)


def listing(values):
  """The flags as upstream's log shows them: name, dots, value, 80 wide."""
  lines = []
  for name, value in sorted(vars(values).items()):
    text = str(value)
    lines.append(name + '.' * (80 - len(name) - len(text)) + text)
  return lines


def _help(program, groups):
  lines = [
    'usage: %s [--flag=value ...]' % program,
    '  --flagfile=FILE',
    '      takes flags from a file, one a line; later ones override earlier',
  ]
  for heading, group in groups:
    lines += ['', heading + ':']
    for flag in group:
      if isinstance(flag.kind, tuple):
        value = '={%s}' % ','.join(flag.kind)
      else:
        value = '' if flag.kind == 'bool' else '=' + flag.kind.upper()
      no = '[no]' if flag.kind == 'bool' else ''
      lines.append('  --%s%s%s' % (no, flag.name, value))
      default = 'none' if flag.default in (None, '') else flag.default
      needed = '; needed' if flag.needed else ''
      lines.append('      %s%s (default: %s)' % (flag.help, needed, default))
  return '\n'.join(lines)
