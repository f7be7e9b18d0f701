#!/usr/bin/env bash
# Makes the machine that vm.sh boots, from Debian packages: a sid root with GStreamer, v4l-utils, FFmpeg and Node, the visl and vicodec
# drivers built for its kernel, and an initrd that mounts the root over 9p. As root, once: about 3 minutes and 2.5 GB.
# Prints the machine's folder, which is made when it is not in the cache. README.md says which variables it takes.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
name=visl
# shellcheck source=conformance/machine/making.sh
. "$here/../machine/making.sh"

# objtool asks /proc for the limit of its stack; the mount goes with the command.
inside() { unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' inside "$root" "$@"; }

guest_packages() {
  local mirror
  mirror=$(chosen_mirror V4L2_STATELESS_VISL_MIRROR)
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

# Debian builds neither visl, nor vicodec, nor v4l2-mem2mem for this architecture. The trace headers include themselves by their path
# below the headers' top, so all are built there.
drivers() {
  local version=$1 source headers
  say "building visl and vicodec for Linux $version"
  source=$(basename "$root"/usr/src/linux-source-*.tar.xz .tar.xz)
  headers=$root/usr/src/linux-headers-${version%-*}-common
  inside tar -C "${headers#"$root"}" --strip-components=1 -xf "/usr/src/$source.tar.xz" \
    "$source/drivers/media/test-drivers/visl" "$source/drivers/media/test-drivers/vicodec" \
    "$source/drivers/media/v4l2-core/v4l2-mem2mem.c"
  rm "$root/usr/src/$source.tar.xz"
  local visl=$headers/drivers/media/test-drivers/visl vicodec=$headers/drivers/media/test-drivers/vicodec
  mv "$headers/drivers/media/v4l2-core/v4l2-mem2mem.c" "$visl"
  echo 'obj-m += v4l2-mem2mem.o' >>"$visl/Makefile"
  # visl looks for these two controls and traces them, and does not register them.
  sed -i '/visl_hevc_ctrl_descs\[\] = {/a\
	{ .cfg.id = V4L2_CID_STATELESS_HEVC_EXT_SPS_ST_RPS, .cfg.dims = { 64 } },\
	{ .cfg.id = V4L2_CID_STATELESS_HEVC_EXT_SPS_LT_RPS, .cfg.dims = { 32 } },' "$visl/visl-core.c"
  grep -q EXT_SPS_ST_RPS "$visl/visl-core.c"
  inside make -s -C "/usr/src/linux-headers-$version" "M=${visl#"$root"}" \
    CONFIG_VIDEO_VISL=m CONFIG_VISL_DEBUGFS=y KCFLAGS=-DCONFIG_VISL_DEBUGFS=1 modules
  inside make -s -C "/usr/src/linux-headers-$version" "M=${vicodec#"$root"}" \
    CONFIG_VIDEO_VICODEC=m "KBUILD_EXTRA_SYMBOLS=${visl#"$root"}/Module.symvers" modules
  install -D -t "$root/lib/modules/$version/extra" "$visl/visl.ko" "$visl/v4l2-mem2mem.ko" "$vicodec/vicodec.ko"
  inside depmod "$version"
}

build() {
  root=$machine/root
  host_packages "qemu-system-x86_64 debootstrap cpio modprobe xz" "qemu-system-x86 debootstrap cpio kmod xz-utils"
  guest_packages
  local version
  version=$(basename "$root"/lib/modules/*)
  drivers "$version"
  make_initrd "$root" "$version" /project/conformance/visl/guest.sh
  cp "$root/boot/vmlinuz-$version" "$machine/vmlinuz"
  mkdir -p "$root"/{project,corpus,share}
  # GStreamer's scan of its plugins, which takes a minute in the machine.
  GST_REGISTRY=/usr/local/lib/gstreamer.registry inside gst-inspect-1.0
  {
    echo "Linux ${version%%+*}"
    inside gst-inspect-1.0 --version | grep -o 'GStreamer [0-9.]*'
  } >"$machine/versions"
}

made_once "${V4L2_STATELESS_VISL_CACHE:-/var/cache/v4l2-stateless-visl}" "$here/image.sh" "$here/../machine/making.sh" \
  "$here/../machine/initrd.sh"
