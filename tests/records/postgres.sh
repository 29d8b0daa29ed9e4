#!/usr/bin/env bash
# A PostgreSQL server for the marked tests, on a loopback port, in a folder of its own.
#
#   eval "$(tests/records/postgres.sh start FOLDER PORT)"    sets TEST_POSTGRES_URL
#   tests/records/postgres.sh stop FOLDER
#   tests/records/postgres.sh again FOLDER PORT              starts it after a stop
#
# It does not wait for the disk: a power cut is no part of these tests, and a busy disk would outlast the short waits.
#
# Needs the package postgresql (apt-get install postgresql). PostgreSQL does not run as root: as root, its own user does.
set -euo pipefail

programs=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -n 1)
folder=$2
as_owner() {
    if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi
}

case $1 in
start)
    port=$3
    mkdir -p "$folder"
    [ "$(id -u)" != 0 ] || chown postgres "$folder"
    as_owner "$programs/initdb" -D "$folder/data" -U cds --auth=trust >"$folder.log" 2>&1
    as_owner "$programs/pg_ctl" -D "$folder/data" -w -o "-p $port -c listen_addresses=127.0.0.1 -c fsync=off -k $folder" \
        -l "$folder/server.log" start >>"$folder.log" 2>&1
    echo "export TEST_POSTGRES_URL=postgresql://cds@127.0.0.1:$port/postgres"
    ;;
again)
    as_owner "$programs/pg_ctl" -D "$folder/data" -w -o "-p $3 -c listen_addresses=127.0.0.1 -c fsync=off -k $folder" \
        -l "$folder/server.log" start >>"$folder.log" 2>&1
    ;;
stop)
    as_owner "$programs/pg_ctl" -D "$folder/data" -w -m fast stop >/dev/null
    ;;
esac
