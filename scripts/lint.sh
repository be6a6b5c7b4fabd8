#!/usr/bin/env bash
# Checks style and common errors in Python, shell and Docker files; changes nothing.
set -euo pipefail
CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
scripts/bootstrap.sh lint
.venv-lint/bin/ruff check
.venv-lint/bin/ruff format --check
.venv-lint/bin/shellcheck .ci/run scripts/*.sh docker/*.sh
.venv-lint/bin/hadolint docker/Dockerfile*
