"""Which defects photographs of concrete show: `src.use.predict` for CODEBRIM.

python -m src.AEROBI.predict --checkpoint_path=outputs_2 bridge.jpg ...
"""

import functools
import sys

from src.use import predict

main = functools.partial(
  predict.main, prog='python -m src.AEROBI.predict', package='AEROBI'
)


if __name__ == '__main__':
  sys.exit(main())
