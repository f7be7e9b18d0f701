#!/bin/sh
# Runs in the machine as its first process: mounts, devices, driver, then the host's command; its status goes back to the host.
mount9p() { mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"; }
mount -t sysfs sys /sys
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts pts /dev/pts
for folder in /dev/shm /tmp /run /var/tmp /root; do mount -t tmpfs tmpfs "$folder"; done
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
# Both ends see at once what the other writes.
mkdir /run/job
mount9p job /run/job rw,cache=none
mount9p share /share rw,cache=none
if [ -e /run/job/corpus ]; then mount9p corpus /corpus ro,cache=loose; fi
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export V4L2_STATELESS_CORPUS=/corpus GST_REGISTRY=/tmp/gstreamer.registry
cp /usr/local/lib/gstreamer.registry "$GST_REGISTRY"

/lib/systemd/systemd-udevd --daemon 2>/dev/null
# shellcheck disable=SC2046 # words
modprobe visl $(cat /run/job/parameters)
# GStreamer finds its devices through udev, and this script its ports to the host.
udevadm trigger --action=add --subsystem-match=video4linux --subsystem-match=media --subsystem-match=virtio-ports
udevadm settle

cd /project || exit
touch /run/job/begun
# Ports of virtio-serial: the host has at once what they get.
bash /run/job/command >/dev/virtio-ports/out 2>/dev/virtio-ports/err </dev/null
echo $? >/run/job/status
sync
echo o >/proc/sysrq-trigger
sleep 10
