#!/usr/bin/env bash
# Trains one recurrent cell of ENAS-pytorch's kind from scratch: that of
# --child_fixed_arc or --dag_path, or, with --load_path=RUN, the best of 100 that
# a finished search samples, on its text and with its settings, but each epoch
# goes once through the text. A second start goes on where the first one ended.
# Flags given here override the settings; for a cell that is given,
# DATASET=wikitext_mini in front takes the text that is here.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

mode=single
for word in "$@"; do
  case $word in
    --load_path | --load_path=*) mode=train_scratch ;;
  esac
done
settings=(--mode="$mode" --shared_max_step=0)
if [[ $mode == single ]]; then
  settings+=(--dataset="${DATASET:-ptb}" --train_type=orig --shared_optim=sgd
    --shared_lr=20.0 --output_dir=outputs)
fi
exec "${ENAS_VENV:-.venv}/bin/python" -m src.recurrent.train_regular \
  "${settings[@]}" "$@"
