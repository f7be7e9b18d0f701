/*
 * A stateless decoder that completes each request at once, for the benchmark: what is left is what user space costs.
 *
 *     cc -O2 -shared -fPIC -o fake-device.so fake-device.c
 *     FAKE_DEVICE_RESULT=result.json FAKE_DEVICE_WARMUP=300 LD_PRELOAD=./fake-device.so gst-launch-1.0 …
 *
 * /dev/media90 and /dev/video90 exist in this process alone. The device takes H.264, HEVC (frame mode, Annex B), VP8, VP9 and MPEG-2 and gives
 * NV12; nothing writes into its pictures. For GStreamer, which asks udev for devices, four functions of libgudev are replaced, too.
 *
 * The result has the requests, the bytes of their OUTPUT buffers, and the processor time of all threads from the end of the request
 * FAKE_DEVICE_WARMUP to the last one.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/media.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

enum { MOST_FILES = 4096, MOST_BUFFERS = 64, MOST_JOBS = 64, MAJOR = 81, MINOR = 90, PAGE = 4096 };

enum kind { OTHER, MEDIA, VIDEO, REQUEST };
enum state { FREE, QUEUED, DONE };

struct buffer {
  int memory;
  unsigned length;
  enum state state;
  struct timeval timestamp;
  unsigned order;
  int request;
};

struct queue {
  struct v4l2_pix_format format;
  unsigned count;
  struct buffer buffers[MOST_BUFFERS];
};

/* One file of the device, with its two queues. A process of the benchmark opens one at a time, and some to ask it. */
struct video {
  struct queue output, capture;
  unsigned order;
  /* Requests that wait for a CAPTURE buffer. */
  int jobs[MOST_JOBS];
  unsigned job_count;
};

/* A request: the OUTPUT buffer that was put into it. */
struct request {
  struct video *video;
  unsigned index;
  int is_complete;
};

static struct {
  enum kind kind;
  struct video *video;
  struct request *request;
} files[MOST_FILES];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t requests, request_bytes;
static double begin_seconds, end_seconds;
static uint64_t warmup;

static double seconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

__attribute__((constructor)) static void read_warmup(void) {
  const char *text = getenv("FAKE_DEVICE_WARMUP");
  warmup = text ? strtoull(text, NULL, 10) : 0;
}

__attribute__((destructor)) static void write_result(void) {
  const char *path = getenv("FAKE_DEVICE_RESULT");
  if (!path || requests == 0) return;
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "{\"seconds\":%.9f,\"measured\":%llu,\"frames\":%llu,\"requestBytes\":%llu}\n", end_seconds - begin_seconds,
          (unsigned long long)(requests > warmup ? requests - warmup : 0), (unsigned long long)requests,
          (unsigned long long)request_bytes);
  fclose(file);
}

static int fail(int error) {
  errno = error;
  return -1;
}

static enum kind kind_of(int fd) { return fd >= 0 && fd < MOST_FILES ? files[fd].kind : OTHER; }

static int new_file(enum kind kind, const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  if (fd >= MOST_FILES) {
    close(fd);
    return fail(EMFILE);
  }
  if (fd >= 0) files[fd].kind = kind;
  return fd;
}

/* Opening and closing. */

static int opened(const char *path) {
  if (strcmp(path, "/dev/media90") == 0) return new_file(MEDIA, "media90");
  if (strcmp(path, "/dev/video90") != 0) return -2;
  int fd = new_file(VIDEO, "video90");
  if (fd >= 0) files[fd].video = calloc(1, sizeof *files[fd].video);
  return fd;
}

