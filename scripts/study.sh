#!/usr/bin/env bash
# Is a search better than chance? Searches and random searches of equal budget
# over several seeds, the best of each trained from scratch, and a page that
# compares them: docs/STUDY.md says what is compared and why. Started again, it
# goes on where it was.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
task=macro seeds='1 2 3' data='' out='' jobs=1 top=2 sample=4
headroom=8 trainings=2 steps='search headroom train page'

usage() {
  cat << 'END'
usage: scripts/study.sh [--task=macro|micro|AEROBI|ptb] [--seeds='1 2 3']
    [--data_path=FOLDER] [--out=FOLDER] [--jobs=N] [--top=K] [--sample=N]
    [--headroom=N] [--trainings=N] [--steps='search headroom train page']
    [-- FLAGS]
  --seeds      of the searches, one number each
  --data_path  other data than those that come with the project
  --jobs       trainings from scratch at once
  --top        how many of each search's best are trained from scratch
  --sample     how many more of each, drawn by chance
  --headroom   random architectures trained to see whether they differ at all
  --trainings  of each architecture, from seeds of their own; headroom has two
               at least
  --steps      some of the four: machines may share the seeds of a folder
FLAGS go to all programs; settings that they repeat are theirs.
END
}

while (($#)); do
  case $1 in
    --task=*) task=${1#*=} ;;
    --seeds=*) seeds=${1#*=} ;;
    --data_path=*) data=${1#*=} ;;
    --out=*) out=${1#*=} ;;
    --jobs=*) jobs=${1#*=} ;;
    --top=*) top=${1#*=} ;;
    --sample=*) sample=${1#*=} ;;
    --headroom=*) headroom=${1#*=} ;;
    --trainings=*) trainings=${1#*=} ;;
    --steps=*) steps=${1#*=} ;;
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
for word in "$jobs" "$top" "$trainings"; do
  if [[ ! $word =~ ^[1-9][0-9]*$ ]]; then
    echo "error: --jobs, --top, --trainings: $word is no number above 0" >&2
    exit 2
  fi
done
if [[ ! $sample =~ ^[0-9]+$ ]]; then
  echo "error: --sample: $sample is no number" >&2
  exit 2
fi
if [[ ! $headroom =~ ^(0|[2-9]|[1-9][0-9]+)$ ]]; then
  echo "error: --headroom: $headroom is neither 0 nor at least 2" >&2
  exit 2
fi
for word in $seeds; do
  if [[ ! $word =~ ^[0-9]+$ ]]; then
    echo "error: --seeds: $word is no number" >&2
    exit 2
  fi
done
for word in $steps; do
  if [[ ! $word =~ ^(search|headroom|train|page)$ ]]; then
    echo "error: --steps: there is no step $word" >&2
    exit 2
  fi
done

# Settings, by task. `common` is for searches and trainings; `search` and
# `rewards` for searches with and without a controller, and with one; `final`
# for trainings. `more` is how many random architectures the controller's
# rewards pay for: rewards x images of one / images that rank.
package=cifar10 skips='' sampled=100
case $task in
  macro)
    data=${data:-data/cifar10_mini} skips=1
    common=(--search_for=macro --child_num_layers=4 --child_num_branches=6
      --child_out_filters=12 --child_keep_prob=0.9 --child_l2_reg=0.00025
      --child_lr_cosine --child_lr_max=0.05 --child_lr_min=0.0005
      --child_lr_T_mul=2 --batch_size=50 --controller_search_whole_channels)
    search=(--num_epochs=12 --child_lr_T_0=12 --child_eval_bn=batch)
    rewards=(--controller_train_steps=30 --controller_num_aggregate=10)
    held_out=(--num_valids=800 --derive_split=400) more=675
    if [[ $data != data/cifar10_mini ]]; then
      held_out=(--num_valids=2000 --derive_split=1000) more=270
    fi
    final=(--num_epochs=8 --child_lr_T_0=8 --eval_every_epochs=8
      --child_fixed_layers=search)
    ;;
  micro)
    data=${data:-data/cifar10_mini} sampled=60
    common=(--search_for=micro --child_num_layers=2 --child_num_cells=3
      --child_num_branches=5 --child_out_filters=12 --child_keep_prob=0.9
      --child_l2_reg=0.0001 --child_lr_cosine --child_lr_max=0.05
      --child_lr_min=0.0005 --child_lr_T_mul=2 --batch_size=50)
    search=(--num_epochs=12 --child_lr_T_0=12)
    rewards=(--controller_train_steps=15 --controller_num_aggregate=10
      --controller_op_tanh_reduce=2.5)
    held_out=(--num_valids=800 --derive_split=400) more=338
    if [[ $data != data/cifar10_mini ]]; then
      held_out=(--num_valids=2000 --derive_split=1000) more=135
    fi
    final=(--num_epochs=8 --child_lr_T_0=8 --eval_every_epochs=8)
    ;;
  AEROBI)
    package=AEROBI skips=1 sampled=60 more=2700
    common=(--search_for=macro --child_img_size=48 --batch_size=16
      --input_scaling=unit --child_num_layers=3 --child_num_branches=6
      --child_out_filters=32 --child_l2_reg=0.0001 --child_lr_cosine
      --child_lr_T_mul=2 --controller_search_whole_channels)
    search=(--num_epochs=12 --child_lr_T_0=12 --child_lr_max=0.15
      --child_lr_min=0.001 --child_keep_prob=1.0 --child_eval_bn=batch)
    rewards=(--controller_train_steps=30 --controller_num_aggregate=10)
    held_out=(--derive_split=100)
    final=(--num_epochs=8 --child_lr_max=0.05 --child_lr_min=0.0005
      --child_keep_prob=0.9 --child_lr_T_0=8 --eval_every_epochs=8
      --child_fixed_layers=search)
    ;;
  ptb)
    package=ptb data=${data:-data/wikitext_mini} sampled=60 more=120
    common=(--search_for=enas --batch_size=32 --child_rhn_depth=6
      --child_lstm_hidden_size=128 --child_lstm_x_keep=0.6
      --child_lstm_o_keep=0.6 --child_grad_bound=0.25)
    search=(--num_epochs=15 --nan_policy=rollback)
    rewards=(--controller_train_steps=10 --controller_num_aggregate=5)
    held_out=(--derive_split=5)
    # The mean of the weights of the last three of ten epochs of the texts that
    # come with the project; larger ones want another step, after --.
    final=(--num_epochs=10 --child_rnn_slowness_reg=0 --nan_policy=rollback
      --child_optim_algo=asgd --child_asgd_start_step=530)
    ;;
  *)
    echo "error: --task=$task: expected macro, micro, AEROBI or ptb" >&2
    exit 2
    ;;
