// SPDX-License-Identifier: MIT
/*
 * Sends a few requests to a decoder, again and again, each time on a device that is opened anew and with one request changed. The
 * fake hardware's journal tells what each change did; labels in it say which job belongs to which variant.
 *
 *   replay VIDEO MEDIA SCRIPT >RESULTS
 *
 * RESULTS has a line for each variant: its label, what became of the changed request ("ok", "error", "refused", "stuck", "failed"),
 * and why. script.ts writes SCRIPT: little-endian words, and bytes that are padded to words.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/media.h>
#include <linux/videodev2.h>

#define MOST_CONTROLS 16
#define LONGEST_LABEL 200
#define OUTPUT_BYTES (1u << 17)
#define PATIENCE_MS 800

struct payload { uint32_t id, bytes; const uint8_t *data; };
struct request {
	uint64_t timestamp;
	uint32_t hold, bytes, controls;
	const uint8_t *data;
	struct payload control[MOST_CONTROLS];
};
struct device {
	int video, media, request;
	uint32_t output, capture;	/* buffer types */
	int is_multiplanar;
	uint8_t *map;
	size_t map_bytes;
};

static const uint8_t *cursor;
static char why[160];

static uint32_t word(void)
{
	uint32_t value;

	memcpy(&value, cursor, 4);
	cursor += 4;
	return value;
}

static const uint8_t *bytes(uint32_t count)
{
	const uint8_t *at = cursor;

	cursor += (count + 3) & ~3u;
	return at;
}

static int failed(const char *what)
{
	snprintf(why, sizeof(why), "%s: %s", what, strerror(errno));
	return -1;
}

static struct request read_request(void)
{
	struct request request = { 0 };
	uint64_t low = word();

	request.timestamp = low | (uint64_t)word() << 32;
	request.hold = word();
	request.bytes = word();
	request.data = bytes(request.bytes);
	request.controls = word();
	for (uint32_t i = 0; i < request.controls; i++) {
		request.control[i].id = word();
		request.control[i].bytes = word();
		request.control[i].data = bytes(request.control[i].bytes);
	}
	return request;
}

static int set_controls(struct device *device, const struct payload *payload, uint32_t count, int in_request)
{
	struct v4l2_ext_control control[MOST_CONTROLS] = { 0 };
	struct v4l2_ext_controls list = { .count = count, .controls = control };

	for (uint32_t i = 0; i < count; i++) {
		control[i].id = payload[i].id;
		control[i].size = payload[i].bytes;
		control[i].ptr = (void *)payload[i].data;
	}
	if (in_request) {
		list.which = V4L2_CTRL_WHICH_REQUEST_VAL;
		list.request_fd = device->request;
	}
	return ioctl(device->video, VIDIOC_S_EXT_CTRLS, &list);
}

static int set_formats(struct device *device, uint32_t fourcc, uint32_t width, uint32_t height, const struct request *first)
{
	struct v4l2_format format = { .type = device->output };

	if (device->is_multiplanar) {
		format.fmt.pix_mp = (struct v4l2_pix_format_mplane){ .width = width, .height = height, .pixelformat = fourcc, .num_planes = 1 };
		format.fmt.pix_mp.plane_fmt[0].sizeimage = OUTPUT_BYTES;
	} else {
		format.fmt.pix = (struct v4l2_pix_format){ .width = width, .height = height, .pixelformat = fourcc, .sizeimage = OUTPUT_BYTES };
	}
	if (ioctl(device->video, VIDIOC_S_FMT, &format))
		return failed("S_FMT OUTPUT");
	/* Each alone: those that belong to a slice may be refused here. */
	for (uint32_t i = 0; i < first->controls; i++)
		set_controls(device, &first->control[i], 1, 0);
	format = (struct v4l2_format){ .type = device->capture };
	if (ioctl(device->video, VIDIOC_G_FMT, &format) || ioctl(device->video, VIDIOC_S_FMT, &format))
		return failed("S_FMT CAPTURE");
	return 0;
}

