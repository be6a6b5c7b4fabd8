#!/usr/bin/env bash
# Trains the network of cells that melodyguan/enas published, with its settings,
# or another one with --child_fixed_arc. A second start goes on where the first
# one ended. Flags given here override the settings; paths are relative to the
# project's root.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

# The normal cell, then the reduction cell. One block each: index_1 op_1 index_2
# op_2.
arc=(
  '0 2 0 0' '0 4 0 1' '0 4 1 1' '1 0 0 1' '0 2 1 1'
  '1 0 1 0' '0 3 0 2' '1 1 3 1' '1 0 0 4' '0 3 1 1'
)

exec "${ENAS_VENV:-.venv}/bin/python" -m src.cifar10.main \
  --data_format=auto \
  --search_for=micro \
  --data_path="${DATA_PATH:-data/cifar10}" \
  --output_dir=outputs \
  --batch_size=144 \
  --num_epochs=630 \
  --log_every=50 \
  --eval_every_epochs=1 \
  --child_fixed_arc="${arc[*]}" \
  --child_use_aux_heads \
  --child_num_layers=15 \
  --child_out_filters=36 \
  --child_l2_reg=2e-4 \
  --child_num_branches=5 \
  --child_num_cells=5 \
  --child_keep_prob=0.80 \
  --child_drop_path_keep_prob=0.60 \
  --child_lr_cosine \
  --child_lr_max=0.05 \
  --child_lr_min=0.0001 \
  --child_lr_T_0=10 \
  --child_lr_T_mul=2 \
  --nocontroller_training \
  --controller_search_whole_channels \
  --controller_entropy_weight=0.0001 \
  --controller_train_every=1 \
  --controller_sync_replicas \
  --controller_num_aggregate=10 \
  --controller_train_steps=50 \
  --controller_lr=0.001 \
  --controller_tanh_constant=1.50 \
  --controller_op_tanh_reduce=2.5 \
  "$@"
