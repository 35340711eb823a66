#!/bin/bash
# Runs Promtail so that what was read, but not delivered, is read again after whatever happened.
#
# With its write-ahead log Promtail reads on while Loki is away: a reader that waits is led past
# rotated files by the engine. But a new Promtail skips what the old one had not sent, while its
# positions say that it was read. So it begins with the copy of the positions that watch.pl keeps,
# from a moment whose lines had all been delivered, and without the old log.
#
# Arguments: how much may wait for Loki, in KiB, the folder of the engine's containers, then
# Promtail's own.
set -u
shopt -s nullglob
cd /var/lib/promtail || exit 1
most_kib=$1 folder=$2
shift 2

# shellcheck disable=SC2329 # `trap` calls it
# Stopped, Promtail would try for ever to hand over the rest, where Loki is away.
stop() {
  kill -TERM "${promtail:-}" 2>/dev/null
  for _ in {1..50}; do
    kill -0 "${promtail:-}" 2>/dev/null || break
    sleep 0.1
  done
  exit 0
}

get() { # host port path
  { exec 3<>"/dev/tcp/$1/$2"; } 2>/dev/null &&
    printf 'GET %s HTTP/1.0\r\n\r\n' "$3" >&3 && cat <&3
}

# What is delivered: of the containers that were running, and of those that had ended.
delivered() {
  awk -F'"' '
    /cursor-/ && $2 > latest[$1] { latest[$1] = $2 }
    END { print "positions:"; for (key in latest) printf "%s\"%s\"\n", key, latest[key] }
  ' delivered.yml ended.yml
}

# Promtail finds running containers only. Those that ended while nobody read are read once after
# each start by a second one, until there was nothing more for a minute. It looks for them once the
# first has found all that run, which takes up to 5 s: one that ends in between would be read by none.
ended() {
  local now seen='' quiet=0
  sleep 15
  GOMEMLIMIT=48MiB promtail -config.file=/etc/promtail/ended.yml &
  while ((quiet < 12)); do
    sleep 5
    now=$(get localhost 9081 /metrics | awk '
      /^promtail_docker_target_entries_total/ { read = $NF }
      /^promtail_encoded_bytes_total/ { waiting += $NF }
      /^promtail_(sent|dropped)_bytes_total/ { waiting -= $NF }
      END { if (NR && !waiting) print read }')
    if [ -n "$now" ] && [ "$now" = "$seen" ]; then quiet=$((quiet + 1)); else quiet=0; fi
    seen=$now
  done
  kill -KILL %1 && wait %1 2>/dev/null
  mv ended.part ended.yml
}

trap stop TERM INT
rm -rf wal ended.part
mkdir wal
touch ended.yml
[ -e delivered.yml ] || cp positions.yml delivered.yml 2>/dev/null || touch delivered.yml
delivered >start.yml && cp start.yml positions.yml && cp start.yml ended.part || exit 1
if [ -e full ]; then
  echo "start.sh: no room for lines that wait: reading goes on once Loki is ready" >&2
  # Without room on the disk it would end at once, again and again.
  until get loki 3100 /ready | grep -q '200 OK' &&
    (($(df --output=avail . | tail -n 1) > 262144)); do sleep 1; done
  rm full
fi

promtail "$@" &
promtail=$!
ended &
perl /etc/promtail/watch.pl "$most_kib" "$folder" start.yml &
wait -n "$promtail" $!
code=$?
if ((code == 3)); then touch full; fi
exit "$((code ? code : 1))"
