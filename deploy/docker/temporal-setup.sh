#!/bin/sh
# Creates the namespace and the search attributes that incidents carry. Safe to repeat; needs TEMPORAL_ADDRESS and
# TEMPORAL_NAMESPACE.
set -eu

# A server that has just started does not serve yet, and one that has just got a namespace does not know it everywhere.
patiently() {
  for _ in $(seq 30); do
    if "$@"; then return; fi
    sleep 2
  done
  echo "gave up: $*" >&2
  exit 1
}

patiently temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 720h
# One that is there with the same type is left as it is.
for attribute in RunbookService RunbookState RunbookSeverity RunbookName; do
  patiently temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
    --name "$attribute" --type Keyword
done
