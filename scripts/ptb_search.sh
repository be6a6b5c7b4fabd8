#!/usr/bin/env bash
# Search for a recurrent cell on Penn Treebank, with the settings of enas_lm
# under the flag names of melodyguan/enas. A second start goes on where the
# first one ended. Flags given here override the settings; paths are relative to
# the project's root. Penn Treebank has to be put into data/ptb first;
# DATA_PATH=data/wikitext_mini in front takes the text that is here.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh

exec "${ENAS_VENV:-.venv}/bin/python" -m src.ptb.main \
  --search_for=enas \
  --data_path="${DATA_PATH:-data/ptb}" \
  --output_dir=outputs \
  --batch_size=128 \
  --child_bptt_steps=35 \
  --child_random_bptt \
  --num_epochs=600 \
  --log_every=200 \
  --eval_every_epochs=1 \
  --child_rhn_depth=10 \
  --child_num_layers=1 \
  --child_lstm_hidden_size=200 \
  --child_lstm_e_keep=0.90 \
  --child_lstm_i_keep=0.80 \
  --child_lstm_x_keep=0.25 \
  --child_lstm_h_keep=0.75 \
  --child_lstm_o_keep=0.25 \
  --child_lstm_w_keep=1.0 \
  --child_init_range=0.04 \
  --child_grad_bound=0.1 \
  --child_lr=20.0 \
  --child_lr_dec_rate=1.0 \
  --child_l2_reg=8e-7 \
  --child_rnn_l2_reg=0.0 \
  --child_rnn_slowness_reg=1.0 \
  --child_optim_algo=sgd \
  --controller_training \
  --controller_train_every=1 \
  --controller_lr=5e-5 \
  --controller_sync_replicas \
  --controller_train_steps=25 \
  --controller_num_aggregate=10 \
  --controller_tanh_constant=2.25 \
  --controller_temperature=5.0 \
  --controller_entropy_weight=1e-5 \
  --controller_bl_dec=0.999 \
  --controller_lstm_size=64 \
  --controller_num_funcs=4 \
  "$@"
