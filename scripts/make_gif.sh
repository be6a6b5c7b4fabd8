#!/usr/bin/env bash
# The animation of a growing macro network: [ARC], then flags of
# `python -m src.view gif`; README's picture unless told otherwise. Paths are
# relative to the project's root.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
exec "${ENAS_VENV:-.venv}/bin/python" -m src.view gif \
  --output=imgs/macro_growth.gif "$@"
