#!/bin/sh
# Starts and stops the processes of ./fleet. Below $data each process has the files run/NAME.pid and
# log/NAME.log.
set -eu

: "${data=}" # ./fleet sets $data after it has read its options.

say() { echo "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# Prints a message and the end of a process's log, and exits with code 1.
fail_with_log() { # NAME WHAT
    say "$1 $2. The end of $data/log/$1.log:"
    tail -n 15 "$data/log/$1.log" | sed 's/^/    /' >&2
    exit 1
}

# Takes a lock until this script ends, because only one ./fleet at a time may change a fleet.
lock() {
    exec 9>"$data/lock"
    flock -n 9 || fail "Another ./fleet is running on $data; wait until it ends."
}

# Prints the start time of a process and the id of the boot. The process id and this output together are
# unique. A later process with the same id is therefore not mistaken for the process of the fleet.
start_of() { # PID
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The state follows the name in parentheses. The start time is field 20 counted from the state (proc(5)).
    # shellcheck disable=SC2086 # The text must be split into one argument per field.
    set -- ${stat##*) }
    case $1 in Z | X) return 1 ;; esac
    read -r boot </proc/sys/kernel/random/boot_id
    echo "${20} $boot"
}

# Prints the process id if a process of the fleet is alive; fails otherwise.
pid_of() { # NAME
    { read -r noted_pid noted_start <"$data/run/$1.pid"; } 2>/dev/null || return 1
    current=$(start_of "$noted_pid") && [ "$current" = "$noted_start" ] && echo "$noted_pid"
}

is_alive() { pid_of "$1" >/dev/null; }

is_gone() { ! is_alive "$1"; }

started=''

# Starts a process in a session of its own, so that it continues after this script and its terminal have
# ended.
start() { # NAME COMMAND…
    say "Starting $1 on $(address_of "$1")"
    # While $noting is set, interrupt() does not end this script. Otherwise a signal could end this script
    # after the process has started and before its id is in run/NAME.pid.
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

# Makes this script stop the processes that it has started ($started) if it fails or receives a signal.
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

# Repeats a command until it succeeds. Fails after SECONDS, or as soon as the process NAME has ended.
await() { # SECONDS NAME COMMAND…
    deadline=$(($(date +%s) + $1)) awaited=$2
    shift 2
    until "$@"; do
        is_alive "$awaited" && [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.1
    done
}

# Sends the first signal to the processes and waits up to 30 s until they have ended. Sends the next signal to
# the processes that are still alive, and so on. Fails if a process is alive after the last signal.
stop() { # NAMES SIGNAL…
    stopping=$1
    shift
    for name in $stopping; do is_gone "$name" || say "Stopping $name"; done
    for signal; do
        for name in $stopping; do
            pid=$(pid_of "$name") || continue
            # A suspended process handles the signal only after it is resumed (SIGCONT).
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
    # Format of /proc/net/tcp (proc(5)): local address, remote address, state. The state 0A means listening.
    grep -qs "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") [0-9A-F]*:[0-9A-F]* 0A " \
        /proc/net/tcp /proc/net/tcp6
}
