#!/usr/bin/env bash
# Makes the machine that vm.sh boots, from Debian packages: an arm64 sid root with GStreamer, Node and the kernel's own modules, the
# fake hardware built for that kernel, the device tree, and an initrd that mounts the root over 9p. As root, once: about 4 minutes
# and 3 GB. Prints the machine's folder, which is made when it is not in the cache. README.md says which variables it takes.
set -euo pipefail

here=$(dirname "$(readlink -f "$0")")
name=drivers
# shellcheck source=conformance/machine/making.sh
. "$here/../machine/making.sh"

# What the drivers program belongs to their version.
kernel=${V4L2_STATELESS_DRIVERS_KERNEL:-7.2.13+deb14-arm64}
koffi=3.3.4
options=(--quiet --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='APT::Install-Recommends "false"'
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*')

# Packages are unpacked and not configured, so that nothing of arm64 has to run here.
guest_root() {
  say "unpacking arm64 packages from $mirror"
  mmdebstrap --variant=extract --architectures=arm64 "${options[@]}" \
    --include="linux-image-$kernel,busybox-static,bash,coreutils,kmod,udev,nodejs" \
    --include=gstreamer1.0-plugins-bad,gstreamer1.0-plugins-good,gstreamer1.0-plugins-base,gstreamer1.0-tools \
    sid "$root" "$mirror" || { say "the mirror has no linux-image-$kernel, or not its packages: README.md, The machine"; return 1; }
  # What the packages' scripts would have made, as far as it is needed.
  local folder applet
  for folder in bin sbin lib; do [ -e "$root/$folder" ] || ln -s "usr/$folder" "$root/$folder"; done
  mkdir -p "$root"/{dev,proc,sys,run,tmp,root,var/tmp,project,corpus,share,usr/local/lib,usr/local/bin}
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  printf 'root:x:0:\nvideo:x:44:\n' >"$root/etc/group"
  for applet in sh mount umount awk grep sed ps; do [ -e "$root/usr/bin/$applet" ] || ln -s busybox "$root/usr/bin/$applet"; done
}

# The checkout's node_modules have koffi for this machine's processor; the loader goes on to /node_modules for the other one.
guest_koffi() {
  local work
  work=$(mktemp -d)
  (cd "$work" && echo '{}' >package.json &&
    npm install --no-save --no-audit --no-fund --ignore-scripts --os=linux --cpu=arm64 --libc=glibc "koffi@$koffi")
  mv "$work/node_modules" "$root/node_modules"
  rm -r "$work"
}

# Debian's arm64 headers install on amd64, where they bring the cross compiler and build tools that run here. In a root of its own,
# because a cross compiler and gcc-multilib exclude each other.
build_root() {
  say "building the fake hardware for Linux $kernel"
  mmdebstrap --variant=apt --architectures=amd64,arm64 "${options[@]}" \
    --include="make,gcc-aarch64-linux-gnu,linux-headers-$kernel:arm64,libc6-dev-arm64-cross" sid "$tools" "$mirror"
  cp -r "$here/fakehw" "$tools/fakehw"
  cp "$here/fields/replay.c" "$tools/replay.c"
  chroot "$tools" make -s -C "/usr/src/linux-headers-$kernel" M=/fakehw ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- modules
  chroot "$tools" aarch64-linux-gnu-strip -g /fakehw/fakehw.ko
  chroot "$tools" aarch64-linux-gnu-gcc -O2 -Wall -Werror -static -o /replay /replay.c
  install -D -t "$root/usr/lib/modules/$kernel/extra" "$tools/fakehw/fakehw.ko"
  install -t "$root/usr/local/bin" "$tools/replay"
  depmod -b "$root" "$kernel"
  rm -rf "$tools"
}

# qemu's own tree and the decoders.
device_tree() {
  local tree
  tree=$(mktemp -d)
  qemu-system-aarch64 -M "virt,gic-version=3,dumpdtb=$tree/virt.dtb" -cpu cortex-a72 -smp 1 -m 2048 -nographic -nic none
  dtc -q -I dtb -O dts "$tree/virt.dtb" | cat - "$here/decoders.dtsi" | dtc -q -I dts -O dtb -o "$machine/decoders.dtb" -
  rm -r "$tree"
}

build() {
  root=$machine/root tools=$machine/tools
  host_packages "qemu-system-aarch64 mmdebstrap dtc cpio modprobe xz" \
    "qemu-system-arm mmdebstrap device-tree-compiler cpio kmod xz-utils"
  mirror=$(chosen_mirror V4L2_STATELESS_DRIVERS_MIRROR)
  guest_root
  guest_koffi
  build_root
  device_tree
  make_initrd "$root" "$kernel" /project/conformance/drivers/guest.sh
  cp "$root/usr/lib/modules/$kernel/vmlinuz" "$machine/vmlinuz" 2>/dev/null || cp "$root/boot/vmlinuz-$kernel" "$machine/vmlinuz"
  {
    echo "Linux ${kernel%%+*}"
    # libgstreamer-1.0.so.0.2808.0 is that of 1.28.8.
    basename "$root"/usr/lib/*/libgstreamer-1.0.so.0.*.0 | awk -F. '{ printf "GStreamer 1.%d.%d\n", $5 / 100, $5 % 100 }'
  } >"$machine/versions"
}

made_once "${V4L2_STATELESS_DRIVERS_CACHE:-/var/cache/v4l2-stateless-drivers}" "$here/image.sh" "$here/decoders.dtsi" \
  "$here"/fakehw/* "$here/fields/replay.c" "$here/../machine/making.sh" "$here/../machine/initrd.sh" <(echo "$kernel")
