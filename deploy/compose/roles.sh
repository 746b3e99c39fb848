#!/bin/sh
# Makes the roles of Terse and of the replicas, once, when the primary gets its empty database.
set -eu

psql -q -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    -v database="$POSTGRES_DB" \
    -v terse="$(cat "/run/secrets/terse-password")" \
    -v replicator="$(cat "/run/secrets/replication-password")" <<'SQL'
CREATE ROLE terse LOGIN PASSWORD :'terse';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator';
ALTER DATABASE :"database" OWNER TO terse;
SQL
echo 'host replication replicator all scram-sha-256' >>"$PGDATA/pg_hba.conf"