#define OPEN(name)                                             \
  int name(const char *path, int flags, ...) {                 \
    int fd = opened(path);                                     \
    if (fd != -2) return fd;                                   \
    va_list list;                                              \
    va_start(list, flags);                                     \
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0; \
    va_end(list);                                              \
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

static void free_buffers(struct queue *queue) {
  for (unsigned i = 0; i < queue->count; i++) syscall(SYS_close, queue->buffers[i].memory);
  queue->count = 0;
}

int close(int fd) {
  pthread_mutex_lock(&lock);
  if (kind_of(fd) != OTHER) {
    if (files[fd].video) {
      free_buffers(&files[fd].video->output);
      free_buffers(&files[fd].video->capture);
    }
    free(files[fd].video);
    free(files[fd].request);
    memset(&files[fd], 0, sizeof files[fd]);
  }
  pthread_mutex_unlock(&lock);
  return (int)syscall(SYS_close, fd);
}

/* Memory: the place of a buffer in the file is its queue and its number. */

static unsigned place_of(int is_output, unsigned index) { return (is_output * MOST_BUFFERS + index) * PAGE; }

static void *mapped(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if (kind_of(fd) == VIDEO) {
    unsigned place = (unsigned)(offset / PAGE);
    struct queue *queue = place >= MOST_BUFFERS ? &files[fd].video->output : &files[fd].video->capture;
    if (place % MOST_BUFFERS >= queue->count) {
      errno = EINVAL;
      return MAP_FAILED;
    }
    fd = queue->buffers[place % MOST_BUFFERS].memory;
    offset = 0;
  }
  return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mapped(address, length, protection, flags, fd, offset);
}
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mapped(address, length, protection, flags, fd, offset);
}

/* Formats. */

static const unsigned output_formats[] = {V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_HEVC_SLICE, V4L2_PIX_FMT_VP8_FRAME,
                                          V4L2_PIX_FMT_VP9_FRAME, V4L2_PIX_FMT_MPEG2_SLICE};
enum { OUTPUT_FORMATS = sizeof output_formats / sizeof *output_formats };

static int is_output(unsigned type) { return type == V4L2_BUF_TYPE_VIDEO_OUTPUT; }

static struct queue *queue_of(struct video *video, unsigned type) {
  return is_output(type) ? &video->output : type == V4L2_BUF_TYPE_VIDEO_CAPTURE ? &video->capture : NULL;
}

static void set_picture(struct v4l2_pix_format *format, unsigned width, unsigned height) {
  memset(format, 0, sizeof *format);
  format->width = (width + 15) & ~15u;
  format->height = (height + 15) & ~15u;
  format->pixelformat = V4L2_PIX_FMT_NV12;
  format->field = V4L2_FIELD_NONE;
  format->bytesperline = format->width;
  format->sizeimage = format->width * format->height * 3 / 2;
}

static int try_format(struct video *video, struct v4l2_format *argument, int keep) {
  struct queue *queue = queue_of(video, argument->type);
  if (!queue) return fail(EINVAL);
  if (keep && queue->count > 0) return fail(EBUSY);
  struct v4l2_pix_format *format = &argument->fmt.pix;
  if (is_output(argument->type)) {
    format->field = V4L2_FIELD_NONE;
    format->bytesperline = 0;
    if (format->sizeimage < 1 << 20) format->sizeimage = 1 << 20;
  } else {
    set_picture(format, format->width, format->height);
  }
  if (keep) queue->format = *format;
  if (keep && is_output(argument->type)) set_picture(&video->capture.format, format->width, format->height);
  return 0;
}

static int enumerate_format(struct v4l2_fmtdesc *argument) {
  unsigned count = is_output(argument->type) ? OUTPUT_FORMATS : 1;
  if (argument->index >= count) return fail(EINVAL);
  argument->pixelformat = is_output(argument->type) ? output_formats[argument->index] : V4L2_PIX_FMT_NV12;
  argument->flags = is_output(argument->type) ? V4L2_FMT_FLAG_COMPRESSED : 0;
  return 0;
}

static int enumerate_sizes(struct v4l2_frmsizeenum *argument) {
  if (argument->index > 0) return fail(EINVAL);
  argument->type = V4L2_FRMSIZE_TYPE_STEPWISE;
  argument->stepwise = (struct v4l2_frmsize_stepwise){16, 8192, 16, 16, 8192, 16};
  return 0;
}

/* Buffers. */

