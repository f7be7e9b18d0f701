/*
 * Makes one of the mistakes that `lint` finds, on the first decoder of the machine (visl): its name is the only argument. "none" makes
 * none. The captures in test/fixtures/captures/ were made of it.
 */
#include <fcntl.h>
#include <linux/media.h>
#include <linux/v4l2-controls.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { OUTPUT = V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE, CAPTURE = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE };

static int video, media, request;
static unsigned int next_output;

static int call(int fd, unsigned long code, void *argument, const char *name)
{
	int result = ioctl(fd, code, argument);

	if (result)
		perror(name);
	return result;
}
#define CALL(fd, code, argument) call(fd, code, argument, #code)

static void set_format(int type, int width)
{
	struct v4l2_format format = { .type = type };

	format.fmt.pix_mp.width = width;
	format.fmt.pix_mp.height = 80;
	format.fmt.pix_mp.num_planes = 1;
	format.fmt.pix_mp.pixelformat = type == OUTPUT ? V4L2_PIX_FMT_H264_SLICE : V4L2_PIX_FMT_NV12;
	CALL(video, VIDIOC_S_FMT, &format);
}

static void get_format(void)
{
	struct v4l2_format format = { .type = CAPTURE };

	CALL(video, VIDIOC_G_FMT, &format);
}

static void set_control(int id, void *payload, size_t size, int in_request)
{
	struct v4l2_ext_control control = { .id = id, .size = size, .ptr = payload };
	struct v4l2_ext_controls set = { .count = 1, .controls = &control };

	if (in_request) {
		set.which = V4L2_CTRL_WHICH_REQUEST_VAL;
		set.request_fd = request;
	}
	CALL(video, VIDIOC_S_EXT_CTRLS, &set);
}

static void set_sps(void)
{
	struct v4l2_ctrl_h264_sps sps = { .profile_idc = 66, .chroma_format_idc = 1, .max_num_ref_frames = 2 };

	sps.pic_width_in_mbs_minus1 = 5;
	sps.pic_height_in_map_units_minus1 = 4;
	sps.flags = V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY;
	set_control(V4L2_CID_STATELESS_H264_SPS, &sps, sizeof(sps), 0);
}

static void make_buffers(int type, unsigned int count)
{
	struct v4l2_requestbuffers buffers = { .type = type, .memory = V4L2_MEMORY_MMAP, .count = count };

	CALL(video, VIDIOC_REQBUFS, &buffers);
}

static void stream(int type)
{
	CALL(video, VIDIOC_STREAMON, &type);
}

static void queue_capture(unsigned int index)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer buffer = { .type = CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index, .length = 1 };

	buffer.m.planes = &plane;
	CALL(video, VIDIOC_QBUF, &buffer);
}

static void start(void)
{
	make_buffers(OUTPUT, 4);
	make_buffers(CAPTURE, 4);
	stream(OUTPUT);
	stream(CAPTURE);
	for (unsigned int i = 0; i < 4; i++)
		queue_capture(i);
}

/* Queues a request. reference: in nanoseconds; negative: none. */
static void queue_request(long microseconds, long long reference, uint32_t flags)
{
	struct v4l2_ctrl_h264_decode_params params = { .nal_ref_idc = 1 };
	struct v4l2_plane plane = { .bytesused = 16 };
	struct v4l2_buffer buffer = { .type = OUTPUT, .memory = V4L2_MEMORY_MMAP, .index = next_output++ % 4, .length = 1 };

	if (reference >= 0) {
		params.dpb[0].reference_ts = reference;
		params.dpb[0].flags = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
		params.dpb[0].fields = V4L2_H264_FRAME_REF;
	}
	CALL(media, MEDIA_IOC_REQUEST_ALLOC, &request);
	set_control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, &params, sizeof(params), 1);
	buffer.m.planes = &plane;
	buffer.timestamp.tv_usec = microseconds;
	buffer.flags = V4L2_BUF_FLAG_REQUEST_FD | flags;
	buffer.request_fd = request;
	CALL(video, VIDIOC_QBUF, &buffer);
	CALL(request, MEDIA_REQUEST_IOC_QUEUE, NULL);
}

static unsigned int take_back(int type)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_buffer buffer = { .type = type, .memory = V4L2_MEMORY_MMAP, .length = 1 };
	struct pollfd ready = { .fd = video, .events = type == OUTPUT ? POLLOUT : POLLIN };

	buffer.m.planes = &plane;
	poll(&ready, 1, 1000);
	CALL(video, VIDIOC_DQBUF, &buffer);
	return buffer.index;
}

static unsigned int decode(long microseconds, long long reference)
{
	queue_request(microseconds, reference, 0);
	take_back(OUTPUT);
	return take_back(CAPTURE);
}

int main(int count, char **words)
{
	const char *mistake = count > 1 ? words[1] : "none";
	struct v4l2_ctrl_h264_decode_params params = { 0 };
	int is_early = !strcmp(mistake, "capture-format-too-early");
	int is_chosen = !strcmp(mistake, "format-before-profile");

	video = open("/dev/video0", O_RDWR);
	media = open("/dev/media0", O_RDWR);
	if (video < 0 || media < 0)
		return 1;
	set_format(OUTPUT, 96);
	if (is_early)
		get_format();
	if (is_chosen)
		set_format(CAPTURE, 96);
	set_sps();
	if (!is_early && !is_chosen)
		get_format();
	start();
	decode(1, -1);
	if (!strcmp(mistake, "format-of-busy-queue"))
		set_format(OUTPUT, 192);
	else if (!strcmp(mistake, "reqbufs-while-streaming"))
		make_buffers(OUTPUT, 0);
	else if (!strcmp(mistake, "control-outside-request"))
		set_control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, &params, sizeof(params), 0);
	else if (!strcmp(mistake, "unknown-reference"))
		decode(2, 7777);
	else if (!strcmp(mistake, "reference-overwritten")) {
		queue_capture(decode(2, 1000));
		decode(3, 2000);
	} else if (!strcmp(mistake, "missing-hold-flag")) {
		queue_request(2, 1000, 0);
		queue_request(2, 1000, 0);
	} else if (!strcmp(mistake, "request-without-buffer")) {
		CALL(media, MEDIA_IOC_REQUEST_ALLOC, &request);
		CALL(request, MEDIA_REQUEST_IOC_QUEUE, NULL);
	}
	decode(4, 1000);
	return 0;
}
