#!/usr/bin/env bash
# Makes an image's environment: what a lock file pins, beside the packages that
# the base image brings, which stay as they are.
#
#   docker/install.sh LOCK [cpu]    cpu: TensorFlow without what GPUs need
#
# ENAS_VENV  the folder of the environment
set -euo pipefail
export PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_CONSTRAINT=''  # NVIDIA's images set it; the lock file decides here
lock=$1

# Old Ubuntus lack ensurepip, but the base's pip is seen in the environment.
# There, pip never removes what the base has, it puts a newer version in front.
python3 -m venv --system-site-packages --without-pip "$ENAS_VENV"
python=$ENAS_VENV/bin/python
pins=$(mktemp)
if [[ ${2:-} == cpu ]]; then
  sed 's/^tensorflow-gpu==/tensorflow==/' "$lock" > "$pins"
else
  cp "$lock" "$pins"
fi
"$python" -m pip install --no-cache-dir --quiet "$(grep '^pip==' "$lock")"
# The lock file is complete: without --no-deps, the base's own TensorFlow might
# be replaced for the sake of another package.
"$python" -m pip install --no-cache-dir --quiet --no-deps --requirement "$pins"
rm "$pins"

# scripts/bootstrap.sh leaves an environment with this file alone.
touch "$ENAS_VENV/part-of-image"