static int make_buffers(struct queue *queue, unsigned length, unsigned wanted, unsigned *count) {
  unsigned made = 0;
  for (; made < wanted && queue->count < MOST_BUFFERS; made++) {
    int memory = memfd_create("buffer", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, length) < 0) return fail(ENOMEM);
    queue->buffers[queue->count++] = (struct buffer){.memory = memory, .length = length, .request = -1};
  }
  *count = made;
  return 0;
}

static int request_buffers(struct video *video, struct v4l2_requestbuffers *argument) {
  struct queue *queue = queue_of(video, argument->type);
  if (!queue) return fail(EINVAL);
  free_buffers(queue);
  argument->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP | V4L2_BUF_CAP_SUPPORTS_REQUESTS | V4L2_BUF_CAP_SUPPORTS_ORPHANED_BUFS |
                           V4L2_BUF_CAP_SUPPORTS_M2M_HOLD_CAPTURE_BUF;
  return make_buffers(queue, queue->format.sizeimage, argument->count, &argument->count);
}

static int create_buffers(struct video *video, struct v4l2_create_buffers *argument) {
  struct queue *queue = queue_of(video, argument->format.type);
  if (!queue) return fail(EINVAL);
  argument->index = queue->count;
  return make_buffers(queue, argument->format.fmt.pix.sizeimage, argument->count, &argument->count);
}

static struct buffer *buffer_of(struct video *video, unsigned type, unsigned index) {
  struct queue *queue = queue_of(video, type);
  return queue && index < queue->count ? &queue->buffers[index] : NULL;
}

static int query_buffer(struct video *video, struct v4l2_buffer *argument) {
  struct buffer *buffer = buffer_of(video, argument->type, argument->index);
  if (!buffer) return fail(EINVAL);
  argument->length = buffer->length;
  argument->m.offset = place_of(is_output(argument->type), argument->index);
  argument->flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
  return 0;
}

static int export_buffer(struct video *video, struct v4l2_exportbuffer *argument) {
  struct buffer *buffer = buffer_of(video, argument->type, argument->index);
  if (!buffer) return fail(EINVAL);
  argument->fd = fcntl(buffer->memory, F_DUPFD_CLOEXEC, 0);
  return argument->fd < 0 ? -1 : 0;
}

/* The buffer that has waited longest in a state. */
static struct buffer *oldest(struct queue *queue, enum state state, unsigned *index) {
  struct buffer *found = NULL;
  for (unsigned i = 0; i < queue->count; i++) {
    struct buffer *buffer = &queue->buffers[i];
    if (buffer->state != state || (found && (int)(buffer->order - found->order) > 0)) continue;
    found = buffer;
    *index = i;
  }
  return found;
}

/* Completes requests as long as there are CAPTURE buffers for them. */
static void run_jobs(struct video *video) {
  unsigned index, done = 0;
  struct buffer *capture;
  while (done < video->job_count && (capture = oldest(&video->capture, QUEUED, &index))) {
    struct request *request = files[video->jobs[done++]].request;
    if (!request) continue;
    struct buffer *output = &video->output.buffers[request->index];
    capture->timestamp = output->timestamp;
    output->state = capture->state = DONE;
    output->order = video->order++;
    capture->order = video->order++;
    request->is_complete = 1;
  }
  video->job_count -= done;
  memmove(video->jobs, video->jobs + done, video->job_count * sizeof *video->jobs);
}

static int queue_buffer(struct video *video, struct v4l2_buffer *argument) {
  struct buffer *buffer = buffer_of(video, argument->type, argument->index);
  if (!buffer || buffer->state != FREE) return fail(EINVAL);
  buffer->order = video->order++;
  if (!is_output(argument->type)) {
    buffer->state = QUEUED;
    run_jobs(video);
    return 0;
  }
  if (!(argument->flags & V4L2_BUF_FLAG_REQUEST_FD) || kind_of(argument->request_fd) != REQUEST) return fail(EBADR);
  buffer->timestamp = argument->timestamp;
  buffer->request = argument->request_fd;
  struct request *request = files[argument->request_fd].request;
  request->video = video;
  request->index = argument->index;
  request_bytes += argument->bytesused;
  return 0;
}

