#!/usr/bin/env bash
# A whole search in a few minutes on the 2,500 images that come with the
# project: search, choose, draw, retrain. Started again, it goes on where it
# was. Flags given here go to both the search and the retraining.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
out=outputs/quickstart
data=data/cifar10_mini

# Shares of the time, as measured on two cores with TensorFlow 1.15.5.
weights=(56 12 4 28)
. scripts/steps.sh
enas() {
  "$python" -m src.cifar10.main --search_for=macro --data_path="$data" \
    --child_num_layers=4 --child_num_branches=6 \
    --child_keep_prob=0.9 --child_l2_reg=0.00025 --child_lr_cosine \
    --child_lr_max=0.05 --child_lr_min=0.0005 --child_lr_T_mul=2 \
    --controller_search_whole_channels "$@"
}

step "Searching on $data with shared weights (log: $out/search/stdout)"
searching "$out/search" 18
# Rewards are of 300 images, the ranking is of 300 others.
enas --output_dir="$out/search" --num_valids=600 --derive_split=300 \
  --batch_size=40 --num_epochs=18 --log_every=40 --child_out_filters=20 \
  --child_lr_T_0=18 --child_eval_bn=batch --controller_train_every=1 \
  --controller_sync_replicas --controller_num_aggregate=5 \
  --controller_train_steps=13 --controller_lr=0.02 \
  --controller_baseline=per_batch --controller_reward_batch_size=100 \
  --controller_entropy_weight=0.0001 --controller_tanh_constant=1.5 "$@"

step 'Ranking 100 architectures of its controller, and 100 of chance'
derive() {
  "$python" -m src.cifar10.main --mode=derive --checkpoint_path="$out/search" \
    --derive_samples=100 "$@"
}
derive
derive --derive_from=random > "$out/random.txt"
# Row 2 of the table is the best; its columns are rank, arc, ...
arc=$(awk -F, 'NR == 2 { print $2 }' "$out/search/derived.csv")

step 'Drawing the best one, and the search as a video'
"$python" -m src.arc draw "$arc" -o "$out/best.png" \
  --title='Best of the quickstart search'
"$python" -m src.view video "$out/search" -o "$out/search.mp4"

step "Training it from scratch (log: $out/final/stdout)"
enas --output_dir="$out/final" --child_fixed_arc="$arc" \
  --child_fixed_separable --nocontroller_training --batch_size=40 \
  --num_epochs=10 --log_every=25 --eval_every_epochs=2 \
  --child_out_filters=20 --child_lr_T_0=10 "$@"

accuracy=$(awk -F, '$1 == "test" { last = $7 } END { print last }' \
  "$out/final/metrics.csv")
cat << END

The search is done. Did it find anything? On images that its rewards never saw:
$("$python" -m src.view rank "$out/search/derived.csv" \
  --random "$out/search/derived_random.csv")
That is one search with one seed, and not yet that networks trained from scratch
are better: scripts/study.sh asks that (docs/STUDY.md).
  architecture   $arc
  picture        $out/best.png
  video          $out/search.mp4
  report         $out/search/report.html
  test accuracy  $accuracy on 500 images (guessing gives 0.1)
  TensorBoard    $(printf %q "$python") -m tensorboard.main --logdir $out

Next, this network on all of CIFAR-10 (170 MB to fetch; best with a GPU):
  scripts/cifar10_macro_final.sh --download --output_dir=outputs/final \\
    --child_fixed_arc='$arc' --child_num_layers=4 --child_num_branches=6
or a search there; the second line prints how to train its best:
  scripts/cifar10_macro_search.sh --download
  $(printf %q "$python") -m src.cifar10.main --mode=derive \\
    --checkpoint_path=outputs
END
