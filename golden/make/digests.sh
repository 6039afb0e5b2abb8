#!/bin/sh
# Writes the list of all resource files with their SHA-256, after the data changed; the oracle's schema is made, not data.
set -eu
cd "$(dirname "$0")/../src/main/resources/loupe"
find . -type f ! -name SHA256SUMS ! -path ./oracle/schema.json | sed 's|^\./||' | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
