#!/bin/sh
# A private pcscd with two virtual readers, for tests and for trying things by hand. Several run side by side: each has
# its own folder over /run/pcscd in its own mount namespace, its own two TCP ports, and the library of vpcd-local.c.
#
#   rig.sh check                 says what is missing, exit 1; nothing and 0 when all is there
#   rig.sh run DIR PORT          runs it in the foreground, in this very process
#   rig.sh start [DIR] [PORT]    starts it, waits until both readers listen, prints the variables to use
#   rig.sh stop [DIR]            stops the one that start left in DIR, by its process id
set -eu
here=$(cd "$(dirname "$0")" && pwd)
command=${1:-}
dir=${2:-${TMPDIR:-/tmp}/cccd-rig}
port=${3:-35963}
driver=

find_driver() {
	for candidate in /usr/lib/pcsc/drivers/serial/libifdvpcd.so /usr/local/lib/pcsc/drivers/serial/libifdvpcd.so; do
		if [ -e "$candidate" ]; then driver=$candidate; fi
	done
}

check() {
	find_driver
	if ! [ -x /usr/sbin/pcscd ]; then echo "pcscd is not installed (apt-get install pcscd)"; return 1; fi
	if [ -z "$driver" ]; then echo "the virtual reader is not installed (apt-get install vsmartcard-vpcd)"; return 1; fi
	if ! command -v cc >/dev/null; then echo "there is no C compiler (apt-get install gcc libc6-dev)"; return 1; fi
	if ! command -v unshare >/dev/null; then echo "unshare is not installed (apt-get install util-linux)"; return 1; fi
	if ! unshare $(namespaces) true 2>/dev/null; then echo "mount namespaces are not allowed here"; return 1; fi
}

namespaces() {
	if [ "$(id -u)" = 0 ]; then echo -m; else echo -rm; fi
}

# With RIG_FOLLOW_PARENT set, the kernel ends the daemon when whoever started it is gone, however it went.
follow() {
	if [ -n "${RIG_FOLLOW_PARENT:-}" ] && command -v setpriv >/dev/null; then echo setpriv --pdeathsig KILL; fi
}

listening() {
	grep -qi "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

run() {
	check >&2
	mkdir -p "$dir/run"
	rm -f "$dir/run/pcscd.comm" "$dir/run/pcscd.pid"
	cc -shared -fPIC -O2 -o "$dir/vpcd-local.so" "$here/vpcd-local.c" -ldl
	printf 'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:0x%04X\nLIBPATH %s\nCHANNELID 0x%04X\n' \
		"$port" "$driver" "$port" >"$dir/reader.conf"
	# No shell stays between: the process id of this script becomes that of pcscd.
	exec $(follow) unshare $(namespaces) sh -c '
		mkdir -p /run/pcscd && mount --bind "$1/run" /run/pcscd && echo $$ >"$1/pid" &&
		LD_PRELOAD="$1/vpcd-local.so" exec /usr/sbin/pcscd --foreground --error --config "$1/reader.conf"' sh "$dir"
}

case $command in
check) check ;;
run) run ;;
start)
	mkdir -p "$dir"
	nohup "$0" run "$dir" "$port" >"$dir/log" 2>&1 &
	for _ in $(seq 100); do
		if [ -S "$dir/run/pcscd.comm" ] && listening "$port" && listening $((port + 1)); then
			echo "PCSCLITE_CSOCK_NAME=$dir/run/pcscd.comm"
			echo "CCCD_VPCD_PORT=$port"
			exit 0
		fi
		sleep 0.1
	done
	echo "pcscd did not start:" >&2
	cat "$dir/log" >&2
	exit 1
	;;
stop)
	if [ -f "$dir/pid" ]; then
		kill "$(cat "$dir/pid")" 2>/dev/null || true
		rm -f "$dir/pid"
	fi
	;;
*)
	sed -n 's/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
