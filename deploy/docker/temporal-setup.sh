#!/bin/sh
# Creates the namespace and the search attributes that incidents carry. Safe to repeat; needs TEMPORAL_ADDRESS and
# TEMPORAL_NAMESPACE. Fails while Temporal is not serving: whoever runs it tries again.
set -eu

temporal operator cluster health
temporal operator namespace describe >/dev/null 2>&1 ||
  temporal operator namespace create --retention 720h "$TEMPORAL_NAMESPACE"
# A name that is there with the same type is left as it is.
temporal operator search-attribute create --type Keyword \
  --name RunbookService --name RunbookState --name RunbookSeverity --name RunbookName
