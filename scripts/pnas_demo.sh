#!/usr/bin/env bash
# Progressive search in small, on the images that come with the project: PNAS
# against random cells at equal numbers of children, three seeds; then the best
# cell drawn, and trained by itself. Some ten minutes on two cores. A second
# start goes on where the first one ended.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
python="${ENAS_VENV:-.venv}/bin/python"
out="${1:-outputs/pnas_demo}"
data="${DATA_PATH:-data/cifar10_mini}"

"$python" -m src.pnas.compare \
  --output_dir="$out" --data_path="$data" --seeds=3 --arms=pnas,random \
  --preset=paper --B=2 --K=4 --N=1 --F=8 \
  --operators='3x3 dconv,3x3 maxpool' --lookback=-1 \
  --max_epochs=4 --batch_size=50 --num_valids=500 --subset=1000 \
  --engine=local:2

best=''
highest=-1
for folder in "$out"/pnas_*; do
  reward="$(sort -t, -k1,1gr "$folder/train_history.csv" | head -n 1 | cut -d, -f1)"
  if awk "BEGIN { exit !($reward > $highest) }"; then
    highest="$reward"
    best="$folder"
  fi
done

"$python" -m src.arc draw -o "$out/best_cell.svg" "$best/best_cell.json"
"$python" -m src.pnas.train --final_train="$best/best_cell.json" \
  --output_dir="$out/final" --data_path="$data" --N=1 --F=16 \
  --num_epochs=10 --batch_size=50 --eval_every_epochs=5 \
  --child_lr_schedule=cosine --child_lr=0.05 --nochild_use_aux_heads \
  --child_keep_prob=1 --child_drop_path_keep_prob=1
echo "All of it: $out/compare.html, $out/best_cell.svg, $out/final/report.html"
