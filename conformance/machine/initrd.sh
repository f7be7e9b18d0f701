#!/bin/busybox sh
# The first program of a machine: mounts its root from the host, and goes on with the script that /guest names.
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in /modules/*.ko; do /bin/busybox insmod "$module"; done
mount9p() { /bin/busybox mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"; }
read -r guest </guest
mount9p root /root ro,cache=loose && mount9p project /root/project ro,cache=loose && exec /bin/busybox chroot /root /bin/sh "$guest"
echo "no root" && /bin/busybox poweroff -f
