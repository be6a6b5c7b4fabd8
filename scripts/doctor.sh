#!/usr/bin/env bash
# Says whether this machine and the environment can run the project, and what
# to do about each known trap. Exit code 0 if usable, 1 if not; installs
# nothing.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
python=${ENAS_VENV:-.venv}/bin/python
if [[ ! -x $python ]]; then
  echo "error: there is no environment ${python%/bin/python}"
  echo '       remedy: scripts/bootstrap.sh'
  exit 1
fi
exec "$python" -m src.doctor
