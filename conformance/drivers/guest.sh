#!/bin/sh
# Runs in the machine as its first process: mounts, the fake hardware, the drivers, then the host's command.
. /project/conformance/machine/guest.sh
begin
export GST_REGISTRY=/tmp/gstreamer.registry
if [ -e /usr/local/lib/gstreamer.registry ]; then cp /usr/local/lib/gstreamer.registry "$GST_REGISTRY"; fi

start_udev
# The traps must be there when the drivers probe: hantro's for the i.MX8M touches registers then.
modprobe -a videobuf2-dma-contig v4l2-mem2mem
# shellcheck disable=SC2046 # words
modprobe fakehw $(cat /run/job/parameters)
modprobe -a rockchip-vdec hantro-vpu sunxi-cedrus
find_devices
run_and_power_off
