"""Reads Dockerfiles and .dockerignore, as far as those of the project go."""

import collections
import fnmatch
import json
import os
import re

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)
FOLDER = os.path.join(ROOT, 'docker')

Instruction = collections.namedtuple('Instruction', ['name', 'value'])


def read(name):
  """The instructions of docker/NAME, variables replaced, but for RUN's.

  Returns:
    list of `Instruction`; the value is a list for the JSON form, else a str.
  """
  with open(os.path.join(FOLDER, name)) as file:
    text = re.sub(r'^#.*\n', '', file.read(), flags=re.M)
  values, found = {}, []
  for line in text.replace('\\\n', ' ').splitlines():
    if not line.strip():
      continue
    word, value = line.split(None, 1)
    value = value.strip()
    if word != 'RUN':
      value = re.sub(
        r'\$\{(\w+)\}', lambda match: values.get(match.group(1), ''), value
      )
    if word == 'ARG' and '=' in value:
      values.update([value.split('=', 1)])
    elif word == 'ENV':
      values.update(pairs(value))
    if value.startswith('['):
      value = json.loads(value)
    found.append(Instruction(word, value))
  return found


def pairs(value):
  """[(name, value), ...] of an ENV or LABEL."""
  found = re.findall(r'([\w.]+)=("[^"]*"|\S+)', value)
  return [(name, text.strip('"')) for name, text in found]


def sent(path):
  """Whether a file is sent to the engine: the last matching rule decides.

  Args:
    path: str, relative to the project's root.
  """
  answer = True
  with open(os.path.join(ROOT, '.dockerignore')) as file:
    rules = [line.strip() for line in file]
  for rule in rules:
    if not rule or rule.startswith('#'):
      continue
    pattern = rule.lstrip('!')
    if any(_matches(part, pattern) for part in _folders(path)):
      answer = rule.startswith('!')
  return answer


def _folders(path):
  parts = path.split('/')
  return ['/'.join(parts[: end + 1]) for end in range(len(parts))]


def _matches(path, pattern):
  """Docker's rule: * does not cross a slash, **/ is any number of folders."""
  wanted, given = pattern.split('/'), path.split('/')
  if wanted[0] == '**':
    wanted = ['*'] * (len(given) - len(wanted) + 1) + wanted[1:]
  return len(wanted) == len(given) and all(
    fnmatch.fnmatchcase(part, rule) for part, rule in zip(given, wanted)
  )