static int dequeue_buffer(struct video *video, struct v4l2_buffer *argument) {
  struct queue *queue = queue_of(video, argument->type);
  unsigned index;
  struct buffer *buffer = queue ? oldest(queue, DONE, &index) : NULL;
  if (!buffer) return fail(EAGAIN);
  buffer->state = FREE;
  argument->index = index;
  argument->timestamp = buffer->timestamp;
  argument->flags = V4L2_BUF_FLAG_TIMESTAMP_COPY;
  argument->bytesused = is_output(argument->type) ? 0 : buffer->length;
  argument->length = buffer->length;
  argument->field = V4L2_FIELD_NONE;
  argument->sequence = 0;
  return 0;
}

static int stop(struct video *video, unsigned type) {
  struct queue *queue = queue_of(video, type);
  if (!queue) return fail(EINVAL);
  for (unsigned i = 0; i < queue->count; i++) queue->buffers[i].state = FREE;
  video->job_count = 0;
  return 0;
}

/* Controls: their sizes, and of the menus the one value that there is. */

static const struct {
  unsigned id, size, menu;
} controls[] = {
    {V4L2_CID_STATELESS_H264_DECODE_MODE, 4, V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED},
    {V4L2_CID_STATELESS_H264_START_CODE, 4, V4L2_STATELESS_H264_START_CODE_ANNEX_B},
    {V4L2_CID_STATELESS_H264_SPS, sizeof(struct v4l2_ctrl_h264_sps), 0},
    {V4L2_CID_STATELESS_H264_PPS, sizeof(struct v4l2_ctrl_h264_pps), 0},
    {V4L2_CID_STATELESS_H264_SCALING_MATRIX, sizeof(struct v4l2_ctrl_h264_scaling_matrix), 0},
    {V4L2_CID_STATELESS_H264_DECODE_PARAMS, sizeof(struct v4l2_ctrl_h264_decode_params), 0},
    {V4L2_CID_STATELESS_HEVC_SPS, sizeof(struct v4l2_ctrl_hevc_sps), 0},
    {V4L2_CID_STATELESS_HEVC_PPS, sizeof(struct v4l2_ctrl_hevc_pps), 0},
    {V4L2_CID_STATELESS_HEVC_SCALING_MATRIX, sizeof(struct v4l2_ctrl_hevc_scaling_matrix), 0},
    {V4L2_CID_STATELESS_HEVC_DECODE_PARAMS, sizeof(struct v4l2_ctrl_hevc_decode_params), 0},
    {V4L2_CID_STATELESS_HEVC_DECODE_MODE, 4, V4L2_STATELESS_HEVC_DECODE_MODE_FRAME_BASED},
    {V4L2_CID_STATELESS_HEVC_START_CODE, 4, V4L2_STATELESS_HEVC_START_CODE_ANNEX_B},
    {V4L2_CID_STATELESS_VP8_FRAME, sizeof(struct v4l2_ctrl_vp8_frame), 0},
    {V4L2_CID_STATELESS_VP9_FRAME, sizeof(struct v4l2_ctrl_vp9_frame), 0},
    {V4L2_CID_STATELESS_VP9_COMPRESSED_HDR, sizeof(struct v4l2_ctrl_vp9_compressed_hdr), 0},
    {V4L2_CID_STATELESS_MPEG2_SEQUENCE, sizeof(struct v4l2_ctrl_mpeg2_sequence), 0},
    {V4L2_CID_STATELESS_MPEG2_PICTURE, sizeof(struct v4l2_ctrl_mpeg2_picture), 0},
    {V4L2_CID_STATELESS_MPEG2_QUANTISATION, sizeof(struct v4l2_ctrl_mpeg2_quantisation), 0},
};
enum { CONTROLS = sizeof controls / sizeof *controls };

