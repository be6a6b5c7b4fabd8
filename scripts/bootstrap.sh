#!/usr/bin/env bash
# Makes or refreshes the Python environment of the project, or leaves it as it
# is when it already holds what the lock file says.
#
#   scripts/bootstrap.sh        .venv: TensorFlow 1.15.5 on Python 3.7 or 3.6,
#                               else TensorFlow 2.x on Python 3.10 to 3.12;
#                               with a card of compute capability 8.0 or more,
#                               which 1.15 does not know, that and CUDA
#   scripts/bootstrap.sh lint   .venv-lint: the linters, on Python 3.8 or newer
#
# ENAS_PYTHON  use this Python and no other: a version (3.11) or a program
# ENAS_VENV    use this folder instead of .venv
set -euo pipefail
export PIP_DISABLE_PIP_VERSION_CHECK=1

wanted=${ENAS_PYTHON:-}
if [[ $wanted == */* && $wanted != /* ]]; then wanted=$PWD/$wanted; fi
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
venv=${ENAS_VENV:-.venv}

say() { printf 'bootstrap: %s\n' "$*" >&2; }

fail() {
  say "$1"
  shift
  if (($#)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# TensorFlow 1.15.5 has wheels for Linux on x86_64 and no other platform.
platform="$(uname -s) $(uname -m)"
newer='3.11 3.12 3.10' versions='3.11 3.12 3.10'
if [[ $platform == 'Linux x86_64' ]]; then versions="3.7 3.6 $versions"; fi
purpose=${1:-run}
if [[ $purpose == lint ]]; then
  versions='3.11 3.12 3.13 3.10 3.9 3.8' venv=.venv-lint wanted=''
elif [[ $purpose != run ]]; then
  say "unknown argument '$1': give none, or 'lint'"
  exit 2
fi

# Whether nvidia-smi tells of a card that TensorFlow 1.15 does not know.
has_new_card() {
  nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null \
    | grep '^[89]\.\|^[1-9][0-9]' > /dev/null  # reads all, unlike -q
}
card=''
if [[ $purpose == run && $platform == Linux* ]] && has_new_card; then
  card=new
  if [[ -z $wanted ]]; then versions=$newer; fi
fi

locks_of() {  # locks_of VERSION: the lock files for that Python
  if [[ $purpose == lint ]]; then
    echo requirements/lint.lock
    return
  fi
  local cuda=''
  if [[ $card == new && " $newer " == *" $1 "* ]]; then
    cuda=requirements/cuda.lock
  fi
  echo "requirements/py${1/./}.lock" $cuda
}

# Prints what an environment of that Python holds.
wanted_in() {  # wanted_in VERSION
  local locks
  read -ra locks <<< "$(locks_of "$1")"
  cat "${locks[@]}"
}

# Prints the version and the home of a Python, '3.7 /usr/local', if it really
# runs (a pyenv shim may not) and can make environments (Debian's needs more).
probe() {
  "$1" -c "if True:
    import sys, venv, ensurepip
    assert sys.implementation.name == 'cpython'
    print('%d.%d' % sys.version_info[:2], sys.base_prefix)" \
    2> /dev/null < /dev/null
}

# Prints the programs that may be Python VERSION, one a line.
candidates() {  # candidates VERSION
  local folder
  type -aP "python$1" python3 python || true
  for folder in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/*/bin \
    ${conda_folders[@]+"${conda_folders[@]}"}; do
    if [[ -x $folder/python$1 ]]; then echo "$folder/python$1"; fi
  done
  if command -v uv > /dev/null; then
    UV_PYTHON_DOWNLOADS=never uv python find --system "$1" 2> /dev/null || true
  fi
}

# Sets python and answer to the first fit Python of the versions, in order, and
# passed_over to those that bear a fit name but do not run.
find_python() {
  local version candidate
  conda_folders=()
  passed_over=()
  if command -v conda > /dev/null; then
    while read -r candidate; do
      conda_folders+=("$candidate")
    done < <(conda env list | awk '$NF ~ "^/" { print $NF "/bin" }')
  fi
  for version in $versions; do
    while read -r candidate; do
      # An active environment, first on PATH, cannot be what it is remade from.
      if [[ ${candidate%/*} -ef $venv/bin ]]; then continue; fi
      if answer=$(probe "$candidate"); then
        if [[ ${answer%% *} == "$version" ]]; then
          python=$candidate
          return 0
        fi
      elif [[ $candidate == *"python$version" ]]; then
        passed_over+=("$candidate")
      fi
    done < <(candidates "$version")
  done
  return 1
}

# The last resort: lets uv or conda fetch a Python; sets python and answer.
fetch_python() {
  local version
  for version in $versions; do
    if command -v uv > /dev/null; then
      say "no fit Python here: uv fetches Python $version"
      uv python install --quiet "$version" || continue
      python=$(uv python find --system "$version") || continue
    elif command -v conda > /dev/null; then
      say "no fit Python here: conda fetches Python $version into $venv"
      rm -rf "$venv"
      conda create --quiet --yes --prefix "$venv" "python=$version" pip \
        > /dev/null || continue
      python=$venv/bin/python
    else
      return 1
    fi
    if answer=$(probe "$python"); then return 0; fi
  done
  return 1
}

# A Python asked for: a version is searched for, a program must answer.
asked=''
if [[ $wanted =~ ^[0-9]+\.[0-9]+$ ]]; then
  asked_version=$wanted
elif [[ -n $wanted ]]; then
  if ! wanted=$(type -P "$wanted") || ! asked=$(probe "$wanted"); then
    fail "ENAS_PYTHON=$ENAS_PYTHON does not run, or lacks venv and ensurepip"
  fi
  if [[ ${wanted%/*} -ef $venv/bin ]]; then
    fail "ENAS_PYTHON=$ENAS_PYTHON is part of $venv itself: name another"
  fi
  asked_version=${asked%% *}
fi
if [[ -n $wanted ]]; then
  [[ " $versions " == *" $asked_version "* ]] || fail \
    "ENAS_PYTHON=$ENAS_PYTHON is Python $asked_version, not one of $versions"
  versions=$asked_version
fi

# That of an image (docker/) is complete, whatever its base brought.
if [[ $purpose == run && -f $venv/part-of-image ]]; then
  say "ready: $venv (part of the image)"
  exit 0
fi

# An environment is ready if its Python runs, is the one asked for, and the copy
# of the lock file, made when all was installed, equals the lock file.
if answer=$(probe "$venv/bin/python") \
  && [[ " $versions " == *" ${answer%% *} "* ]] \
  && [[ -z $asked || $asked == "$answer" ]] \
  && wanted_in "${answer%% *}" | cmp -s - "$venv/installed.lock"; then
  say "ready: $venv (Python ${answer%% *})"
  exit 0
fi
if [[ -n $(ls -A "$venv" 2> /dev/null) && ! -f $venv/pyvenv.cfg \
  && ! -d $venv/conda-meta ]]; then
  fail "$venv is not a Python environment: move it away or set ENAS_VENV"
fi

if [[ -n $asked ]]; then
  python=$wanted answer=$asked
elif ! find_python && ! fetch_python; then
  fail "found no Python that fits: it takes one of $versions, with venv" \
    ${passed_over[@]+"passed over, as they do not run or lack venv and" \
    "ensurepip: ${passed_over[*]}"} \
    "install one, and run this again:" \
    "  Debian, Ubuntu:  apt-get install python3.11 python3.11-venv" \
    "  macOS:           brew install python@3.11" \
    "  pyenv:           pyenv install ${versions%% *}" \
    "  or install uv or conda: this script then fetches a Python by itself" \
    "or name one that is here: ENAS_PYTHON=/path/to/python scripts/bootstrap.sh"
fi

version=${answer%% *}
read -ra locks <<< "$(locks_of "$version")"
lock=${locks[0]}
tensorflow=$(sed -n 's/^tensorflow[-gpu]*==//p' "$lock")
case $tensorflow in
  '') say "Python $version ($python)" ;;
  1.*) say "Python $version ($python), TensorFlow $tensorflow" ;;
  *) say "Python $version ($python), TensorFlow $tensorflow in TF1 mode" \
    "(1.15.5 takes Python 3.7 or 3.6 on Linux x86_64)" ;;
esac
if ((${#locks[@]} > 1)); then
  say "with CUDA for the card here, which TensorFlow 1.15 does not know"
fi
if [[ $python != "$venv/bin/python" ]]; then
  say "making $venv"
  rm -rf "$venv"
  "$python" -m venv "$venv"
fi
say "installing ${locks[*]} (a first download takes some minutes)"
# This pip first: the one Python 3.6 brings does not know today's wheels.
for packages in "$(grep '^pip==' "$lock")" "${locks[@]/#/--requirement=}"; do
  "$venv/bin/python" -m pip install -qq --upgrade "$packages" < /dev/null \
    || fail "pip could not install $packages: see above, then run this again"
done
wanted_in "$version" > "$venv/installed.lock"
say "ready: $venv (Python $version)"
