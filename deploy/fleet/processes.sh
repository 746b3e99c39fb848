#!/bin/sh
# The processes of ./fleet. Each part has the files run/NAME.pid and log/NAME.log below $data.
set -eu

: "${data=}" # set by ./fleet after it has read its options

say() { echo "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Fails, and shows the end of the log of a part.
fail_with_log() { # NAME WHAT
    say "$1 $2. The end of $data/log/$1.log:"
    tail -n 15 "$data/log/$1.log" | sed 's/^/    /' >&2
    exit 1
}

# Only one ./fleet at a time changes a fleet.
lock() {
    exec 9>"$data/lock"
    flock -n 9 || fail "Another ./fleet is running on $data; wait until it ends."
}

# Prints the start time of a process and the id of the boot, which together with the process id are unique.
start_of() { # PID
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The name in parentheses is followed by the state; the 20th field from there is the start time (proc(5)).
    # shellcheck disable=SC2086 # one word a field
    set -- ${stat##*) }
    case $1 in Z | X) return 1 ;; esac
    read -r boot </proc/sys/kernel/random/boot_id
    echo "${20} $boot"
}

# Prints the process id of a part that is alive.
pid_of() { # NAME
    { read -r noted_pid noted_start <"$data/run/$1.pid"; } 2>/dev/null || return 1
    current=$(start_of "$noted_pid") && [ "$current" = "$noted_start" ] && echo "$noted_pid"
}

is_alive() { pid_of "$1" >/dev/null; }

is_gone() { ! is_alive "$1"; }

started=''

# Starts a part in its own session, so that it continues after this script and its terminal have ended.
start() { # NAME COMMAND…
    say "Starting $1 on $(address_of "$1")"
    # A signal between the start and the note would leave a process without a note.
    noting=yes
    started="$1 $started"
    part_log=$data/log/$1.log part_note=$data/run/$1.pid
    shift
    setsid "$@" </dev/null >>"$part_log" 2>&1 9>&- &
    echo "$! $(start_of $!)" >"$part_note"
    noting=''
    [ -z "$interrupted" ] || exit 130
}

interrupted=''
noting=''

interrupt() {
    interrupted=yes
    [ -n "$noting" ] || exit 130
}

# If this script ends while $started is not empty, it stops the parts that it has started.
undo_unless_done() {
    trap interrupt INT TERM HUP
    trap undo EXIT
}

undo() {
    code=$?
    trap '' INT TERM HUP
    trap - EXIT
    if [ -n "$started" ]; then
        say "Stopping the started parts: $started"
        (stop_parts "$started") || true
    fi
    [ "$code" -eq 0 ] || rm -rf "$data"/db?.new
    exit "$code"
}

# Repeats a command until it succeeds, while a part is alive.
await() { # SECONDS NAME COMMAND…
    deadline=$(($(date +%s) + $1)) awaited=$2
    shift 2
    until "$@"; do
        is_alive "$awaited" && [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# Stops parts: sends the first signal, waits up to 30 s, then sends the next signal to the remaining parts.
stop() { # NAMES SIGNAL…
    stopping=$1
    shift
    for name in $stopping; do is_gone "$name" || say "Stopping $name"; done
    for signal; do
        for name in $stopping; do
            pid=$(pid_of "$name") || continue
            # A suspended process does not end before it is resumed.
            kill "-$signal" "$pid" 2>/dev/null || continue
            kill -CONT "$pid" 2>/dev/null || continue
        done
        for _ in $(seq 300); do
            are_gone "$stopping" && break 2
            sleep 0.1
        done
    done
    are_gone "$stopping" || fail "Some of these parts did not stop:$stopping"
    for name in $stopping; do rm -f "$data/run/$name.pid"; done
}

are_gone() { # NAMES
    for name in $1; do is_gone "$name" || return 1; done
}

is_listening() { # PORT
    # proc(5), net/tcp: local address, remote address, and 0A for a socket that listens.
    grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:[0-9A-F]* 0A " \
        /proc/net/tcp /proc/net/tcp6
}
