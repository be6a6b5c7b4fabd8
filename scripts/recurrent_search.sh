#!/usr/bin/env bash
# Search for a recurrent cell as ENAS-pytorch and MENAS do, with the settings of
# their command lines. A second start goes on where the first one ended. Flags
# given here override the settings; paths are relative to the project's root.
# Penn Treebank has to be put into data/ptb first; DATASET=wikitext_mini in front
# takes the text that is here.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

exec "${ENAS_VENV:-.venv}/bin/python" -m src.recurrent.train_regular \
  --network_type=rnn \
  --dataset="${DATASET:-ptb}" \
  --output_dir=outputs \
  --train_type=orig \
  --controller_optim=adam \
  --controller_lr=0.00035 \
  --shared_optim=sgd \
  --shared_lr=20.0 \
  --entropy_coeff=0.0001 \
  "$@"
