# For a machine's first script, which sources it: what is the same before and after the host's command.
mount9p() { mount -t 9p -o "trans=virtio,version=9p2000.L,msize=512000,$3" "$1" "$2"; }

begin() {
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
  export V4L2_STATELESS_CORPUS=/corpus
}

# GStreamer finds its devices in the database of udev, which notes those that appear from here on. Debian's rules start programs for each
# device, which takes longer than all the rest of a boot, and nothing here asks for what they find.
start_udev() {
  mount -t tmpfs tmpfs /usr/lib/udev/rules.d
  /usr/lib/systemd/systemd-udevd --daemon 2>/dev/null
}

# Waits until udev knows all devices, and names the serial ports that lead to the host.
find_devices() {
  udevadm settle
  mkdir /dev/virtio-ports
  for port in /sys/class/virtio-ports/vport*; do
    read -r name <"$port/name"
    ln -s "/dev/${port##*/}" "/dev/virtio-ports/$name"
  done
}

# Runs the host's command in the checkout; its output and its status go back to the host. Does not return.
run_and_power_off() {
  cd /project || exit
  # The host must learn that the command has begun: otherwise it would begin it again.
  touch /run/job/begun || exit
  # Ports of virtio-serial: the host has at once what they get.
  bash /run/job/command >/dev/virtio-ports/out 2>/dev/virtio-ports/err </dev/null
  echo $? >/run/job/status
  sync
  echo o >/proc/sysrq-trigger
  sleep 10
}
