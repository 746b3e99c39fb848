#!/bin/sh
# Does with an empty folder what the entry point of PostgreSQL's image does, for tests without this image.
set -eu

export POSTGRES_USER=postgres
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # shellcheck disable=SC2086 # The options are a list.
    initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" -A trust $POSTGRES_INITDB_ARGS
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses=''" start
    createdb -U "$POSTGRES_USER" "$POSTGRES_DB"
    "$INITDB_SCRIPT"
    pg_ctl -w -m fast stop
fi
exec "$@"