static int query_control(struct v4l2_query_ext_ctrl *argument) {
  for (unsigned i = 0; i < CONTROLS; i++) {
    if (controls[i].id != argument->id) continue;
    argument->type = controls[i].menu ? V4L2_CTRL_TYPE_MENU : V4L2_CTRL_COMPOUND_TYPES;
    argument->elem_size = controls[i].size;
    argument->elems = 1;
    argument->minimum = argument->maximum = argument->default_value = controls[i].menu;
    return 0;
  }
  return fail(EINVAL);
}

static int query_menu(struct v4l2_querymenu *argument) {
  for (unsigned i = 0; i < CONTROLS; i++)
    if (controls[i].id == argument->id && controls[i].menu == argument->index) return 0;
  return fail(EINVAL);
}

static int get_controls(struct v4l2_ext_controls *argument) {
  for (unsigned c = 0; c < argument->count; c++)
    for (unsigned i = 0; i < CONTROLS; i++)
      if (controls[i].id == argument->controls[c].id && controls[i].menu) argument->controls[c].value = (int)controls[i].menu;
  return 0;
}

/* What the kernel does first with them: it copies the payloads. */
static int set_controls(const struct v4l2_ext_controls *argument) {
  static char copy[1 << 16];
  for (unsigned c = 0; c < argument->count; c++) {
    const struct v4l2_ext_control *control = &argument->controls[c];
    if (control->size > 0 && control->size <= sizeof copy) memcpy(copy, control->ptr, control->size);
  }
  return 0;
}

static int video_ioctl(struct video *video, unsigned long number, void *argument) {
  switch (number) {
    case VIDIOC_QUERYCAP: {
      struct v4l2_capability *capability = argument;
      memset(capability, 0, sizeof *capability);
      strcpy((char *)capability->driver, "fake");
      strcpy((char *)capability->card, "completes at once");
      strcpy((char *)capability->bus_info, "platform:fake");
      capability->version = 6 << 16 | 1 << 8;
      capability->device_caps = V4L2_CAP_VIDEO_M2M | V4L2_CAP_STREAMING;
      capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
      return 0;
    }
    case VIDIOC_ENUM_FMT: return enumerate_format(argument);
    case VIDIOC_ENUM_FRAMESIZES: return enumerate_sizes(argument);
    case VIDIOC_G_FMT: {
      struct v4l2_format *format = argument;
      struct queue *queue = queue_of(video, format->type);
      if (!queue) return fail(EINVAL);
      format->fmt.pix = queue->format;
      return 0;
    }
    case VIDIOC_S_FMT: return try_format(video, argument, 1);
    case VIDIOC_TRY_FMT: return try_format(video, argument, 0);
    case VIDIOC_REQBUFS: return request_buffers(video, argument);
    case VIDIOC_CREATE_BUFS: return create_buffers(video, argument);
    case VIDIOC_QUERYBUF: return query_buffer(video, argument);
    case VIDIOC_EXPBUF: return export_buffer(video, argument);
    case VIDIOC_QBUF: return queue_buffer(video, argument);
    case VIDIOC_DQBUF: return dequeue_buffer(video, argument);
    case VIDIOC_STREAMON: return 0;
    case VIDIOC_STREAMOFF: return stop(video, *(unsigned *)argument);
    case VIDIOC_QUERY_EXT_CTRL: return query_control(argument);
    case VIDIOC_QUERYMENU: return query_menu(argument);
    case VIDIOC_G_EXT_CTRLS: return get_controls(argument);
    case VIDIOC_S_EXT_CTRLS:
    case VIDIOC_TRY_EXT_CTRLS: return set_controls(argument);
    default: return fail(ENOTTY);
  }
}

