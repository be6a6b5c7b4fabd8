#!/usr/bin/env bash
# What a container does: `jupyter` starts a notebook server on port 8888, any
# other words are a command, run from the project's folder.
#
# ENAS_OUTPUTS  where the container may write, by default /outputs
set -euo pipefail
outputs=${ENAS_OUTPUTS:-/outputs}

# Caches go where anyone may write, also with a read-only root and with a user
# that has no home. /dev/shm is there without --tmpfs /tmp.
scratch=''
for folder in "${TMPDIR:-/tmp}" /dev/shm "$outputs"; do
  if scratch=$(mktemp -d "$folder/enas.XXXXXX" 2> /dev/null); then break; fi
done
if [[ -z $scratch ]]; then
  echo 'error: no folder for temporary files: add --tmpfs /tmp' >&2
  exit 1
fi
export TMPDIR=$scratch HOME=$scratch USER=${USER:-enas}
export MPLCONFIGDIR=$scratch/matplotlib IPYTHONDIR=$scratch/ipython
export XDG_CACHE_HOME=$scratch/cache XDG_CONFIG_HOME=$scratch/config
export XDG_DATA_HOME=$scratch/share JUPYTER_CONFIG_DIR=$scratch/jupyter
export JUPYTER_DATA_DIR=$scratch/jupyter JUPYTER_RUNTIME_DIR=$scratch/jupyter
mkdir "$scratch"/{matplotlib,ipython,cache,config,share,jupyter}

if [[ ! -w $outputs ]]; then
  echo "warning: user $(id -u) may not write to $outputs: give docker run" \
    "--user $(stat -c %u:%g "$outputs")" >&2
fi

if [[ ${1:-} == jupyter ]]; then
  shift
  # Notebooks that are changed are kept there; the image's stay as new.
  folder=$outputs/notebooks
  mkdir -p "$folder"
  for notebook in notebooks/*.ipynb; do
    if [[ ! -e $folder/${notebook##*/} ]]; then cp "$notebook" "$folder"; fi
  done
  if [[ ! -e $folder/src ]]; then ln -s "$PWD/src" "$folder/src"; fi
  export ENAS_RUN=${ENAS_RUN:-$outputs/quickstart/search}
  export ENAS_OUT=${ENAS_OUT:-$outputs/visualization}
  set -- python -m notebook --ip=0.0.0.0 --port=8888 --no-browser \
    "$folder" "$@"
  if ((EUID == 0)); then set -- "$@" --allow-root; fi
fi

# NVIDIA's images prepare their driver libraries so, and then run the command.
nvidia=/opt/nvidia/nvidia_entrypoint.sh
if [[ -x $nvidia ]]; then exec "$nvidia" "$@"; fi
exec "$@"
