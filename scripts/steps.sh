#!/usr/bin/env bash
# shellcheck disable=SC2154
# Announces the steps of a long script, and how long they take on this machine.
# To be sourced, after
#   weights=(60 15 5 20)  what each step's share of the whole is
# then `step TITLE` begins a step, and `searching FOLDER EPOCHS`, said in one,
# tells its time after the first epoch of the run in FOLDER. Times are what the
# steps so far took here; a step that only goes on with a run tells nothing.

set -euo pipefail
current=-1 took=0 weighed=0 watcher='' counts=1

# Seconds as '2 min 10 s'.
duration() {
  if (($1 >= 60)); then printf '%d min ' $(($1 / 60)); fi
  printf '%d s' $(($1 % 60))
}

# What a step and the rest take: says TAKEN seconds for SHARE of the weights.
estimate() {  # estimate TAKEN SHARE
  local rest=0 number
  for ((number = current; number < ${#weights[@]}; number++)); do
    rest=$((rest + weights[number]))
  done
  printf 'about %s for this step, ' \
    "$(duration $((weights[current] * $1 / $2)))"
  printf '%s to the end' "$(duration $((rest * $1 / $2)))"
}

finish_step() {
  if [[ -n $watcher ]]; then kill "$watcher" 2> /dev/null || true; fi
  watcher=''
  if ((current >= 0 && counts)); then
    took=$((took + SECONDS - began)) weighed=$((weighed + weights[current]))
  fi
}

step() {  # step TITLE
  local note='no time known yet'
  finish_step
  current=$((current + 1)) began=$SECONDS counts=1
  if ((weighed)); then note=$(estimate "$took" "$weighed"); fi
  printf '\n== %d/%d %s (%s)\n' $((current + 1)) "${#weights[@]}" "$1" "$note"
}

epochs_in() { grep -c '^valid,' "$1/metrics.csv" 2> /dev/null || true; }

searching() {  # searching FOLDER EPOCHS
  if [[ -e $1/metrics.csv ]]; then
    counts=0
    return
  fi
  # Not a child of this shell, or bash may complain that it has ended already.
  {
    watcher=$(
      tell_time "$@" >&3 &
      echo $!
    )
  } 3>&1
}

tell_time() {  # tell_time FOLDER EPOCHS
  local built total
  until [[ -e $1/metrics.csv ]]; do pause; done
  built=$SECONDS
  while [[ $(epochs_in "$1") -lt 1 ]]; do pause; done
  total=$((built - began + (SECONDS - built) * $2))
  printf '   after 1 of %d epochs: %s\n' "$2" \
    "$(estimate "$total" "${weights[current]}")"
  # Until it is killed: what finish_step kills is this and nothing else.
  while :; do pause; done
}

pause() {  # ends the watcher of a script that is gone
  sleep 1
  kill -0 $$ 2> /dev/null || exit 0
}

trap finish_step EXIT
