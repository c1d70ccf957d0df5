#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to date. Safe to repeat. The connection comes from SQL_*.
set -eu

prepare() {
  temporal-sql-tool --db "$1" create
  # The table that records the versions; it is there already when this has run before.
  temporal-sql-tool --db "$1" setup-schema --version 0.0 || true
  temporal-sql-tool --db "$1" update-schema --schema-name "postgresql/v12/$2"
}

prepare temporal temporal
prepare temporal_visibility visibility