/* One of a queue's buffers, for QBUF, DQBUF and QUERYBUF. */
static struct v4l2_buffer buffer_of(struct device *device, uint32_t type, uint32_t index, struct v4l2_plane *plane)
{
	struct v4l2_buffer buffer = { .type = type, .index = index, .memory = V4L2_MEMORY_MMAP };

	memset(plane, 0, sizeof(*plane));
	if (device->is_multiplanar) {
		buffer.m.planes = plane;
		buffer.length = 1;
	}
	return buffer;
}

static int start(struct device *device, uint32_t pictures)
{
	struct v4l2_requestbuffers output = { .count = 1, .type = device->output, .memory = V4L2_MEMORY_MMAP };
	struct v4l2_requestbuffers capture = { .count = pictures, .type = device->capture, .memory = V4L2_MEMORY_MMAP };
	struct v4l2_plane plane;
	struct v4l2_buffer buffer;
	off_t offset;

	if (ioctl(device->video, VIDIOC_REQBUFS, &output) || ioctl(device->video, VIDIOC_REQBUFS, &capture))
		return failed("REQBUFS");
	buffer = buffer_of(device, device->output, 0, &plane);
	if (ioctl(device->video, VIDIOC_QUERYBUF, &buffer))
		return failed("QUERYBUF");
	device->map_bytes = device->is_multiplanar ? plane.length : buffer.length;
	offset = device->is_multiplanar ? plane.m.mem_offset : buffer.m.offset;
	device->map = mmap(NULL, device->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, device->video, offset);
	if (device->map == MAP_FAILED)
		return failed("mmap");
	if (ioctl(device->video, VIDIOC_STREAMON, &device->output) || ioctl(device->video, VIDIOC_STREAMON, &device->capture))
		return failed("STREAMON");
	return ioctl(device->media, MEDIA_IOC_REQUEST_ALLOC, &device->request) ? failed("REQUEST_ALLOC") : 0;
}

static int dequeue(struct device *device, uint32_t type)
{
	struct v4l2_plane plane;
	struct v4l2_buffer buffer = buffer_of(device, type, 0, &plane);

	if (ioctl(device->video, VIDIOC_DQBUF, &buffer))
		return -1;
	return buffer.flags & V4L2_BUF_FLAG_ERROR ? 1 : 0;
}

/* A picture's first request brings its CAPTURE buffer; `picture` is that buffer's index, or -1 for a further slice or field. */
static const char *send_request(struct device *device, const struct request *request, int picture)
{
	struct pollfd waiting = { .fd = device->request, .events = POLLPRI };
	struct v4l2_plane plane;
	struct v4l2_buffer buffer;
	int is_error;

	if (request->bytes > device->map_bytes)
		return "failed";
	memcpy(device->map, request->data, request->bytes);
	if (set_controls(device, request->control, request->controls, 1)) {
		failed("S_EXT_CTRLS");
		return "refused";
	}
	if (picture >= 0) {
		buffer = buffer_of(device, device->capture, picture, &plane);
		if (ioctl(device->video, VIDIOC_QBUF, &buffer)) {
			failed("QBUF CAPTURE");
			return "failed";
		}
	}
	buffer = buffer_of(device, device->output, 0, &plane);
	buffer.flags = V4L2_BUF_FLAG_REQUEST_FD | (request->hold ? V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF : 0);
	buffer.request_fd = device->request;
	buffer.timestamp.tv_sec = request->timestamp / 1000000000;
	buffer.timestamp.tv_usec = request->timestamp % 1000000000 / 1000;
	buffer.bytesused = plane.bytesused = request->bytes;
	plane.length = device->map_bytes;
	if (ioctl(device->video, VIDIOC_QBUF, &buffer) || ioctl(device->request, MEDIA_REQUEST_IOC_QUEUE)) {
		failed("QBUF OUTPUT");
		return "failed";
	}
	if (poll(&waiting, 1, PATIENCE_MS) != 1)
		return "stuck";
	is_error = dequeue(device, device->output);
	if (!request->hold)
		is_error |= dequeue(device, device->capture);
	ioctl(device->request, MEDIA_REQUEST_IOC_REINIT);
	return is_error ? "error" : "ok";
}

