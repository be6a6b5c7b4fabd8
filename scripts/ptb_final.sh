#!/usr/bin/env bash
# Trains the recurrent cell that enas_lm published on Penn Treebank, with its
# settings, or another one with --child_fixed_arc and --child_rhn_depth. A second
# start goes on where the first one ended. Flags given here override the
# settings; paths are relative to the project's root. Penn Treebank has to be
# put into data/ptb first, or DATA_PATH says where a text is.
#
# RECIPE=gpu (default): the settings behind the published perplexity of 57.3.
# RECIPE=tpu: those behind 56.1: wider, the mean of the loose ends, windows of
# one length, averaging from step 2000.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

case "${RECIPE:-gpu}" in
  gpu)
    recipe=(
      --num_epochs=3000
      --child_random_bptt
      --child_lstm_hidden_size=800
      --child_lstm_e_keep=0.875
      --child_lstm_i_keep=0.825
      --child_lstm_x_keep=0.275
      --child_lstm_h_keep=0.775
      --child_lstm_o_keep=0.25
      --child_init_range=0.05
      --child_rnn_l2_reg=0.7
      --nochild_average_loose_ends
      --child_asgd_threshold=10
    )
    ;;
  tpu)
    # 200,000 steps, of which a pass through the text has 414.
    recipe=(
      --num_epochs=483
      --nochild_random_bptt
      --child_lstm_hidden_size=850
      --child_lstm_e_keep=0.85
      --child_lstm_i_keep=0.80
      --child_lstm_x_keep=0.25
      --child_lstm_h_keep=0.75
      --child_lstm_o_keep=0.25
      --child_init_range=0.04
      --child_rnn_l2_reg=0.0
      --child_average_loose_ends
      --child_asgd_start_step=2000
    )
    ;;
  *)
    echo "error: RECIPE=$RECIPE: expected gpu or tpu" >&2
    exit 2
    ;;
esac
scripts/bootstrap.sh

exec "${ENAS_VENV:-.venv}/bin/python" -m src.ptb.main \
  --search_for=enas \
  --data_path="${DATA_PATH:-data/ptb}" \
  --output_dir=outputs \
  --child_fixed_arc="0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2" \
  --batch_size=64 \
  --child_bptt_steps=35 \
  --log_every=200 \
  --eval_every_epochs=1 \
  --child_rhn_depth=9 \
  --child_num_layers=1 \
  --child_lstm_w_keep=1.0 \
  --child_grad_bound=0.25 \
  --child_lr=20.0 \
  --child_lr_dec_rate=1.0 \
  --child_l2_reg=8e-7 \
  --child_rnn_slowness_reg=0.0 \
  --child_optim_algo=asgd \
  --nocontroller_training \
  "${recipe[@]}" \
  "$@"
