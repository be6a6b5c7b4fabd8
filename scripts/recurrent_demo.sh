#!/usr/bin/env bash
# A whole search for a recurrent cell of ENAS-pytorch's kind in minutes, on the
# excerpt of WikiText-2 that comes with the project: search, derive, draw, take
# apart, train from scratch. Started again, it goes on where it was. Flags given
# here go to the search.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
out=outputs/recurrent_demo
data=wikitext_mini

# Shares of the time, as measured on two cores with TensorFlow 1.15.5.
weights=(55 5 2 7 31)
. scripts/steps.sh
enas() { "$python" -m src.recurrent.train_regular --dataset="$data" "$@"; }

step "Searching on data/$data with shared weights (log: $out/search/stdout)"
searching "$out/search" 12
enas --train_type=orig --output_dir="$out/search" --num_blocks=6 \
  --batch_size=32 --test_batch_size=32 --shared_embed=128 --shared_hid=128 \
  --shared_dropouti=0.2 --shared_dropout=0.2 --shared_wdrop=0.2 \
  --max_epoch=12 --shared_max_step=0 --controller_max_step=100 \
  --shared_lr=5 --controller_lr=0.001 --derive_num_sample=20 --log_step=36 \
  --derive_split=4 --nan_policy=rollback "$@"

step 'Deriving the best of 40 cells of its controller, and 40 of chance'
derive() { enas --mode=derive --load_path="$out/search" "$@"; }
derive --derive_num_sample=40
derive --derive_num_sample=40 --derive_from=random > "$out/random.txt"

step 'Drawing how it grew'
"$python" -m src.recurrent.generate_gif --model_name="$out/search" \
  --output="$out/search.gif" --title='Best cell of each epoch'

step 'Taking it apart: nodes removed, activations replaced'
for study in node_removal activation_replacement; do
  "$python" -m "src.recurrent.ablation_studies.$study" \
    --load_path="$out/search" --dataset="$data"
done

step "Training it from scratch (log: $out/search/scratch/stdout)"
enas --mode=train_scratch --load_path="$out/search" --use_preset_arc \
  --max_epoch=12

# Column 8 is the perplexity; the lowest is that of the checkpoint that is kept.
perplexity=$(awk -F, '$1 == "valid" && $8 ~ /^[0-9]/ && (best == "" ||
    $8 + 0 < best + 0) { best = $8 } END { printf "%.2f", best }' \
  "$out/search/scratch/metrics.csv")
arc=$(awk -F, 'NR == 2 { print $2 }' "$out/search/derive.csv")
cat << END

The search is done. Did it find anything? On validation text that its rewards never
saw, in perplexity:
$("$python" -m src.view rank "$out/search/derive.csv" \
  --random "$out/search/derive_random.csv")
That is one search with one seed, in shared weights; docs/STUDY.md says what more
it takes.
  cell           $arc
  picture        $(ls "$out/search/networks/"derived-*-best.png)
  its growth     $out/search.gif
  taken apart    analysis_results/node_ablation, analysis_results/activation_ablation
  report         $out/search/report.html
  from scratch   validation perplexity $perplexity

Next, on Penn Treebank, once it is in data/ptb (best with a GPU):
  scripts/recurrent_search.sh
  scripts/recurrent_scratch.sh --load_path=outputs
END
