#!/usr/bin/env bash
# A whole multi-label search in a quarter of an hour, on synthetic pictures of
# concrete: draw the data, search, choose, draw the network, retrain. What it
# measures is no CODEBRIM result. Started again, it goes on where it was. Flags
# given here go to both the search and the retraining.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
out=outputs/AEROBI_demo
data=$out/data/synthetic_codebrim

# Shares of the time, as measured on two cores with TensorFlow 1.15.5.
weights=(4 53 2 1 39 1)
. scripts/steps.sh
aerobi() {
  "$python" -m src.AEROBI.main --search_for=macro --data_path="$data" \
    --child_img_size=48 --batch_size=16 --input_scaling=unit \
    --child_num_layers=3 --child_num_branches=6 --child_out_filters=32 \
    --child_l2_reg=0.0001 --child_lr_cosine --child_lr_T_mul=2 \
    --controller_search_whole_channels --log_every=50 "$@"
}

step "Drawing 2,400 synthetic crops with the label statistics of CODEBRIM"
if [ ! -e "$data/metadata/generator.json" ]; then
  "$python" scripts/make_synthetic_codebrim.py --train=2000 --val=200 \
    --test=200 --scale=0.25 --out="$out/data"
fi

step "Searching with shared weights (log: $out/search/stdout)"
searching "$out/search" 12
aerobi --output_dir="$out/search" --num_epochs=12 --child_lr_T_0=12 \
  --derive_split=100 \
  --child_lr_max=0.15 --child_lr_min=0.001 --child_keep_prob=1.0 \
  --child_eval_bn=batch --controller_entropy_weight=0.0001 \
  --controller_train_every=1 --controller_sync_replicas \
  --controller_num_aggregate=4 --controller_train_steps=75 \
  --controller_lr=0.005 \
  --controller_tanh_constant=1.5 --controller_skip_target=0.4 \
  --controller_skip_weight=0.8 "$@"

step 'Ranking 30 architectures of its controller, and 30 of chance'
derive() {
  "$python" -m src.AEROBI.main --mode=derive --checkpoint_path="$out/search" \
    --derive_samples=30 "$@"
}
derive
derive --derive_from=random > "$out/random.txt"
# Row 2 of the table is the best; its columns are rank, arc, ...
arc=$(awk -F, 'NR == 2 { print $2 }' "$out/search/derived.csv")

step 'Drawing the best one, and the search as a video'
"$python" -m src.arc draw "$arc" -o "$out/best.png" \
  --image_size=48 --num_classes=6 --title='Best of the AEROBI demo'
"$python" -m src.view video "$out/search" -o "$out/search.mp4"

step "Training it from scratch (log: $out/final/stdout)"
aerobi --output_dir="$out/final" --child_fixed_arc="$arc" \
  --child_fixed_separable --nocontroller_training --num_epochs=8 \
  --child_lr_max=0.05 --child_lr_min=0.0005 --child_keep_prob=0.9 \
  --child_lr_T_0=8 "$@"

step 'Scoring it on the test images, class by class, and looking at one'
"$python" -m src.AEROBI.score --checkpoint_path="$out/final" \
  --data_path="$data" --split=test --out="$out/scores"
image=$(find "$data/test/defects" -name '*.png' | sort | head -n 1)
"$python" -m src.AEROBI.predict --checkpoint_path="$out/final" \
  --overlay_dir="$out/seen" "$image"

cat << END

The search is done; what it measured is of synthetic pictures. Did it find
anything? On pictures that its rewards never saw:
$("$python" -m src.view rank "$out/search/derived.csv" \
  --random "$out/search/derived_random.csv")
That is one search with one seed; scripts/study.sh --task=AEROBI compares several,
and networks trained from scratch.
  architecture   $arc
  picture        $out/best.png
  video          $out/search.mp4
  report         $out/search/report.html
  scores         $out/scores
  one crop       $out/seen

Next, this network on CODEBRIM, once src.AEROBI.prepare has unpacked it into
data/codebrim (best with a GPU):
  scripts/AEROBI_macro_final.sh --output_dir=outputs/AEROBI_final \\
    --child_fixed_arc='$arc' --child_num_layers=3 --child_num_branches=6
or a search there; the second line prints how to train its best:
  scripts/AEROBI_macro_search.sh
  $(printf %q "$python") -m src.AEROBI.main --mode=derive \\
    --checkpoint_path=outputs
END
