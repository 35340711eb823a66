#!/bin/sh
# As in the official image: `docker run IMAGE --version` and `docker run IMAGE app.js` mean node.
set -e
if [ "${1#-}" != "$1" ] || ! command -v "$1" >/dev/null || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
    set -- node "$@"
fi
exec "$@"
