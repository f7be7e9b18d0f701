# For the image.sh of a machine, which sources it: the cache, the mirror, the host's packages and the initrd.

# Prints to the terminal; everything else goes to the machine's log.
say() { echo "$name machine: $*" >&3; }

# The mirror that this machine's apt uses for its own release of Debian.
own_mirror() {
  local release
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}|stable|testing|unstable|sid")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="^($release)\$" '$1 ~ /^https?:.*\/debian\// && $2 ~ release && $3 == "main" { print $1; exit }'
}

# chosen_mirror VARIABLE: what the variable names, else the machine's own mirror.
chosen_mirror() {
  local mirror=${!1:-$(own_mirror)}
  [ -n "$mirror" ] || { say "apt has no Debian mirror here; name one in $1"; return 1; }
  echo "$mirror"
}

# host_packages COMMANDS PACKAGES: installs the packages where one of the commands is missing.
host_packages() {
  local command
  for command in $1; do
    [ -z "$(command -v "$command")" ] || continue
    say "installing $2"
    apt-get update -qq
    # shellcheck disable=SC2086 # words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $2
    return
  done
}

# make_initrd ROOT VERSION GUEST: an initrd that mounts the root over 9p, and goes on with the checkout's script GUEST.
make_initrd() {
  local root=$1 version=$2 guest=$3 tree module number=10
  tree=$(mktemp -d)
  mkdir -p "$tree"/{bin,dev,proc,root,modules}
  install "$root/usr/bin/busybox" "$tree/bin/busybox"
  install "$(dirname "${BASH_SOURCE[0]}")/initrd.sh" "$tree/init"
  echo "$guest" >"$tree/guest"
  # In the order of their dependencies, which is the order of their names in the initrd.
  modprobe -d "$root" -S "$version" -a --show-depends 9pnet_virtio 9p | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
    while read -r module; do
      case $module in
      *.xz) xz -dc "$module" ;;
      *) cat "$module" ;;
      esac >"$tree/modules/$number.ko"
      number=$((number + 1))
    done
  (cd "$tree" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$machine/initrd"
  rm -r "$tree"
}

# made_once CACHE FILES...: prints the folder of the machine that belongs to these files; `build` makes it where it is not there.
# Machines of other versions of the files stay, for other checkouts.
made_once() {
  local cache=$1
  shift
  machine=$cache/$(cat "$@" | sha256sum | cut -c 1-12)
  mkdir -p "$cache"
  exec 9>"$cache/lock"
  flock 9
  if [ ! -e "$machine/complete" ]; then
    exec 3>&2
    [ "$(id -u)" -eq 0 ] || { say "only root can make it"; exit 1; }
    rm -rf "$machine"
    mkdir -p "$machine"
    trap '[ -e "$machine/complete" ] || { tail -n 20 "$machine/log" >&3; say "not made; all of the above is in $machine/log"; }' EXIT
    build >"$machine/log" 2>&1 9>&-
    touch "$machine/complete"
  fi
  echo "$machine"
}