static void write_label(int label, const char *text, const char *suffix)
{
	char line[LONGEST_LABEL + 8];
	int length = snprintf(line, sizeof(line), "%s%s", text, suffix);

	if (write(label, line, length) != length)
		exit(3);
}

/* All requests, of which the one at `changed` is another; what became of it. */
static const char *run(struct device *device, const struct request *requests, uint32_t count, uint32_t changed,
		       const struct request *change, int label, const char *text)
{
	const char *result = "ok";
	int picture = -1, is_held = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct request *request = i == changed ? change : &requests[i];
		const char *outcome;

		if (!is_held)
			picture++;
		if (i >= changed)
			write_label(label, text, i == changed ? "" : ">");
		outcome = send_request(device, request, is_held ? -1 : picture);
		is_held = request->hold;
		if (i == changed)
			result = outcome;
		if (i <= changed && i != changed && strcmp(outcome, "ok"))
			return "failed";
		if (strcmp(outcome, "ok") && strcmp(outcome, "error"))
			break;
	}
	return result;
}

static const char *replay_variant(const char *const paths[2], const uint32_t format[3], const struct request *requests,
				  uint32_t count, uint32_t changed, const struct request *change, int label, const char *text)
{
	struct device device = { .video = open(paths[0], O_RDWR | O_NONBLOCK), .media = open(paths[1], O_RDWR), .request = -1 };
	struct v4l2_capability capability;
	const char *result = "failed";
	uint32_t pictures = 0;

	for (uint32_t i = 0; i < count; i++)
		pictures += i == 0 || !requests[i - 1].hold;
	if (device.video < 0 || device.media < 0 || ioctl(device.video, VIDIOC_QUERYCAP, &capability)) {
		failed("open");
		return result;
	}
	device.is_multiplanar = !!(capability.device_caps & V4L2_CAP_VIDEO_M2M_MPLANE);
	device.output = device.is_multiplanar ? V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE : V4L2_BUF_TYPE_VIDEO_OUTPUT;
	device.capture = device.is_multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (!set_formats(&device, format[0], format[1], format[2], &requests[0]) && !start(&device, pictures))
		result = run(&device, requests, count, changed, change, label, text);
	/* OUTPUT first: cedrus frees what it has for each CAPTURE buffer then. */
	ioctl(device.video, VIDIOC_STREAMOFF, &device.output);
	ioctl(device.video, VIDIOC_STREAMOFF, &device.capture);
	if (device.map && device.map != MAP_FAILED)
		munmap(device.map, device.map_bytes);
	if (device.request >= 0)
		close(device.request);
	close(device.video);
	close(device.media);
	return result;
}

int main(int argc, char **argv)
{
	int script = argc == 4 ? open(argv[3], O_RDONLY) : -1;
	int label = open("/sys/kernel/debug/fakehw/label", O_WRONLY);
	off_t size = script < 0 ? -1 : lseek(script, 0, SEEK_END);
	uint32_t format[3], count, variants;
	struct request *requests;

	if (size <= 0 || label < 0) {
		fprintf(stderr, "usage: replay VIDEO MEDIA SCRIPT, in the machine\n");
		return 2;
	}
	/* Writable: S_EXT_CTRLS writes back what it took. */
	cursor = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, script, 0);
	if (cursor == MAP_FAILED)
		return 2;
	for (int i = 0; i < 3; i++)
		format[i] = word();
	count = word();
	variants = word();
	requests = calloc(count, sizeof(*requests));
	for (uint32_t i = 0; i < count; i++)
		requests[i] = read_request();
	while (variants--) {
		char text[LONGEST_LABEL + 1];
		uint32_t changed = word(), length = word(), changes = word();
		struct request change = requests[changed];
		const char *result;

		snprintf(text, sizeof(text), "%.*s", (int)length, (const char *)bytes(length));
		while (changes--) {
			struct payload *payload = &change.control[word()];

			payload->bytes = word();
			payload->data = bytes(payload->bytes);
		}
		*why = 0;
		if (write(label, "zero", 4) != 4)
			return 3;
		result = replay_variant((const char *const[]){ argv[1], argv[2] }, format, requests, count, changed, &change, label, text);
		printf("%s\t%s\t%s\n", text, result, why);
	}
	return 0;
}
