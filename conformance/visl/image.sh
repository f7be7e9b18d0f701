#!/usr/bin/env bash
# Makes the machine that vm.sh boots, from Debian packages: a sid root with GStreamer, v4l-utils, FFmpeg and Node, the visl driver
# built for its kernel, and an initrd that mounts the root over 9p. As root, once: about 3 minutes and 2.5 GB.
# Prints the machine's folder, which is made when it is not in the cache. README.md says which variables it takes.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
cache=${V4L2_STATELESS_VISL_CACHE:-/var/cache/v4l2-stateless-visl}
# A machine belongs to the files that it was made from; others stay for checkouts that are at other versions.
machine=$cache/$(cat "$here/image.sh" "$here/initrd.sh" | sha256sum | cut -c 1-12)
root=$machine/root

say() { echo "visl machine: $*" >&3; }
# objtool asks /proc for the limit of its stack; the mount goes with the command.
inside() { unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' inside "$root" "$@"; }

# The mirror that this machine's apt uses for its own release of Debian.
own_mirror() {
  local release
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}|stable|testing|unstable|sid")
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="^($release)\$" '$1 ~ /^https?:.*\/debian\// && $2 ~ release && $3 == "main" { print $1; exit }'
}

host_packages() {
  [ -n "$(command -v qemu-system-x86_64)" ] && [ -n "$(command -v debootstrap)" ] && return
  say "installing qemu and debootstrap"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends qemu-system-x86 debootstrap
}

guest_packages() {
  local mirror=${V4L2_STATELESS_VISL_MIRROR:-$(own_mirror)}
  [ -n "$mirror" ] || { say "apt has no Debian mirror here; name one in V4L2_STATELESS_VISL_MIRROR"; return 1; }
  say "debootstrap sid from $mirror"
  debootstrap --variant=minbase sid "$root" "$mirror"
  printf '%s\n' 'APT::Install-Recommends "false";' 'Acquire::Languages "none";' 'DPkg::Options { "--force-unsafe-io"; };' \
    >"$root/etc/apt/apt.conf.d/99visl"
  printf '%s\n' 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/locale/*' \
    >"$root/etc/dpkg/dpkg.cfg.d/visl"
  # No package starts a service here, and the kernel's own initrd is not wanted.
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  say "installing packages"
  INITRD=No DEBIAN_FRONTEND=noninteractive inside apt-get install -y -qq \
    linux-image-amd64 linux-headers-amd64 linux-source gcc libc6-dev make xz-utils \
    gstreamer1.0-plugins-bad gstreamer1.0-plugins-good gstreamer1.0-plugins-base gstreamer1.0-tools \
    v4l-utils strace ffmpeg nodejs kmod udev busybox-static
  inside apt-get clean
}

# Debian builds neither visl nor v4l2-mem2mem for this architecture. The trace headers include themselves by their path below the
# headers' top, so both are built there.
driver() {
  local version=$1 source headers
  say "building visl for Linux $version"
  source=$(basename "$root"/usr/src/linux-source-*.tar.xz .tar.xz)
  headers=$root/usr/src/linux-headers-${version%-*}-common
  inside tar -C "${headers#"$root"}" --strip-components=1 -xf "/usr/src/$source.tar.xz" \
    "$source/drivers/media/test-drivers/visl" "$source/drivers/media/v4l2-core/v4l2-mem2mem.c"
  rm "$root/usr/src/$source.tar.xz"
  local visl=$headers/drivers/media/test-drivers/visl
  mv "$headers/drivers/media/v4l2-core/v4l2-mem2mem.c" "$visl"
  echo 'obj-m += v4l2-mem2mem.o' >>"$visl/Makefile"
  # visl looks for these two controls and traces them, and does not register them.
  sed -i '/visl_hevc_ctrl_descs\[\] = {/a\
	{ .cfg.id = V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS, .cfg.dims = { 64 } },\
	{ .cfg.id = V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS, .cfg.dims = { 32 } },' "$visl/visl-core.c"
  grep -q EXT_SPS_ST_RPS "$visl/visl-core.c"
  inside make -s -C "/usr/src/linux-headers-$version" "M=${visl#"$root"}" \
    CONFIG_VIDEO_VISL=m CONFIG_VISL_DEBUGFS=y KCFLAGS=-DCONFIG_VISL_DEBUGFS=1 modules
  install -D -t "$root/lib/modules/$version/extra" "$visl/visl.ko" "$visl/v4l2-mem2mem.ko"
  inside depmod "$version"
}

initrd() {
  local version=$1 tree module
  tree=$(mktemp -d "$root/tmp/initrd.XXXXXX")
  mkdir -p "$tree"/{bin,dev,proc,root,modules}
  install "$root/bin/busybox" "$tree/bin/busybox"
  install "$here/initrd.sh" "$tree/init"
  # In the order of their dependencies, which is the order of their names in the initrd.
  local number=10
  inside modprobe -S "$version" -a --show-depends 9pnet_virtio 9p | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' |
    while read -r module; do
      case $module in
      *.xz) inside xz -dc "$module" ;;
      *) inside cat "$module" ;;
      esac >"$tree/modules/$number.ko"
      number=$((number + 1))
    done
  inside sh -c "cd '${tree#"$root"}' && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1" >"$machine/initrd"
  rm -r "$tree"
  cp "$root/boot/vmlinuz-$version" "$machine/vmlinuz"
}

build() {
  host_packages
  guest_packages
  local version
  version=$(basename "$root"/lib/modules/*)
  driver "$version"
  initrd "$version"
  mkdir -p "$root"/{project,corpus,share}
  # GStreamer's scan of its plugins, which takes a minute in the machine.
  GST_REGISTRY=/usr/local/lib/gstreamer.registry inside gst-inspect-1.0
  {
    echo "Linux ${version%%+*}"
    inside gst-inspect-1.0 --version | grep -o 'GStreamer [0-9.]*'
  } >"$machine/versions"
  touch "$machine/complete"
}

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
fi
echo "$machine"
