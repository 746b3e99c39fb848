#!/bin/sh
# The PostgreSQL servers of ./fleet, named db1, db2, … The data of each server is in the folder $data/NAME,
# for example $data/db1. The script reads these folders to find the primary, because a failover may have
# promoted any server. PostgreSQL asks for no password, but accepts connections only from this machine.
set -eu

: "${root:?is set by ./fleet}" "${data=}" "${host_names=}"

programs=/usr/lib/postgresql/15/bin

# If this script runs as root, it starts PostgreSQL as the user postgres, because PostgreSQL refuses to run as
# root.
unprivileged=''
[ "$(id -u)" -ne 0 ] || unprivileged='setpriv --reuid=postgres --regid=postgres --clear-groups'

check_folder() {
    [ -n "$unprivileged" ] || return 0
    chmod a+x "$data"
    # shellcheck disable=SC2086 # The variable contains a command and its options.
    $unprivileged test -x "$data" || fail "PostgreSQL runs as the user postgres, which cannot reach $data:" \
        "a parent folder does not permit it. Choose another: ./fleet up --data /var/tmp/terse-fleet"
}

sql() { # HOST COMMAND…
    sql_host=$1
    shift
    for query; do
        shift
        set -- "$@" -c "$query"
    done
    timeout 5 "$programs/psql" -XAtq -v ON_ERROR_STOP=1 "$@" \
        "host=127.0.0.1 port=$(port_of "$sql_host") user=terse dbname=postgres connect_timeout=2" 2>/dev/null
}

role_of() { # HOST
    case $(is_alive "$1" && sql "$1" 'SELECT pg_is_in_recovery()') in
        t) echo replica ;;
        f) echo primary ;;
        *) echo unknown ;;
    esac
}

answers() { [ "$(sql "$1" 'SELECT 1')" = 1 ]; } # HOST

is_replica() { [ -e "$data/$1/standby.signal" ]; } # HOST

# Prints the latest timeline that a host has written or followed. Also reads the history files in pg_wal,
# because a promotion writes the history file before the checkpoint. The result is therefore correct even if
# the host was killed before the checkpoint.
timeline_of() { # HOST
    {
        LC_ALL=C "$programs/pg_controldata" "$data/$1" | sed -n "s/^Latest checkpoint's TimeLineID: *//p"
        find "$data/$1/pg_wal" -name '????????.history' -exec basename {} .history ';' |
            while read -r history; do printf '%d\n' "0x$history"; done
    } | sort -n | tail -n 1
}

# Sets $primary to the host that is not a replica and is on the latest timeline of all hosts. A host that is
# not a replica but is on an earlier timeline is a former primary. Fails if no host or several hosts qualify,
# because a wrong guess could lose data.
find_primary() {
    primary='' latest=0
    for host in $host_names; do
        [ -d "$data/$host" ] || continue
        timeline=$(timeline_of "$host")
        [ -n "$timeline" ] || fail "$data/$host is not a readable PostgreSQL database; move it away."
        if [ "$timeline" -gt "$latest" ]; then
            primary='' latest=$timeline
        fi
        if [ "$timeline" -eq "$latest" ] && ! is_replica "$host"; then
            [ -z "$primary" ] || fail "$primary and $host are both primary on timeline $latest. Choose one" \
                "of them, and move the folder of the other away from $data."
            primary=$host
        fi
    done
    [ "$latest" -eq 0 ] || [ -n "$primary" ] || fail "No database in $data is the primary of timeline" \
        "$latest. Choose the replica with the most log; as the owner of its folder start, promote and" \
        "stop it with $programs/pg_ctl; then run ./fleet up."
}

# Builds the data folder of a host under the name NAME.new. The caller renames the folder when it is complete,
# so a folder called NAME is never incomplete.
create_folder() { # HOST COMMAND…
    created=$1
    shift
    rm -rf "$data/$created.new"
    mkdir -m 700 "$data/$created.new"
    [ -z "$unprivileged" ] || chown postgres:postgres "$data/$created.new"
    # shellcheck disable=SC2086 # The variable contains a command and its options.
    $unprivileged "$@" -D "$data/$created.new" </dev/null >>"$data/log/$created.log" 2>&1 ||
        fail_with_log "$created" "could not be created"
}

create_primary() {
    primary=db1 latest=1
    say "Creating a database in $data/$primary"
    create_folder "$primary" "$programs/initdb" -U terse -A trust -E UTF8 --locale=C --data-checksums
    cat "$root/deploy/fleet/postgresql.conf" >>"$data/$primary.new/postgresql.conf"
    mv "$data/$primary.new" "$data/$primary"
}

