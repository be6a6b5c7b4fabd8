"""python -m src.doctor: prints what it finds; code 1 if nothing can run."""

import sys

from src.doctor import machine, traps

text, code = traps.report(machine.look())
print('\n'.join(text))
sys.exit(code)
