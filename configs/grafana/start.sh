#!/bin/sh
# Starts Grafana with the administrator's password of the settings, on a new and on an old
# database: Grafana itself reads it only for a new one. The argument is Go's memory limit.
set -eu
export GOMEMLIMIT="$1"

# The key that encrypts secrets in the database; made once, and kept beside it.
key=/var/lib/grafana/secret_key
if [ ! -s "$key" ]; then
  (umask 077 && head -c 32 /dev/urandom | base64 >"$key")
fi

printf '%s' "$GF_SECURITY_ADMIN_PASSWORD" |
  grafana cli --homepath "$GF_PATHS_HOME" --config "$GF_PATHS_CONFIG" \
    admin reset-admin-password --password-from-stdin

exec /run.sh
