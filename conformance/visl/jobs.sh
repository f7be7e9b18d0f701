#!/bin/bash
# In the machine: runs the scripts in /share/jobs one after the other. Each gets a folder in /share/results with what it writes to
# its output, its status, what it leaves in its working folder, and what the driver did meanwhile: trace holds its events and its
# messages in their order.
tracing=/sys/kernel/tracing
echo counter >"$tracing/trace_clock" # no clock, but a number that rises with every event on any processor
echo 65536 >"$tracing/buffer_size_kb"
for group in "$tracing"/events/visl_*_controls "$tracing"/events/printk; do echo 1 >"$group/enable"; done

for job in /share/jobs/*; do
  folder=/tmp/results/$(basename "$job")
  mkdir -p "$folder/files"
  echo >"$tracing/trace"
  (cd "$folder/files" && exec timeout 120 bash "$job") >"$folder/stdout" 2>"$folder/stderr"
  echo $? >"$folder/status"
  cat "$tracing/trace" >"$folder/trace"
  mkdir -p /share/results
  mv "$folder" /share/results/
done
