#!/usr/bin/env bash
# Starts or stops a one-node Slurm for tests: as root, on one machine, without systemd, cgroups or accounting.
#
#   scripts/slurm-single-node.sh start FOLDER   write FOLDER/slurm.conf, start everything and wait until the node is idle
#   scripts/slurm-single-node.sh stop FOLDER    stop everything
#
# Then `export SLURM_CONF=FOLDER/slurm.conf`. Needs the packages slurm-wlm and munge.
set -euo pipefail

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || usage
command=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
export SLURM_CONF="$folder/slurm.conf"

# Retries a command for the given number of seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.5
  done
}

credentials_work() { munge -n | unmunge; }
node_is_idle() { [ "$(sinfo --noheader --format %T)" = idle ]; }

give_up() {
  echo "error: $1" >&2
  for log in "$folder"/munged.log "$folder"/slurmctld.log "$folder"/slurmd.log; do
    [ -s "$log" ] && { echo "-- $log" >&2; tail -n 40 "$log" >&2; }
  done
  sinfo --Node --long >&2 || true
  exit 1
}

# Credentials expire soon, because a requeued job waits that long. Two jobs must run in parallel, even on one core,
# because the
# tests are about parallel jobs.
write_configuration() {
  local memory cores
  memory=$(awk '/^MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo)
  cores=$(nproc)
  [ "$cores" -ge 2 ] || cores=2
  cat >"$SLURM_CONF" <<END
ClusterName=single
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ReturnToService=2
MpiDefault=none
SchedulerParameters=sched_interval=5,bf_interval=5
KillWait=2
MinJobAge=600
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
}

start() {
  [ "$(id -u)" = 0 ] || give_up "must be started by root, got user $(id -un)"
  mkdir -p "$folder/state" "$folder/spool"
  write_configuration
  if ! credentials_work >/dev/null 2>&1; then
    install -d -o munge -g munge -m 755 /run/munge
    install -d -o munge -g munge -m 700 /var/lib/munge /var/log/munge
    # The log is in the folder; munged runs as its own user, which may have no shell.
    setpriv --reuid munge --regid munge --clear-groups /usr/sbin/munged >"$folder/munged.log" 2>&1 ||
      give_up "munged does not start"
    within 20 credentials_work || give_up "munged does not answer"
    cp /run/munge/munged.pid "$folder"
  fi
  slurmctld || give_up "slurmctld does not start"
  slurmd || give_up "slurmd does not start"
  within 60 node_is_idle || give_up "the node is not idle after a minute"
  sinfo
}

stop() {
  local daemon
  for daemon in slurmd slurmctld munged; do
    [ ! -s "$folder/$daemon.pid" ] || kill "$(cat "$folder/$daemon.pid")" || true
  done
}

case $command in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
