# Plays the steps of the gate, counts them, and says at the end what failed. Sourced by run, and by its test.
# Why a step may be measured again: docs/adr/0016-a-machine-that-stands-still.md.

logs=${GATE_LOGS:-artifacts/gate}
only=${only:-}
stalls=${stalls:-}
passed=0
failed=0
again=''
complaints=''

begin() {
  rm -rf "$logs" && mkdir -p "$logs" && : >"$logs/held-up"
  # The meter ends when its standard input does, which is when this shell ends, whatever ends it.
  exec 3> >(exec node .ci/held-up.mjs >>"$logs/held-up")
  if [ -n "$stalls" ]; then exec 4> >(exec node .ci/stalls.mjs "$stalls"); fi
}

# count LABEL COMMAND...: one step that passes or fails as a whole.
count() { step whole "$@"; }

# tally LABEL COMMAND...: a step that ends with its own `N passed, N failed`; without that line it has failed.
tally() { step counted "$@"; }

step() {
  local kind=$1 label=$2 first words
  shift 2
  if [[ ! $label =~ $only ]]; then return; fi
  play "$@"
  if [ "$bad" -gt 0 ] && [ -z "$stalls" ] && stood_still; then
    first=$bad words=$(complain | head -n 12 | sed 's/^/    /')
    echo "=== $label: $first failed while this machine stood still ($still): it is measured again"
    play "$@"
    again+="  $label: $first failed while this machine stood still ($still); then $good passed, $bad failed"$'\n'"$words"$'\n'
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ "$bad" -gt 0 ]; then complaints+="=== $label"$'\n'"$(complain)"$'\n'; fi
}

play() { # runs a step once: good, bad and log are of it
  local started=$SECONDS code line
  since=$(date +%s%3N)
  log=$logs/$(tr -cs '[:alnum:]' '-' <<<"$label" | sed 's/^-//; s/-$//').log
  echo "=== $label"
  "$@" 3>&- 4>&- 2>&1 | tee "$log"
  code=${PIPESTATUS[0]}
  good=0 bad=0
  if [ "$kind" = counted ]; then
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    if [ -n "$line" ]; then
      good=${line%% *}
      line=${line#*, }
      bad=${line%% *}
    fi
    if [ "$bad" -eq 0 ] && { [ -z "$line" ] || [ "$code" -ne 0 ]; }; then bad=1; fi
  elif [ "$code" -eq 0 ]; then
    good=1
  else
    bad=1
  fi
  echo "=== $label: exit $code in $((SECONDS - started)) s"
}

stood_still() { # did the meter tell of it since the step began, and of how much
  sleep 1.2 # a meter tells of a second when it is over
  still=$(awk -v since="$since" '$1 >= since { n++; if ($3 > most) most = $3 } END { if (n) print n " times, " most " ms at the longest" }' "$logs/held-up")
  [ -n "$still" ]
}

complain() { # the lines that say what failed, or the last ones
  grep -E -A 6 '^[[:space:]]*(FAIL|FAILED)([[:space:]:]|$)' "$log" | cut -c 1-300 | head -n 40 || true
  if ! grep -qE '^[[:space:]]*(FAIL|FAILED)([[:space:]:]|$)' "$log"; then tail -n 15 "$log" | cut -c 1-300; fi
}

finish() {
  if [ -n "$again" ]; then printf '=== measured again\n%s' "$again"; fi
  if [ -n "$complaints" ]; then printf '=== what failed\n%s' "$complaints"; fi
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
