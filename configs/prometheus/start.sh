#!/bin/sh
# Puts each scrape secret into a file of its own in memory, which prometheus.yml names, and starts
# Prometheus without them in its environment. SCRAPE_SECRETS has a line `job secret` for each.
set -eu
umask 077
printf '%s\n' "$SCRAPE_SECRETS" | while read -r job secret; do
  printf '%s' "$secret" >"/run/secrets/$job"
done
unset SCRAPE_SECRETS
exec /bin/prometheus "$@"
