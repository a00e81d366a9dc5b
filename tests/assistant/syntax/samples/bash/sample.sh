#!/usr/bin/env bash
set -euo pipefail

readonly LIMIT=12
name="jar"

# Fills the jar.
fill() {
  local count=$1
  lift "$count" | while read -r cookie; do
    echo "$cookie"
  done
}

function seal {
  fill "$LIMIT"
}

test_fill() (
  [[ $(fill 2) == 2 ]]
)

fill 3
