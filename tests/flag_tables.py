"""What tests ask of flag tables."""

import re
import shlex

from src.run import flags as flags_lib


def parse(table, *lines):
  """Flag values of command lines, as a shell splits them."""
  argv = ['main.py'] + shlex.split(' '.join(lines))
  return flags_lib.parse(table.GROUPS, argv, table.WITHOUT_EFFECT)[0]


def unlike(table, upstream):
  """The flags that a table has not as they are recorded, a list.

  Args:
    table: module of flags.
    upstream: str, lines of a kind and of names with their defaults. Where ours
      is another one it follows a slash. `word` is a string of which only some
      have a meaning; `refused` are names without a row.
  """
  found = {row.name: row for row in flags_lib.rows(table.GROUPS)}
  wrong = []
  for line in upstream.strip().splitlines():
    kind, entries = line.split(':')
    for entry in entries.split():
      name, _, default = entry.partition('=')
      default = default.split('/')[-1]
      if kind == 'refused':
        good = name in table.WITHOUT_EFFECT and name not in found
      else:
        row = found.get(name, flags_lib.Flag(name, None, None, ''))
        ours = 'word' if isinstance(row.kind, tuple) else row.kind
        good = (ours, str(row.default)) == (kind, default)
      wrong += [] if good else [entry]
  return wrong


def sets(build, words, **fields):
  """A row of a table: fields of the config that a command line builds."""
  return build, words, fields


def check_sets(build, words, fields):
  """Such a row holds, types and all."""
  config = build(words)
  found = {name: getattr(config, name) for name in fields}
  assert found == fields
  assert [*map(type, found.values())] == [*map(type, fields.values())]


def unset(table, shown, elsewhere, configs):
  """Flags that do not set the fields of their names, a list of names.

  Args:
    table: module of flags.
    shown: rows of `sets`, which show what the flags in them do.
    elsewhere: names of flags whose effect is shown elsewhere.
    configs: function of a command line that returns a dict from 'child',
      'controller' and 'run' to configs. A flag of the first two is called
      there without that prefix, and either way in a run's. What may change
      need have no field.
  """
  words = ' '.join(words for _, words, _ in shown)
  done, wrong = set(re.findall(r'--(?:no(?=c))?(\w+)', words)) | elsewhere, []
  for row in flags_lib.rows(table.GROUPS):
    if row.name in done:
      continue
    line = _another(row)
    given, found = getattr(parse(table, line), row.name), configs(line)
    prefix, _, rest = row.name.partition('_')
    fields = [(config, row.name) for config in found['run']]
    if prefix in found:
      fields += [(config, rest) for config in found[prefix] + found['run']]
    else:
      others = found['child'] + found['controller']
      fields += [(config, row.name) for config in others]
    values = {getattr(c, name) for c, name in fields if hasattr(c, name)}
    good = values == {given} or row.may_change and not values
    wrong += [] if good else [row.name]
  return wrong


def _another(row):
  """A command line with another value than a flag has without it."""
  if row.kind == 'bool':
    return '--%s%s' % ('no' if row.default else '', row.name)
  if isinstance(row.kind, tuple):
    value = next(word for word in row.kind if word != row.default)
  else:
    value = {'int': 6, 'float': 0.3, 'str': 'there'}[row.kind]
  assert value != row.default
  return '--%s=%s' % (row.name, value)
