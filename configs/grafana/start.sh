#!/bin/sh
# Starts Grafana, and sets the administrator's password where it is not that of the settings:
# Grafana itself reads it only for a new database. The argument is Go's memory limit.
set -eu
export GOMEMLIMIT="$1"

# The key that encrypts secrets in the database; made once, and kept beside it.
key=/var/lib/grafana/secret_key
if [ ! -s "$key" ]; then
  if [ -s /var/lib/grafana/grafana.db ]; then
    echo "Not started: this volume holds a database of Grafana's, but not $key, the key that its" \
      "stored secrets (of data sources, contact points) are encrypted with. With another key they" \
      "could not be read any more. How to put it there: docs/backends.md, \"Grafana's key\"." >&2
    exit 1
  fi
  (umask 077 && head -c 32 /dev/urandom | base64 >"$key")
fi

# The health check waits for this file.
ready=/tmp/password-is-set
rm -f "$ready"
api=http://localhost:3000/api

# Calls the API; the password goes through the standard input: no list of processes shows it.
as_administrator() {
  credentials=$(printf 'admin:%s' "$GF_SECURITY_ADMIN_PASSWORD" | base64 | tr -d '\n')
  printf 'Authorization: Basic %s' "$credentials" | curl -fs -H @- "$@"
}

# Whoever logged in with the old password would stay so for up to 30 days (grafana#75601).
end_sessions() {
  sessions=$(as_administrator "$api/user/auth-tokens") || return
  for id in $(printf '%s' "$sessions" | grep -o '"id":[0-9]*' | cut -d: -f2); do
    as_administrator -o /dev/null -H 'Content-Type: application/json' \
      -d "{\"authTokenId\":$id}" "$api/user/revoke-auth-token" || return
  done
}

set_password() {
  until curl -fs -o /dev/null "$api/health"; do sleep 1; done
  if ! as_administrator -o /dev/null "$api/user"; then
    if said=$(
      printf '%s' "$GF_SECURITY_ADMIN_PASSWORD" |
        grafana cli --homepath "$GF_PATHS_HOME" --config "$GF_PATHS_CONFIG" \
          admin reset-admin-password --password-from-stdin 2>&1
    ); then
      # Too many wrong passwords before lock the administrator out for minutes.
      until end_sessions; do
        touch "$ready"
        sleep 10
      done
    else
      printf '%s\n' "$said" >&2
      case $said in
        # Whoever deleted it is another administrator: no reason not to work.
        *"user not found"* | *"only be used to reset an admin"*)
          echo "The user with id 1 is gone or no administrator any more, so that the setting" \
            "grafanaAdminPassword has no effect: log in as another administrator. To set that" \
            "one's password: docs/operating.md, \"Secrets and state\"." >&2
          ;;
        *) return 1 ;;
      esac
    fi
  fi
  touch "$ready"
}

set_password &
exec /run.sh
