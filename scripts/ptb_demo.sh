#!/usr/bin/env bash
# A whole search for a recurrent cell in minutes, on the excerpt of WikiText-2
# that comes with the project: search, choose, draw, train. Started again, it
# goes on where it was. Flags given here go to both the search and the training.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
out=outputs/ptb_demo
data=data/wikitext_mini

# Shares of the time, as measured on two cores with TensorFlow 1.15.5.
weights=(58 9 1 32)
. scripts/steps.sh
enas() {
  "$python" -m src.ptb.main --search_for=enas --data_path="$data" \
    --batch_size=32 --child_rhn_depth=6 --child_lstm_hidden_size=128 \
    --child_lstm_x_keep=0.6 --child_lstm_o_keep=0.6 \
    --child_grad_bound=0.25 --log_every=40 "$@"
}

step "Searching on $data with shared weights (log: $out/search/stdout)"
searching "$out/search" 15
# Some cells of an early search diverge at the published learning rate.
enas --output_dir="$out/search" --num_epochs=15 --nan_policy=rollback \
  --derive_split=5 \
  --controller_train_steps=10 --controller_num_aggregate=5 \
  --controller_lr=0.0035 --controller_bl_dec=0.99 \
  --controller_baseline=per_batch "$@"

step 'Ranking 40 cells of its controller on the validation text, and 40 of chance'
derive() {
  "$python" -m src.ptb.main --mode=derive --checkpoint_path="$out/search" \
    --search_for=enas --derive_samples=40 "$@"
}
derive
derive --derive_from=random > "$out/random.txt"
# Row 2 of the table is the best; its columns are rank, arc, ...
arc=$(awk -F, 'NR == 2 { print $2 }' "$out/search/derived.csv")

step 'Drawing the best one'
"$python" -m src.arc draw "$arc" --kind=recurrent -o "$out/best.png" \
  --title='Best of the demo search'

step "Training it from scratch (log: $out/final/stdout)"
enas --output_dir="$out/final" --child_fixed_arc="$arc" \
  --nocontroller_training --num_epochs=10 --child_rnn_slowness_reg=0 "$@"

perplexity=$(awk '/^test_ppl:/ { last = $2 } END { print last }' \
  "$out/final/stdout")
cat << END

The search is done. Did it find anything? On validation text that its rewards never
saw, in perplexity:
$("$python" -m src.view rank "$out/search/derived.csv" \
  --random "$out/search/derived_random.csv")
That is one search with one seed; scripts/study.sh --task=ptb compares several, and
cells trained from scratch.
  cell             $arc
  picture          $out/best.png
  report           $out/search/report.html
  test perplexity  $perplexity (counting words gives 297.55)

Next, on Penn Treebank, once it is in data/ptb (best with a GPU):
  scripts/ptb_search.sh
  $(printf %q "$python") -m src.ptb.main --mode=derive --search_for=enas \\
    --checkpoint_path=outputs
which prints how to train the best cell from scratch.
END