# Makes a host a replica of the primary. Keeps the host's previous data in NAME.former, because a former
# primary may have links that no other host has. An older NAME.former is deleted.
create_replica() { # HOST
    stop "$1" INT QUIT
    if [ -d "$data/$1" ]; then
        rm -rf "$data/$1.former"
        mv "$data/$1" "$data/$1.former"
        say "The previous data of $1 is kept in $data/$1.former"
    fi
    say "Copying $primary to $1"
    await 20 "$primary" drop_slot "$1" || fail "$primary did not drop the replication slot $1."
    create_folder "$1" "$programs/pg_basebackup" -R -X stream -C -S "$1" -c fast -d "$(source_of "$1")"
    mv "$data/$1.new" "$data/$1"
    start_host "$1"
    settles "$1" || fail_with_log "$1" "does not follow $primary"
}

source_of() { # HOST
    echo "host=127.0.0.1 port=$(port_of "$primary") user=terse application_name=$1"
}

drop_slot() { # HOST
    sql "$primary" "SELECT pg_drop_replication_slot('$1') FROM pg_replication_slots WHERE slot_name = '$1'" \
        >/dev/null
}

# Starts PostgreSQL on a host. After a reboot, the lock file may contain a process id that a different program
# now has. The lock file is therefore deleted if no process has the data folder as its working folder.
start_host() { # HOST
    if [ -e "$data/$1/postmaster.pid" ]; then
        for _ in $(seq 100); do
            [ -n "$(workers_in "$data/$1")" ] || break
            sleep 0.1
        done
        workers=$(workers_in "$data/$1")
        [ -z "$workers" ] ||
            fail "Processes that ./fleet did not start use $data/$1; stop them:" "$workers"
        rm -f "$data/$1/postmaster.pid"
    fi
    # shellcheck disable=SC2086 # The variable contains a command and its options.
    start "$1" $unprivileged "$programs/postgres" -D "$data/$1" -p "$(port_of "$1")"
}

workers_in() { # FOLDER
    find /proc -maxdepth 2 -name cwd -printf '%h %l\n' 2>/dev/null |
        while read -r process folder; do [ "$folder" != "$1" ] || echo "${process#/proc/}"; done
}

# Makes a running replica follow the current primary. Fails if the replica or the primary does not respond.
follow() { # HOST
    answers "$1" || return 1
    sql "$primary" "SELECT pg_create_physical_replication_slot('$1', true)
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '$1')" >/dev/null || return 1
    sql "$1" "ALTER SYSTEM SET primary_conninfo = '$(source_of "$1")'" \
        "ALTER SYSTEM SET primary_slot_name = '$1'" 'SELECT pg_reload_conf()' >/dev/null
}

# Succeeds if a replica streams from the primary. Two cases must not be taken for success. A replica that has
# diverged receives WAL only up to the point of divergence, and stays on an earlier timeline. If the primary
# no longer has the WAL that a replica needs, the replica connects again and again, but never reaches the
# state "streaming".
is_followed_by() { # HOST
    [ "$(sql "$1" "SELECT received_tli FROM pg_stat_wal_receiver")" = "$latest" ] &&
        [ "$(sql "$primary" "SELECT state FROM pg_stat_replication
            WHERE application_name = '$1'")" = streaming ]
}

start_databases() {
    find_primary
    [ -n "$primary" ] || create_primary
    is_alive "$primary" || start_host "$primary"
    await 120 "$primary" answers "$primary" || fail_with_log "$primary" "does not respond"
    [ -n "$(sql "$primary" "SELECT 1 FROM pg_database WHERE datname = 'terse'")" ] ||
        sql "$primary" 'CREATE DATABASE terse' || fail_with_log "$primary" "does not create the database"
    # Existing replicas are handled first. A new copy produces WAL, so the primary may delete older WAL that
    # the existing replicas still need.
    for host in $host_names; do
        if [ "$host" != "$primary" ] && is_replica "$host"; then settle_replica "$host"; fi
    done
    for host in $host_names; do
        if [ "$host" = "$primary" ] || is_replica "$host"; then continue; fi
        [ ! -d "$data/$host" ] || say "$host was the primary before $primary and becomes a replica."
        create_replica "$host"
    done
}

# Makes a replica follow the primary. If the replica has diverged, or the primary has deleted WAL that the
# replica needs, creates the replica anew as a copy of the primary.
settle_replica() { # HOST
    is_alive "$1" || start_host "$1"
    if settles "$1"; then return 0; fi
    say "$1 cannot follow $primary and is copied anew."
    create_replica "$1"
}

settles() { # HOST
    await 60 "$1" follow "$1" && await 30 "$1" is_followed_by "$1"
}
