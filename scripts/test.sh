#!/usr/bin/env bash
# Sets up the environment if need be and runs the whole test-suite. Arguments go
# to pytest: scripts/test.sh tests/arc -x; two processes share the files of tests,
# -n 0 takes one.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-3}"
exec "${ENAS_VENV:-.venv}/bin/python" -m pytest -n 2 --dist loadfile "$@"
