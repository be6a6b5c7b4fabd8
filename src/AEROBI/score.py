"""How good a network is at each defect: `src.use.score` for CODEBRIM.

  python -m src.AEROBI.score --checkpoint_path=outputs_2 --data_path=... \\
    --out=scores
"""

import functools
import sys

from src.use import score

main = functools.partial(
  score.main, prog='python -m src.AEROBI.score', package='AEROBI'
)


if __name__ == '__main__':
  sys.exit(main())
