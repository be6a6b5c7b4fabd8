"""Why a look ahead may help a game of two: the smallest one, in pictures.

  python -m src.recurrent.analysis.bilinear_game

Of f = x y, x climbs and y descends, as a controller and the shared weights move
by turns. Plain steps circle the equilibrium (0, 0), or spiral away from it;
steps along the gradient of a point that lies one or two steps ahead lead there:
extrapolation (Gidel et al. 2019), and what georgeadam/menas calls unrolled.
"""

import sys

import numpy as np

from src.arc import command_line, describe, paint
from src.recurrent.study import command, files
from src.run.errors import exit_code_of
from src.view.curves import TEST, VALID
from src.view.study.charts import finish

STEP, STEPS, START = 0.15, 50, (1.0, 0.0)
COLUMNS = ('rule', 'moves', 'distance')
_WIDTH, _HEIGHT, _EDGE = 4.2, 4.4, 2.0


def base(x, y, a):
  """The gradient (of x, of y) where the players are."""
  del a
  return y, x


def extrapolation(x, y, a):
  """The gradient where both would be after a step."""
  return y - a * x, x + a * y


def unrolled(x, y, a):
  """The gradient where both would be after two steps."""
  return y - 2 * a * x - a**2 * y, x - a**2 * x + 2 * a * y


def unrolled_as_there(x, y, a):
  """`unrolled` as the reference has it, where x has a sign turned round."""
  return y - 2 * a * x + a**2 * y, x - a**2 * x + 2 * a * y


RULES = {
  of.__name__: of for of in (base, extrapolation, unrolled, unrolled_as_there)
}
DRAWN = ('base', 'extrapolation', 'unrolled')
SIMULTANEOUS, ALTERNATING = MOVES = 'simultaneous', 'alternating'


def moved(rule, moves, x, y, number, a=STEP):
  """(x, y) after a step.

  Args:
    rule: one of the functions above.
    moves: one of `MOVES`; of those that alternate, x has the even steps.
    x, y: floats, or arrays of one shape.
    number: int from 0, of the step.
    a: float, its length.
  """
  of_x, of_y = rule(x, y, a)
  if moves == SIMULTANEOUS:
    return x + a * of_x, y - a * of_y
  return (x, y - a * of_y) if number % 2 else (x + a * of_x, y)


def trajectory(rule, moves, steps=STEPS, start=START, a=STEP):
  """float [steps + 1, 2], where the players are; see `moved`."""
  places = [start]
  for number in range(steps):
    places.append(moved(rule, moves, places[-1][0], places[-1][1], number, a))
  return np.array(places)


def distance(places):
  """float, of the last place from (0, 0)."""
  return float(np.hypot(*places[-1]))


def field(rule, moves, places, a=STEP):
  """float [2, ...], how both move from `places` [2, ...]: by a step, or by one
  of each."""
  x, y = places
  for number in range(1 if moves == SIMULTANEOUS else 2):
    x, y = moved(rule, moves, x, y, number, a)
  return np.stack([x, y]) - places


def draw(rule, moves):
  """A matplotlib `Figure`: arrows of the field, and a trajectory."""
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  line = np.linspace(-_EDGE, _EDGE, 17)
  places = np.stack(np.meshgrid(line, line))
  ax.quiver(
    *places, *field(RULES[rule], moves, places), color=paint.GREY, pivot='mid'
  )
  path = trajectory(RULES[rule], moves)
  ax.plot(*path.T, 'o-', color=VALID, markersize=2.5, linewidth=1)
  ax.plot(*path[0], 'o', color=TEST, markersize=6, label='start')
  ax.plot(
    *path[-1], 's', color=TEST, markersize=6,
    label='after %d steps: %.3f from the middle' % (STEPS, distance(path)),
  )  # fmt: skip
  ax.set_aspect('equal')
  ax.set_ylabel('y', fontsize=8)
  finish(ax, '%s, %s' % (rule, moves), 'x')
  figure.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.1)
  return figure


def main(argv):
  """Runs the program; returns its exit code."""
  parser = command_line.Parser(
    prog='python -m src.recurrent.analysis.bilinear_game',
    description=__doc__.split('\n')[0],
  )
  parser.add_argument('--results_dir', default=command.RESULTS.default)

  def _main():
    args = parser.parse_args(argv[1:])
    output = files.Output(args.results_dir, 'bilinear_game', '')
    rows = [
      (rule, moves, distance(trajectory(RULES[rule], moves)))
      for rule in RULES
      for moves in MOVES
    ]
    told = {'step': STEP, 'steps': STEPS, 'start': START}
    told['distances'] = [dict(zip(COLUMNS, row)) for row in rows]
    output.results(told, COLUMNS, rows)
    shown = [row[:2] + ('%.6f' % row[2],) for row in rows]
    for line in describe.side_by_side([COLUMNS] + shown):
      print(line)
    for rule in DRAWN:
      for moves in MOVES:
        output.figure('%s_%s.png' % (rule, moves), draw(rule, moves))
    output.told()

  return exit_code_of(_main)


if __name__ == '__main__':
  sys.exit(main(sys.argv))