esac
case $package in
  ptb) rewards+=(--controller_lr=0.0035 --controller_bl_dec=0.99) ;;
  *)
    rewards+=(--controller_sync_replicas --controller_lr=0.01
      --controller_tanh_constant=1.5 --controller_entropy_weight=0.0001
      --controller_reward_batch_size=100)
    ;;
esac
rewards+=(--controller_train_every=1 --controller_baseline=per_batch)

scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
out=${out:-outputs/study_$task}
mkdir -p "$out"
if [[ $task == AEROBI && -z $data ]]; then
  data=outputs/study_data/synthetic_codebrim
  if [[ ! -e $data/metadata/generator.json ]]; then
    "$python" scripts/make_synthetic_codebrim.py --train=2000 --val=200 \
      --test=200 --scale=0.25 --out="${data%/*}"
  fi
fi
main() { "$python" -m "src.$package.main" --data_path="$data" "$@"; }
# Takes over what else the run was given.
derive() {
  main "${common[0]}" --mode=derive --derive_samples="$sampled" "$@"
}

# One search: its run goes on by itself; the tables are made once.
of_seed() {  # of_seed SEED FLAGS
  local seed=$1 folder=$out/seed_$1
  shift
  local both=("${common[@]}" "${search[@]}" "${held_out[@]}" --noreport)
  echo "== seed $seed: search (log: $folder/controller/stdout)"
  main "${both[@]}" "${rewards[@]}" "$@" --seed="$seed" \
    --output_dir="$folder/controller" >> "$folder/printed.txt"
  echo "== seed $seed: chance (log: $folder/random/stdout)"
  main "${both[@]}" "$@" --nocontroller_training --child_arcs=random \
    --seed="$seed" --output_dir="$folder/random" >> "$folder/printed.txt"
  made "$folder/controller/derived.csv" derive "$@" \
    --checkpoint_path="$folder/controller"
  made "$folder/random/derived_random.csv" derive --derive_from=random \
    --derive_samples=$((sampled + more)) "$@" \
    --checkpoint_path="$folder/random"
  made "$folder/random/controller_scored.csv" main "${common[0]}" --mode=eval \
    --eval_split=derive --eval_arcs_file="$folder/controller/derived.csv" \
    "$@" --checkpoint_path="$folder/random" \
    --eval_output="$folder/random/controller_scored.csv"
  if [[ $skips ]]; then
    made "$folder/random/derived_matched.csv" derive --derive_from=random \
      --derive_samples=$((sampled + more)) \
      --random_skip_probability="$("$python" -m src.view study "$out" \
        --skip_rate="$seed")" "$@" --checkpoint_path="$folder/random" \
      --derive_output="$folder/random/derived_matched.csv"
  fi
}

made() {  # made FILE COMMAND: unless it is there
  local file=$1
  shift
  if [[ ! -e $file ]]; then "$@" >> "$folder/printed.txt"; fi
}

train() {  # train NAME TRAININGS FLAGS: what $out/NAME.txt lists
  local name=$1 times=$2
  shift 2
  main "${common[@]}" "${final[@]}" "$@" --mode=retrain --noreport \
    --eval_arcs_file="$out/$name.txt" --output_dir="$out/$name" \
    --retrain_seeds="$times" --retrain_jobs="$jobs" >> "$out/printed_$name.txt"
}

if [[ $steps == *search* ]]; then
  for seed in $seeds; do
    mkdir -p "$out/seed_$seed"
    of_seed "$seed" "$@"
  done
fi
if [[ $steps == *headroom* && $headroom -gt 0 ]]; then
  echo "== headroom: training random ones (log: $out/printed_headroom.txt)"
  # Once drawn they stay, whatever seeds come later.
  if [[ ! -s $out/headroom.txt ]]; then
    "$python" -m src.view study "$out" --headroom="$headroom" > \
      "$out/headroom.txt"
  fi
  train headroom $((trainings < 2 ? 2 : trainings)) "$@"
fi
if [[ $steps == *train* ]]; then
  echo "== training the best of each (log: $out/printed_retrained.txt)"
  "$python" -m src.view study "$out" --arcs --top="$top" --sample="$sample" > \
    "$out/retrained.txt"
  train retrained "$trainings" "$@"
fi
if [[ $steps == *page* ]]; then
  "$python" -m src.view study "$out" --top="$top" --sample="$sample"
fi
