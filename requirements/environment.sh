# Sourced by ./solo and ./test: finds or makes the virtual environment of one lock file.
#
#   environment LOCK    sets $python to an interpreter that has what requirements/LOCK.txt pins
#
# Environments lie outside the clone, in a folder named after the lock's hash: for root where every
# user can read them, for others in their cache. They are made beside and renamed, so that two at
# once are fine. The way of every later call starts one program (sha256sum, 1 ms) and no other.

environment() {
    _lock=$here/requirements/$1.txt
    _key=$(sha256sum <"$_lock") || fail "cannot read \"$_lock\"; the clone is damaged: clone it again"
    _rest=${_key#????????????????}
    _key=$1-${_key%"$_rest"}

    # A link that dangles means that the system's Python was replaced: made again, for the new one.
    python=/var/lib/solo-launcher/$_key/bin/python
    [ -x "$python" ] && return
    if [ ! -w /var/lib ]; then
        _user=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}/solo
        python=$_user/$_key/bin/python
        [ -x "$python" ] && return
        # Without a home that can be written, a folder of this user's own below the temporary one.
        mkdir -p "$_user" 2>/dev/null && [ -w "$_user" ] || {
            _user=${TMPDIR:-/tmp}/solo-launcher-$(id -u)
            mkdir -m 700 "$_user" 2>/dev/null
            [ -O "$_user" ] && [ -w "$_user" ] && [ ! -L "$_user" ] ||
                fail "cannot write \"${HOME:-(no home)}\" nor \"$_user\"; set XDG_CACHE_HOME to a folder of yours"
            python=$_user/$_key/bin/python
            [ -x "$python" ] && return
        }
    fi
    _make "$_lock" "${python%/bin/python}"
}

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    printf 'ERROR %s\n' "$*" >&2
    exit 1
}

# The system's own Python: one that every user can run, which a shim below a home is not.
_system_python() {
    for _python in /usr/bin/python3 /usr/bin/python3.1[0-9] /usr/local/bin/python3; do
        [ -x "$_python" ] && "$_python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 10))' &&
            return
    done
    install_packages python3 || fail 'cannot find Python 3.10 or newer in /usr/bin; install the package python3'
    _python=/usr/bin/python3
}

# Runs a command as root; false when this user can't.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Installs packages of the distribution, waiting for others that install; quiet when it works, and
# also where this user can't become root: the caller says what to do.
install_packages() {
    as_root true 2>/dev/null || return
    say "installing $*"
    _log=$(mktemp) || return
    for _wait in 0 2 10 30 60; do
        sleep "$_wait"
        if as_root env DEBIAN_FRONTEND=noninteractive sh -c '
            install() { apt-get -y -q -o DPkg::Lock::Timeout=600 --no-install-recommends install "$@"; }
            install "$@" || { apt-get -q update && install "$@"; }' sh "$@" >"$_log" 2>&1 </dev/null
        then
            rm -f "$_log"
            return 0
        fi
        # Only a lock held by somebody else passes by waiting.
        grep -q 'Could not get lock\|Unable to acquire' "$_log" || break
    done
    sed 's/^/  /' "$_log" >&2
    rm -f "$_log"
    return 1
}

_make() {
    _system_python
    say "making the environment of requirements/$(basename "$1") in $2 (once)"
    "$_python" -I -c 'import ensurepip, venv' 2>/dev/null || install_packages python3-venv ||
        fail 'cannot make an environment: Python has no ensurepip; install the package python3-venv, for example with "sudo apt-get install python3-venv"'
    (
        umask 022
        mkdir -p "${2%/*}" || exit
        _new=$2.$$
        trap 'rm -rf "$_new"' EXIT
        trap 'exit 1' HUP INT TERM
        # The interpreter's own name (python3.11): the environment breaks visibly when it goes.
        "$(readlink -f "$_python")" -I -m venv "$_new" >&2 &&
            "$_new/bin/python" -I -m pip install --quiet --disable-pip-version-check \
                --no-warn-script-location --use-pep517 --require-hashes --requirement "$1" >&2 || exit
        # The name of a broken environment is taken only by its heir; another's heir is as good.
        [ -x "$2/bin/python" ] || rm -rf "$2"
        mv -T "$_new" "$2" 2>/dev/null || [ -x "$2/bin/python" ]
    ) || fail "cannot make the environment \"$2\": see above; run this again when that is mended"
}
