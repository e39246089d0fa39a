# Ends the server after its last user, however that one went. Run by /bin/sh with: base directory, socket directory,
# linger in seconds. It runs as the server's user, so the locks are taken on files that it can only read.
base=$1 socket=$2 linger=$3
trap '' HUP INT TERM

# macOS has no flock program; Perl, which it has, locks the very same open file.
if command -v flock >/dev/null 2>&1; then
    lock_now() { flock -x -n "$1"; }
    lock() { flock -x "$1" 8<&-; }
    unlock() { flock -u "$1"; }
else
    # shellcheck disable=SC2016 # Perl expands these.
    locking='open(my $f, "<&=", $ARGV[0]) or exit 1; exit(flock($f, $ARGV[1]) ? 0 : 1)'
    lock_now() { perl -e "$locking" "$1" 6; }
    lock() { perl -e "$locking" "$1" 2 8<&-; }
    unlock() { perl -e "$locking" "$1" 8; }
fi

# Whether the process is a postmaster of this cluster and not a dead one's number given to another program.
ours() {
    kill -0 "$1" 2>/dev/null || return 1
    [ ! -e /proc/self/cwd ] || [ "$(readlink "/proc/$1/cwd")" = "$base/postgres" ]
}

exec 8<"$base/postgres.watchdog.lock" 9<"$base/postgres.users.lock" || exit 1
lock_now 8 || exit 0

pid_file=$base/postgres/postmaster.pid
while :; do
    lock 9 || exit 1
    # Stopped already. A server that was being started when its only user was killed writes its file in a moment.
    [ -s "$pid_file" ] || sleep 0.2 8<&- 9<&-
    [ -s "$pid_file" ] || exit 0
    visit=$(cat "$base/postgres.users.lock")
    unlock 9
    sleep "$linger" 8<&- 9<&-
    if lock_now 9 && [ "$visit" = "$(cat "$base/postgres.users.lock")" ]; then
        break
    fi
    unlock 9
done

# From here to the end nobody can join: the lock is ours.
read -r pid 2>/dev/null <"$pid_file" || exit 0
case $pid in '' | 0 | *[!0-9]*) exit 0 ;; esac
ours "$pid" || exit 0
kill -INT "$pid"
waits=0
while ours "$pid"; do
    waits=$((waits + 1))
    # After a minute no clean end is in sight: the crash-safe one.
    [ "$waits" -ne 1200 ] || kill -QUIT "$pid"
    [ "$waits" -lt 1300 ] || exit 1
    sleep 0.05
done
rmdir "$socket" 2>/dev/null
exit 0
