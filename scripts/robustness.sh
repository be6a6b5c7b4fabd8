#!/usr/bin/env bash
# A search on a poisoned, typed or cut-down space: [SET] [EXPERIMENT] [EPOCHS],
# then flags; --list shows what there is. A second start goes on where the first
# one ended. Paths are relative to the project's root.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

words=()
while (($#)) && [[ $1 != -* ]]; do
  words+=("$1")
  shift
done
exec "${ENAS_VENV:-.venv}/bin/python" -m src.robustness.driver \
  ${words[@]+"${words[@]}"} ${DATA_PATH:+"--data_path=$DATA_PATH"} "$@"
