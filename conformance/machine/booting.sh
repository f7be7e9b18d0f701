# For the vm.sh of a machine, which sources it with its own arguments: options, shares, and the boot itself.
#
# The caller sets `here`, `qemu` (the command with processor and devices of the board), `append` (the kernel's command line) and
# `machine` after `parse_arguments`, and ends with `run_command`.

project=$(readlink -f "$here/../..")
corpus=${V4L2_STATELESS_CORPUS-$project/../shared/corpus}
share='' seconds=600 parameters='' processors=1

parse_arguments() {
  local option
  while getopts o:t:p:c: option; do
    case $option in
    o) share=$OPTARG ;;
    t) seconds=$OPTARG ;;
    p) parameters=$OPTARG ;;
    c) processors=$OPTARG ;;
    *) exit 2 ;;
    esac
  done
  command=("${@:OPTIND}")
  [ ${#command[@]} -gt 0 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
}

# 9p shares: tag, folder, what else. In an option of qemu, a comma of the path is written twice.
shares=()
share9p() {
  local path
  path=$(readlink -f "$2")
  shares+=(-virtfs "local,id=$1,path=${path//,/,,},mount_tag=$1,security_model=none,multidevs=remap$3")
}

port() { echo "-chardev file,id=$1,path=/dev/fdset/$2,append=on -add-fd fd=$2,set=$2 -device virtserialport,chardev=$1,name=$1"; }

boot() {
  exec 3> >(exec cat) && out=$!
  exec 4> >(exec cat >&2) && err=$!
  status=0
  # shellcheck disable=SC2046 # words
  timeout --foreground "$seconds" "${qemu[@]}" -smp "$processors" -m 2048 -kernel "$machine/vmlinuz" -initrd "$machine/initrd" \
    -append "$append quiet panic=-1" -nodefaults -no-user-config -display none -no-reboot -nic none \
    -serial "file:$work/console" "${shares[@]}" -device virtio-serial $(port out 3) $(port err 4) </dev/null || status=$?
  exec 3>&- 4>&-
  wait "$out" "$err"
}

# Boots the machine with the command, and exits with the command's status.
run_command() {
  local attempt
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/job"
  share=${share:-$work/share}
  mkdir -p "$share"
  printf '%q ' "${command[@]}" >"$work/job/command"
  echo "$parameters" >"$work/job/parameters"
  share9p root "$machine/root" ,readonly=on
  share9p project "$project" ,readonly=on
  share9p share "$share" ''
  share9p job "$work/job" ''
  if [ -d "$corpus" ]; then
    share9p corpus "$corpus" ,readonly=on
    touch "$work/job/corpus"
  fi
  # qemu's emulation has let a kernel crash while it boots; a command that has begun is never begun again.
  for attempt in 1 2 3; do
    boot
    [ "$status" -eq 0 ] && [ ! -e "$work/job/begun" ] || break
    echo "the machine did not come up (attempt $attempt)" >&2
  done
  if [ -s "$work/job/status" ]; then exit "$(cat "$work/job/status")"; fi
  cat "$work/console" >&2
  [ "$status" -ne 0 ] || status=125
  exit "$status"
}
