#!/usr/bin/env bash
# Writes requirements/*.lock anew from requirements*.txt; needs uv on PATH.
# Wheels only, so that no machine needs a compiler; two small pure-Python
# packages of TensorFlow 1.15's time have no wheel for every Python. The one
# constraint: send2trash 2.0.0 rules out 3.7 by '!=3.7.*', which uv overlooks.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

lock() {  # lock NAME PYTHON_VERSION INPUT_FILE...
  local output="requirements/$1.lock" version=$2
  shift 2
  {
    echo "# Written by scripts/lock.sh from $* for Python $version."
    uv pip compile --quiet --upgrade --no-header --no-annotate \
      --python-version "$version" --only-binary :all: \
      --no-binary gast --no-binary termcolor --no-binary gpustat \
      --constraints <(echo "send2trash<2; python_version < '3.8'") \
      ${options[@]+"${options[@]}"} "$@"
  } > "$output.new"
  mv "$output.new" "$output"
  echo "wrote $output"
}

for version in 3.6 3.7; do
  lock "py${version/./}" "$version" requirements.txt requirements-dev.txt
done
for version in 3.10 3.11 3.12; do
  lock "py${version/./}" "$version" requirements-tf2.txt requirements-dev.txt
done
# For NVIDIA's image, whose own TensorFlow, and what that needs, is to stay.
overrides=$(mktemp) constraints=$(mktemp)
echo "tensorflow-gpu; python_version < '3'" > "$overrides"
echo 'numpy<1.24' > "$constraints"
options=(--overrides "$overrides" --constraints "$constraints")
for name in numpy six absl-py protobuf; do options+=(--no-emit-package "$name"); done
lock py38 3.8 requirements.txt requirements-dev.txt
rm "$overrides" "$constraints"
options=(--constraints requirements/py311.lock)
lock onnx 3.11 requirements-onnx.txt
lock cuda 3.11 requirements-cuda.txt
# The rest of it is in the lock of each Python.
sed -i '/^#\|^nvidia/!d' requirements/cuda.lock
for version in 3.7 3.11; do
  options=(--constraints "requirements/py${version/./}.lock")
  lock "ray${version/./}" "$version" requirements-ray.txt
done
options=()
lock lint 3.8 requirements-lint.txt
