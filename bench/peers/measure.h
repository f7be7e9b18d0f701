/* What every peer of the benchmark does: read a file, walk IVF frames, time passes, and print one line of JSON. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a pass over the clip found. Both sides of a comparison must have found the same. */
struct counts {
  uint64_t frames;
  /* Of slices with a start code of three bytes before each, or of frames: what goes into OUTPUT buffers. */
  uint64_t request_bytes;
  uint64_t header_bits;
};

static uint8_t *read_clip(const char *path, size_t repeat, int is_ivf, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) { perror(path); exit(1); }
  fseek(file, 0, SEEK_END);
  size_t once = (size_t)ftell(file);
  rewind(file);
  /* The frames of an IVF file repeat after its header. */
  size_t head = is_ivf ? 32 : 0;
  /* Parsers may read a few bytes after the end. */
  uint8_t *bytes = calloc(head + (once - head) * repeat + 64, 1);
  if (!bytes || fread(bytes, 1, once, file) != once) { fprintf(stderr, "%s cannot be read\n", path); exit(1); }
  for (size_t i = 1; i < repeat; i++) memcpy(bytes + head + (once - head) * i, bytes + head, once - head);
  fclose(file);
  *size = head + (once - head) * repeat;
  return bytes;
}

static uint32_t little_endian_32(const uint8_t *at) {
  return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The next frame of an IVF file from `*at` on; 0 at the end. */
static inline int next_ivf_frame(const uint8_t *bytes, size_t size, size_t *at, const uint8_t **frame, size_t *frame_size) {
  if (*at == 0) *at = 32;
  if (*at + 12 > size) return 0;
  *frame_size = little_endian_32(bytes + *at);
  *frame = bytes + *at + 12;
  *at += 12 + *frame_size;
  return *at <= size;
}

/* Processor time of all threads: it hardly depends on what else the machine does. */
static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return (difference > 0) - (difference < 0);
}

/* The passes before this many frames have been read do not count: see README.md. */
#define WARM_UP_FRAMES 60000

/* Passes to warm up, then `passes` that count; the median is printed, with what the last one found. */
static void measure(const uint8_t *bytes, size_t size, int passes,
                    void (*pass)(const uint8_t *bytes, size_t size, struct counts *counts)) {
  struct counts counts;
  double *times = calloc((size_t)passes, sizeof *times);
  uint64_t warm_up_frames = 0;
  do {
    memset(&counts, 0, sizeof counts);
    pass(bytes, size, &counts);
    warm_up_frames += counts.frames;
  } while (counts.frames > 0 && warm_up_frames < WARM_UP_FRAMES);
  for (int i = 0; i < passes; i++) {
    memset(&counts, 0, sizeof counts);
    double begin = seconds();
    pass(bytes, size, &counts);
    times[i] = seconds() - begin;
  }
  qsort(times, (size_t)passes, sizeof *times, ascending);
  printf("{\"seconds\":%.9f,\"frames\":%llu,\"requestBytes\":%llu,\"headerBits\":%llu}\n", times[passes / 2],
         (unsigned long long)counts.frames, (unsigned long long)counts.request_bytes,
         (unsigned long long)counts.header_bits);
}

#endif
