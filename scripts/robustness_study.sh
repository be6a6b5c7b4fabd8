#!/usr/bin/env bash
# Does poison in a search space do what the papers say? A scaled study on a CPU:
# the clean space, two poison operations, and a family with more and more of
# them, over several seeds, evaluated with noise and without. Started again, it
# goes on where it was. The defaults take half an hour of processor time.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
data='' out=outputs/robustness_study seeds=69,70,71 jobs=2 images=5000 tests=2000

usage() {
  cat << 'END'
usage: scripts/robustness_study.sh [--data_path=FOLDER] [--out=FOLDER]
    [--seeds=69,70,71] [--jobs=N] [--images=N] [--tests=N] [-- FLAGS]
  --data_path  CIFAR-10, binary version, of whose first training batch and test
               batch the first images are taken; other data are taken whole;
               the images that come with the project unless given
  --jobs       experiments at once
  --images, --tests  how many images are taken
FLAGS go to src.robustness.run_sweep; settings that they repeat are theirs.
END
}

while (($#)); do
  case $1 in
    --data_path=*) data=${1#*=} ;;
    --out=*) out=${1#*=} ;;
    --seeds=*) seeds=${1#*=} ;;
    --jobs=*) jobs=${1#*=} ;;
    --images=*) images=${1#*=} ;;
    --tests=*) tests=${1#*=} ;;
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
for word in "$images" "$tests"; do
  if [[ ! $word =~ ^[1-9][0-9]*$ ]]; then
    echo "error: --images, --tests: $word is no number" >&2
    exit 2
  fi
done
if [[ -n $data && ! -e $data ]]; then
  echo "error: --data_path=$data: there is nothing" >&2
  exit 2
fi

scripts/bootstrap.sh
python=${ENAS_VENV:-.venv}/bin/python
mkdir -p "$out"
if [[ -f $data/data_batch_1.bin ]]; then
  # A label and 3072 bytes each.
  cut=$out/data_${images}_$tests
  mkdir -p "$cut"
  head -c $((images * 3073)) "$data/data_batch_1.bin" > "$cut/data_batch_1.bin"
  head -c $((tests * 3073)) "$data/test_batch.bin" > "$cut/test_batch.bin"
  data=$cut
fi

# Every session would take all cores.
export TF_NUM_INTRAOP_THREADS=${TF_NUM_INTRAOP_THREADS:-1}
experiments=baseline/space_0,P6P3_002_100,P6P5_006,P6P5_036,P6P5_120,P6P5_300
"$python" -m src.robustness.run_sweep --set=poisoning --only="$experiments" \
  --seeds="$seeds" --jobs="$jobs" --data_path="${data:-data/cifar10_mini}" \
  --checkpoints_dir="$out/checkpoints" --results_dir="$out/results" \
  --num_epochs=10 --num_valids=500 --batch_size=64 --child_num_layers=6 \
  --child_out_filters=12 --controller_train_steps=20 \
  --controller_num_aggregate=10 --controller_lr=0.01 --keep_checkpoints=1 \
  --noreport "$@"
exec "$python" -m src.robustness.analysis "$out/results" -o "$out"
