#!/bin/sh
# The build step that ./run and ./fleet share. The caller sets $root to the folder of the repository.
set -eu

: "${root:?is set by the caller}"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

if ! command -v dotnet >/dev/null; then
    echo "Terse needs the .NET 10 SDK, but 'dotnet' is not on PATH. Install it: https://dot.net/download" >&2
    exit 1
fi

# The executable searches for the .NET runtime in this folder.
export DOTNET_ROOT="${DOTNET_ROOT:-$(dirname -- "$(readlink -f "$(command -v dotnet)")")}"

# Builds a project only if a source file is newer than the executable. The lock lets only one build run at a
# time, because a second build must not overwrite the executable while its first user starts it.
build() { # PROJECT EXECUTABLE SOURCE…
    project=$root/$1 executable=$root/$2
    shift 2
    if ! is_current "$@"; then
        require_sdk
        mkdir -p "$root/artifacts"
        exec 9>"$root/artifacts/.build-lock"
        if command -v flock >/dev/null; then flock 9; fi
        if ! is_current "$@"; then
            dotnet build "$project" -c Release -nologo -v quiet -clp:NoSummary \
                -p:FastStart="${TERSE_FAST_START:-true}" </dev/null >&2 9>&-
            touch "$executable.dll"
        fi
        exec 9>&-
    fi
}

# 'find' prints the first newer file. If it fails, the build decides.
is_current() { # SOURCE…
    [ -x "$executable" ] || return 1
    newer=$(cd "$root" && find "$@" Directory.*.props global.json \
        -newer "$executable.dll" -type f -print -quit) && [ -z "$newer" ]
}

# Takes about 0.1 s, so only a build asks. The executable itself reports a missing runtime.
require_sdk() {
    (cd "$root" && dotnet --version >/dev/null 2>&1) && return
    echo "Terse needs the .NET 10 SDK (global.json), but 'dotnet' has no such SDK." \
        "Install it: https://dot.net/download" >&2
    exit 1
}
