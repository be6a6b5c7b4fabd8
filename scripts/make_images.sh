#!/usr/bin/env bash
# Draws anew all pictures that README shows, from a run of
# scripts/AEROBI_demo.sh, whose search rises, and those in the notebook, from one
# of scripts/quickstart.sh; does those runs first if they are not there.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
venv=${ENAS_VENV:-.venv}
run=outputs/AEROBI_demo/search
if [[ ! -f $run/derived.csv ]]; then scripts/AEROBI_demo.sh; fi
if [[ ! -f outputs/quickstart/search/derived.csv ]]; then
  scripts/quickstart.sh
fi

# Row 2 of the table is the best; its columns are rank, arc, ...
IFS=, read -r _ arc _ accuracy _ < <(sed -n 2p "$run/derived.csv")
"$venv/bin/python" -m src.arc draw "$arc" -o imgs/best.svg --out_filters=32 \
  --image_size=48 --accuracy="$accuracy"
"$venv/bin/python" -m src.view video "$run" -o imgs/search.gif --height=400
"$venv/bin/python" -m src.view curves "$run" -o imgs/curves.png
"$venv/bin/python" -m src.arc draw --title='Published cells (micro search)' \
  --view=final -o imgs/cells.svg \
  '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1 1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1'
scripts/make_gif.sh
"$venv/bin/python" -m nbconvert --to notebook --execute --inplace \
  notebooks/DAG_Visualization.ipynb
