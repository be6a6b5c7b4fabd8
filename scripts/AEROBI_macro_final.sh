#!/usr/bin/env bash
# Trains the network that the CODEBRIM search was published with, with its
# settings, or another one with --child_fixed_arc. DATA_PATH is the folder that
# holds train, val, test and metadata. A second start goes on where the first
# one ended. Flags given here override the settings; paths are relative to the
# project's root.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

# One row a layer: its operation, then a skip bit for the stem and each of the
# layers before the previous one.
arc=(
  0
  5 0
  3 1 1
  4 0 0 1
  4 0 0 0 0
  5 1 0 0 0 0
  2 0 0 0 0 0 0
)

exec "${ENAS_VENV:-.venv}/bin/python" -m src.AEROBI.main \
  --data_format=auto \
  --search_for=macro \
  --data_path="${DATA_PATH:-data/codebrim}" \
  --output_dir=outputs_2 \
  --batch_size=16 \
  --num_epochs=150 \
  --log_every=50 \
  --eval_every_epochs=1 \
  --child_fixed_arc="${arc[*]}" \
  --child_use_aux_heads \
  --child_num_layers=7 \
  --child_out_filters=64 \
  --child_l2_reg=0.0005 \
  --child_num_branches=6 \
  --child_keep_prob=0.50 \
  --child_drop_path_keep_prob=0.50 \
  --child_lr_cosine \
  --child_lr_max=0.01 \
  --child_lr_min=0.00001 \
  --child_lr_T_0=10 \
  --child_lr_T_mul=2 \
  --nocontroller_training \
  --controller_search_whole_channels \
  --controller_entropy_weight=0.0001 \
  --controller_train_every=1 \
  --controller_sync_replicas \
  --controller_num_aggregate=20 \
  --controller_train_steps=40 \
  --controller_lr=0.001 \
  --controller_tanh_constant=1.5 \
  --controller_op_tanh_reduce=2.5 \
  --controller_skip_target=0.4 \
  --controller_skip_weight=0.8 \
  "$@"
