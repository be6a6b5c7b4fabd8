#!/usr/bin/env bash
# Four questions that the authors of MENAS left open, on the text that comes with
# the project: is an extra gradient term of the controller worth it, is a trained
# controller better than chance, do links or activations make a cell good, and
# does a mix of activations overfit more? Started again, it goes on where it was.
# The defaults take some 70 minutes on two cores.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
seeds='1 2 3' data=wikitext_mini out=outputs/menas_study jobs=2
modes='none extrapolate full' archs=100 scratch=8 epochs=8

usage() {
  cat << 'END'
usage: scripts/menas_study.sh [--seeds='1 2 3'] [--dataset=NAME] [--out=FOLDER]
    [--jobs=N] [--archs=N] [--scratch=N] [--epochs=N] [-- FLAGS]
  --seeds    of the searches, two at least
  --dataset  folder of a text in data/, or a path
  --jobs     programs at once
  --archs    cells of a group that are scored with shared weights
  --scratch  cells of a group that are trained alone, for --epochs
FLAGS go to the searches; settings that they repeat are theirs.
END
}

while (($#)); do
  case $1 in
    --seeds=*) seeds=${1#*=} ;;
    --dataset=*) data=${1#*=} ;;
    --out=*) out=${1#*=} ;;
    --jobs=*) jobs=${1#*=} ;;
    --archs=*) archs=${1#*=} ;;
    --scratch=*) scratch=${1#*=} ;;
    --epochs=*) epochs=${1#*=} ;;
    --) shift && break ;;
    -h | --help) usage && exit ;;
    *)
      printf 'error: unknown argument %s\n' "$1" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done
for word in "$jobs" "$archs" "$scratch" "$epochs" $seeds; do
  if [[ ! $word =~ ^[1-9][0-9]*$ ]]; then
    echo "error: $word is no number above 0" >&2
    exit 2
  fi
done
if [[ $seeds != *[0-9]\ *[0-9]* ]]; then
  echo "error: --seeds='$seeds': a study needs two seeds at least" >&2
  exit 2
fi

scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
results=$out/results
mkdir -p "$results"
# Every program would take all cores.
export TF_NUM_INTRAOP_THREADS=${TF_NUM_INTRAOP_THREADS:-1}

# Shares of the time, as measured on two cores with TensorFlow 1.15.5.
weights=(22 12 34 3 29)
. scripts/steps.sh

search=(--train_type=orig --dataset="$data" --num_blocks=6 --batch_size=32
  --test_batch_size=32 --shared_embed=128 --shared_hid=128
  --shared_dropouti=0.2 --shared_dropout=0.2 --shared_wdrop=0.2 --max_epoch=12
  --shared_max_step=0 --controller_max_step=100 --shared_lr=5
  --controller_lr=0.001 --derive_num_sample=20 --log_step=36 --derive_split=4
  --nan_policy=rollback --noreport --lookahead_diagnostic_every=3 "$@")
commands=()
add() { commands+=("$(printf '%q ' "$@")"); }
# Runs what was added, some at once, each with a log of its own.
run_all() {  # run_all NAME
  local logs=$out/logs/$1 number
  mkdir -p "$logs"
  for number in "${!commands[@]}"; do
    printf '%s > %q 2>&1\0' "${commands[number]}" "$logs/$number.txt"
  done | xargs -0 -P "$jobs" -I{} bash -c '{}' || {
    echo "error: a program failed; see the last lines in $logs:" >&2
    tail -qn 1 "$logs"/*.txt >&2
    exit 1
  }
  commands=()
}
# Where some of it was done before, a step tells nothing of the time.
half_done() { if ((${#commands[@]} < ${#runs[@]})); then counts=0; fi; }
study() {  # study NAME FLAGS
  local name=$1
  shift
  "$python" -m "src.recurrent.$name" --results_dir="$results" "$@"
}

step "Searching: ${modes// /, }, seeds $seeds (logs: $out/logs/search)"
runs=() plain=()
for seed in $seeds; do
  for mode in $modes; do
    run=$out/${mode}_$seed
    runs+=("$run")
    if [[ $mode == none ]]; then plain+=("$run"); fi
    if [[ ! -e $run/train_done.txt ]]; then
      add "$python" -m src.recurrent.train_regular "${search[@]}" \
        --extra_gradient="$mode" --random_seed="$seed" --output_dir="$run"
    fi
  done
done
half_done
run_all search

step 'Deriving from each, and training its best cell alone'
follow() {  # follow RUN: what comes after a search
  local derive=("$python" -m src.recurrent.train_regular --dataset="$data"
    --load_path="$1" --derive_num_sample="$archs")
  "${derive[@]}" --mode=derive &&
    "${derive[@]}" --mode=derive --derive_from=random &&
    "${derive[@]}" --mode=train_scratch --use_preset_arc --shared_lr_cosine
}
export -f follow
export python data archs
for run in "${runs[@]}"; do
  if [[ ! -e $run/train_scratch_done.txt ]]; then add follow "$run"; fi
done
half_done
run_all follow
study analysis.extra_gradient "${runs[@]}" | tee "$out/a.txt"

joined=$(IFS=, && echo "${plain[*]}")
step 'A trained controller against chance'
alone=(--train=scratch --scratch_epochs="$epochs" --shared_lr_cosine)
compare=("$python" -m src.recurrent.analysis.random_vs_trained
  --results_dir="$results" --dataset="$data")
few=(--num_archs="$scratch" --nouniform "${alone[@]}")
add "${compare[@]}" --load_path="$joined" --num_archs="$archs"
# What these have trained, the joint comparison does not train again.
for run in "${plain[@]}"; do
  add "${compare[@]}" --load_path="$run" "${few[@]}"
done
run_all random_vs_trained
{
  cat "$out/logs/random_vs_trained/0.txt"
  "${compare[@]}" --load_path="$joined" "${few[@]}"
} | tee "$out/b.txt"

step 'Links and activations, exchanged'
for run in "${plain[@]}"; do
  add "$python" -m src.recurrent.ablation_studies.crossed \
    --results_dir="$results" --dataset="$data" --load_path="$run"
done
run_all crossed

step 'Mixed and single activations: who overfits?'
for run in "${plain[@]}"; do
  add "$python" -m src.recurrent.analysis.capacity --results_dir="$results" \
    --dataset="$data" --load_path="$run" --num_archs="$archs" \
    --derive_from=random
  add "$python" -m src.recurrent.analysis.capacity --results_dir="$results" \
    --dataset="$data" --load_path="$run" --num_archs="$scratch" \
    --derive_from=random "${alone[@]}"
done
run_all capacity

echo
study analysis.menas_summary "${plain[@]}" | tee "$out/answers.txt"
