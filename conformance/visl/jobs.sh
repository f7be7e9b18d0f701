#!/bin/bash
# In the machine: runs the scripts in /share/jobs one after the other. Each gets a folder in /share/results with what it writes to
# its output, its status, what it leaves in its working folder, and what the kernel did meanwhile: trace holds visl's events, its
# messages and the ioctls in their order.
tracing=/sys/kernel/tracing
echo counter >"$tracing/trace_clock" # no clock, but a number that rises with every event
echo 262144 >"$tracing/buffer_size_kb"
echo 'ret < 0' >"$tracing/events/syscalls/sys_exit_ioctl/filter"
for events in visl_{h264,hevc,vp8,vp9,mpeg2,av1,fwht}_controls printk syscalls/sys_{enter,exit}_ioctl; do
  echo 1 >"$tracing/events/$events/enable"
done

for job in /share/jobs/*; do
  name=$(basename "$job")
  folder=/tmp/results/$name
  mkdir -p "$folder/files"
  echo 1 >"$tracing/tracing_on"
  echo >"$tracing/trace"
  echo "run $name" >"$tracing/trace_marker"
  (cd "$folder/files" && exec timeout 600 bash "$job") >"$folder/stdout" 2>"$folder/stderr"
  echo $? >"$folder/status"
  cat "$tracing/trace" | gzip -1 >"$folder/trace.gz" # a pipe: the file has no size
  mkdir -p /share/results
  mv "$folder" /share/results/
done
