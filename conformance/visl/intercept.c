/*
 * What a program tells a stateless decoder, seen at the ioctl boundary: LD_PRELOAD it, with INTERCEPT_LOG naming a file that gets
 * JSON Lines (intercepted.ts reads them). INTERCEPT_MODES="1 1" sets DECODE_MODE and START_CODE of both codecs that have modes when
 * the program asks a device for its capabilities: they belong to the open file, and GStreamer takes what it finds.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/media.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int (*real_ioctl)(int, unsigned long, ...);
static FILE *output;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("INTERCEPT_LOG");

	real_ioctl = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	output = path ? fopen(path, "ae") : NULL;
}

static void print_bytes(const uint8_t *bytes, size_t count)
{
	fputc('"', output);
	for (size_t i = 0; i < count; i++)
		fprintf(output, "%02x", bytes[i]);
	fputc('"', output);
}

static void preset_modes(int fd)
{
	const char *modes = getenv("INTERCEPT_MODES");
	struct v4l2_ext_control controls[4];
	struct v4l2_ext_controls request = { .which = V4L2_CTRL_WHICH_CUR_VAL, .count = 4, .controls = controls };
	int decode_mode, start_code;

	if (!modes || sscanf(modes, "%d %d", &decode_mode, &start_code) != 2)
		return;
	memset(controls, 0, sizeof(controls));
	controls[0].id = V4L2_CID_STATELESS_H264_DECODE_MODE;
	controls[1].id = V4L2_CID_STATELESS_HEVC_DECODE_MODE;
	controls[0].value = controls[1].value = decode_mode;
	controls[2].id = V4L2_CID_STATELESS_H264_START_CODE;
	controls[3].id = V4L2_CID_STATELESS_HEVC_START_CODE;
	controls[2].value = controls[3].value = start_code;
	if (real_ioctl(fd, VIDIOC_S_EXT_CTRLS, &request)) {
		perror("intercept: the modes");
		abort();
	}
}

static void print_controls(int fd, const struct v4l2_ext_controls *set)
{
	/* V4L2_CTRL_WHICH_REQUEST_VAL; all others are set outside a request. */
	int request = set->which == V4L2_CTRL_WHICH_REQUEST_VAL ? set->request_fd : -1;

	fprintf(output, "{\"controls\":[");
	for (unsigned int i = 0; i < set->count; i++) {
		const struct v4l2_ext_control *control = &set->controls[i];

		fprintf(output, "%s[%u,", i ? "," : "", control->id);
		if (control->size)
			print_bytes(control->ptr, control->size);
		else
			fprintf(output, "%d", control->value);
		fputc(']', output);
	}
	fprintf(output, "],\"device\":%d,\"request\":%d}\n", fd, request);
}

/* The OUTPUT buffer, by a mapping of its own: programs map it in one of several ways, and some open the device for reading only. */
static void print_buffer(int fd, const struct v4l2_buffer *queued)
{
	const struct v4l2_plane *filled = queued->m.planes;
	struct v4l2_exportbuffer exported = { .type = queued->type, .index = queued->index, .flags = O_RDONLY | O_CLOEXEC };
	const uint8_t *bytes = MAP_FAILED;

	if (!real_ioctl(fd, VIDIOC_EXPBUF, &exported)) {
		bytes = mmap(NULL, filled->bytesused, PROT_READ, MAP_SHARED, exported.fd, 0);
		close(exported.fd);
	}
	if (bytes == MAP_FAILED) {
		perror("intercept: an OUTPUT buffer");
		abort();
	}
	fprintf(output, "{\"buffer\":");
	print_bytes(bytes + filled->data_offset, filled->bytesused - filled->data_offset);
	fprintf(output, ",\"timestamp\":%lld,\"hold\":%s,\"request\":%d}\n",
		(long long)queued->timestamp.tv_sec * 1000000000 + (long long)queued->timestamp.tv_usec * 1000,
		queued->flags & V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF ? "true" : "false", queued->request_fd);
	munmap((void *)bytes, filled->bytesused);
}

static void print_call(int fd, unsigned long code, const void *argument)
{
	switch (code) {
	case VIDIOC_S_EXT_CTRLS:
		print_controls(fd, argument);
		break;
	case VIDIOC_QBUF:
		print_buffer(fd, argument);
		break;
	case MEDIA_REQUEST_IOC_QUEUE:
		fprintf(output, "{\"queue\":%d}\n", fd);
		break;
	case MEDIA_REQUEST_IOC_REINIT:
		fprintf(output, "{\"reinit\":%d}\n", fd);
		break;
	}
}

static int is_printed(unsigned long code, const void *argument)
{
	const struct v4l2_buffer *buffer = argument;

	return code == VIDIOC_S_EXT_CTRLS || code == MEDIA_REQUEST_IOC_QUEUE || code == MEDIA_REQUEST_IOC_REINIT ||
	       (code == VIDIOC_QBUF && buffer->type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE);
}

int ioctl(int fd, unsigned long code, ...)
{
	va_list arguments;
	void *argument;
	int result;

	va_start(arguments, code);
	argument = va_arg(arguments, void *);
	va_end(arguments);

	if (!output || !is_printed(code, argument)) {
		result = real_ioctl(fd, code, argument);
		if (!result && code == VIDIOC_QUERYCAP)
			preset_modes(fd);
		return result;
	}
	/* Before the call: the kernel writes what it changed in a payload back. */
	pthread_mutex_lock(&lock);
	print_call(fd, code, argument);
	result = real_ioctl(fd, code, argument);
	if (result)
		fprintf(output, "{\"failed\":true}\n");
	fflush(output);
	pthread_mutex_unlock(&lock);
	return result;
}
