#!/bin/sh
# Runs in the machine as its first process: mounts, devices, driver, then the host's command; its status goes back to the host.
. /project/conformance/machine/guest.sh
begin
export GST_REGISTRY=/tmp/gstreamer.registry
cp /usr/local/lib/gstreamer.registry "$GST_REGISTRY"

start_udev
# shellcheck disable=SC2046 # words
modprobe visl $(cat /run/job/parameters)
find_devices
run_and_power_off
