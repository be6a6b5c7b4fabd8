#!/usr/bin/env bash
# Progressive search for cells; --preset=paper for the paper's. A second start in
# the same --output_dir goes on where the first one ended. --final_train=CELL
# trains what was found. Paths are relative to the project's root.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

exec "${ENAS_VENV:-.venv}/bin/python" -m src.pnas.train \
  ${DATA_PATH:+"--data_path=$DATA_PATH"} "$@"