/* The graph of a memory-to-memory decoder: source, processing, sink, and the node that controls both ends. */
static int topology(struct media_v2_topology *argument) {
  static const struct media_v2_entity entities[] = {{.id = 1, .name = "source", .function = MEDIA_ENT_F_IO_V4L},
                                                    {.id = 2, .name = "proc", .function = MEDIA_ENT_F_PROC_VIDEO_DECODER},
                                                    {.id = 3, .name = "sink", .function = MEDIA_ENT_F_IO_V4L}};
  static const struct media_v2_interface interfaces[] = {
      {.id = 20, .intf_type = MEDIA_INTF_T_V4L_VIDEO, .devnode = {MAJOR, MINOR}}};
  static const struct media_v2_pad pads[] = {{.id = 10, .entity_id = 1, .flags = MEDIA_PAD_FL_SOURCE},
                                             {.id = 11, .entity_id = 2, .flags = MEDIA_PAD_FL_SINK},
                                             {.id = 12, .entity_id = 2, .flags = MEDIA_PAD_FL_SOURCE, .index = 1},
                                             {.id = 13, .entity_id = 3, .flags = MEDIA_PAD_FL_SINK}};
  enum { DATA = MEDIA_LNK_FL_ENABLED | MEDIA_LNK_FL_IMMUTABLE, INTERFACE = MEDIA_LNK_FL_INTERFACE_LINK | MEDIA_LNK_FL_ENABLED };
  static const struct media_v2_link links[] = {{.id = 30, .source_id = 10, .sink_id = 11, .flags = DATA},
                                               {.id = 31, .source_id = 12, .sink_id = 13, .flags = DATA},
                                               {.id = 32, .source_id = 20, .sink_id = 1, .flags = INTERFACE},
                                               {.id = 33, .source_id = 20, .sink_id = 3, .flags = INTERFACE}};
  argument->topology_version = 1;
#define LIST(name)                                                                                     \
  if (argument->ptr_##name) memcpy((void *)(uintptr_t)argument->ptr_##name, name, sizeof name);        \
  argument->num_##name = sizeof name / sizeof *name;
  LIST(entities)
  LIST(interfaces)
  LIST(pads)
  LIST(links)
  return 0;
}

static int media_ioctl(unsigned long number, void *argument) {
  switch (number) {
    case MEDIA_IOC_DEVICE_INFO: {
      struct media_device_info *info = argument;
      memset(info, 0, sizeof *info);
      strcpy(info->driver, "fake");
      return 0;
    }
    case MEDIA_IOC_G_TOPOLOGY: return topology(argument);
    case MEDIA_IOC_REQUEST_ALLOC: {
      int fd = new_file(REQUEST, "request");
      if (fd < 0) return -1;
      files[fd].request = calloc(1, sizeof *files[fd].request);
      *(int *)argument = fd;
      return 0;
    }
    default: return fail(ENOTTY);
  }
}

static int request_ioctl(int fd, unsigned long number) {
  struct request *request = files[fd].request;
  switch (number) {
    case MEDIA_REQUEST_IOC_QUEUE: {
      struct video *video = request->video;
      if (!video) return fail(ENOENT);
      if (video->job_count == MOST_JOBS) return fail(ENOMEM);
      video->output.buffers[request->index].state = QUEUED;
      video->jobs[video->job_count++] = fd;
      run_jobs(video);
      requests++;
      end_seconds = seconds();
      if (requests == warmup) begin_seconds = end_seconds;
      return 0;
    }
    case MEDIA_REQUEST_IOC_REINIT:
      if (request->video && !request->is_complete) return fail(EBUSY);
      memset(request, 0, sizeof *request);
      return 0;
    default: return fail(ENOTTY);
  }
}

int ioctl(int fd, unsigned long number, ...) {
  va_list list;
  va_start(list, number);
  void *argument = va_arg(list, void *);
  va_end(list);
  // A dma-buf of the device is a file in memory: there are no caches to flush.
  if (number == DMA_BUF_IOCTL_SYNC) return 0;
  enum kind kind = kind_of(fd);
  if (kind == OTHER) return (int)syscall(SYS_ioctl, fd, number, argument);
  pthread_mutex_lock(&lock);
  int result = kind == VIDEO ? video_ioctl(files[fd].video, number, argument)
               : kind == MEDIA ? media_ioctl(number, argument)
                               : request_ioctl(fd, number);
  pthread_mutex_unlock(&lock);
  return result;
}

/* Waiting. */

static short events_of(const struct pollfd *entry) {
  unsigned index;
  short events = 0;
  if (kind_of(entry->fd) == REQUEST) return files[entry->fd].request->is_complete ? entry->events & POLLPRI : 0;
  if (kind_of(entry->fd) != VIDEO) return 0;
  if (oldest(&files[entry->fd].video->capture, DONE, &index)) events |= POLLIN | POLLRDNORM;
  if (oldest(&files[entry->fd].video->output, DONE, &index)) events |= POLLOUT | POLLWRNORM;
  return entry->events & events;
}

/* Looks at the files of the device, and lets the kernel look at the others; waits a millisecond at a time. */
static int waited(struct pollfd *entries, nfds_t count, const struct timespec *limit, const sigset_t *mask) {
  int own = 0;
  for (nfds_t i = 0; i < count; i++) own |= kind_of(entries[i].fd) != OTHER;
  if (!own) {
    struct timespec copy = limit ? *limit : (struct timespec){0};
    return (int)syscall(SYS_ppoll, entries, count, limit ? &copy : NULL, mask, 8);
  }
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (long slice = 0;; slice = 1000000) {
    struct pollfd others[64];
    if (count > 64) return fail(EINVAL);
    pthread_mutex_lock(&lock);
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
      int is_own = kind_of(entries[i].fd) != OTHER;
      entries[i].revents = is_own ? events_of(&entries[i]) : 0;
      ready += entries[i].revents != 0;
      others[i] = entries[i];
      if (is_own) others[i].fd = -1;
    }
    pthread_mutex_unlock(&lock);
    if (ready > 0) return ready;
    struct timespec time = {0, slice};
    int result = (int)syscall(SYS_ppoll, others, count, &time, mask, 8);
    if (result != 0) {
      for (nfds_t i = 0; i < count; i++)
        if (others[i].fd >= 0) entries[i].revents = others[i].revents;
      return result;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    double passed = now.tv_sec - start.tv_sec + (now.tv_nsec - start.tv_nsec) / 1e9;
    if (limit && passed >= limit->tv_sec + limit->tv_nsec / 1e9) return 0;
  }
}

int ppoll(struct pollfd *entries, nfds_t count, const struct timespec *limit, const sigset_t *mask) {
  return waited(entries, count, limit, mask);
}
int poll(struct pollfd *entries, nfds_t count, int milliseconds) {
  struct timespec limit = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  return waited(entries, count, milliseconds < 0 ? NULL : &limit, NULL);
}

/* What GStreamer asks libgudev: objects that carry the path of their file. GLib is looked up in the process, so that Node needs none. */

#define GLIB(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_DEFAULT, #name))

static void *device_object(const char *path) {
  void *object = GLIB(void *, g_object_new, unsigned long, const char *, ...)(80 /* G_TYPE_OBJECT */, NULL);
  GLIB(void, g_object_set_data, void *, const char *, void *)(object, "path", (void *)path);
  return object;
}
void *g_udev_client_new(const char *const *subsystems) {
  (void)subsystems;
  return device_object("");
}
void *g_udev_client_query_by_subsystem(void *client, const char *subsystem) {
  (void)client;
  if (strcmp(subsystem, "media") != 0) return NULL;
  return GLIB(void *, g_list_append, void *, void *)(NULL, device_object("/dev/media90"));
}
void *g_udev_client_query_by_device_number(void *client, int type, dev_t number) {
  (void)client, (void)type;
  return number == makedev(MAJOR, MINOR) ? device_object("/dev/video90") : NULL;
}
const char *g_udev_device_get_device_file(void *device) {
  return GLIB(const char *, g_object_get_data, void *, const char *)(device, "path");
}
const char *g_udev_device_get_name(void *device) { return g_udev_device_get_device_file(device) + strlen("/dev/"); }
