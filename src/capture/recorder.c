/*
 * Records what a program tells a stateless decoder, at the ioctl boundary. Build it where the program runs, and preload it:
 *
 *     cc -O2 -shared -fPIC -o recorder.so recorder.c -ldl
 *     V4L2_STATELESS_LOG=calls.log LD_PRELOAD=$PWD/recorder.so gst-launch-1.0 ...
 *
 * `v4l2-stateless capture` does both; `v4l2-stateless import calls.log` makes a record of the log. For another processor, use its
 * compiler (aarch64-linux-gnu-gcc, arm-linux-gnueabihf-gcc). Programs of 32 bits need a build with -m32.
 *
 *   V4L2_STATELESS_LOG    the file that gets a line of JSON for each call; it is appended to, so that child processes can use it too
 *   V4L2_STATELESS_DATA   if set, the bytes of OUTPUT buffers are in the lines, not only their checksums
 *   V4L2_STATELESS_MODES  "1 1": DECODE_MODE and START_CODE of H.264 and HEVC, which are set on each device that the program asks for
 *                         its capabilities. They belong to the open file, and GStreamer takes those that it finds.
 *
 * A line is written when its call has ended, with what the program gave it: the kernel writes back what it changed. Programs that
 * are linked statically, make system calls of their own or clear their environment (Chromium's sandbox) are not seen.
 */
#define _GNU_SOURCE
/*
 * Where these are 64 on a processor of 32 bits, the headers give ioctl and fcntl the names that are defined below, too. The structures
 * below have both sizes of time, whatever the headers' size is.
 */
#undef _TIME_BITS
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/media.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Newer than the headers of some systems. */
#ifndef V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF
#define V4L2_BUF_FLAG_M2M_HOLD_CAPTURE_BUF 0x00000200
#endif
#ifndef V4L2_BUF_FLAG_REQUEST_FD
#define V4L2_BUF_FLAG_REQUEST_FD 0x00800000
#endif
#ifndef V4L2_CTRL_WHICH_REQUEST_VAL
#define V4L2_CTRL_WHICH_REQUEST_VAL 0x0f010000
#endif
#define CID_H264_DECODE_MODE 0x00a40900
#define CID_HEVC_DECODE_MODE 0x00a40a95

/* What ioctl takes: glibc an unsigned long, as the kernel does; musl an int, as POSIX says. */
#ifdef __GLIBC__
typedef unsigned long ioctl_code;
#else
typedef int ioctl_code;
#endif

static int (*real_ioctl)(int, ioctl_code, ...);
static int (*real_close)(int);
static int (*real_fcntl)(int, int, ...);
static int log_file = -1;
static const char *log_path;
static struct stat log_facts;
static int has_data;
static uint32_t crc_table[256];

/* A line that is being written. It is dropped when there is no memory for it. */
struct line {
	char *text;
	size_t length, room;
};

static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int length;

	for (;;) {
		size_t left = line->room - line->length;

		va_start(arguments, format);
		length = vsnprintf(line->text ? line->text + line->length : NULL, line->text ? left : 0, format, arguments);
		va_end(arguments);
		if (line->text && (size_t)length < left)
			break;
		line->room = 2 * (line->room + length + 64);
		line->text = realloc(line->text, line->room);
		if (!line->text)
			abort();
	}
	line->length += length;
}

static void add_bytes(struct line *line, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	add(line, "\"");
	if (line->room - line->length < 2 * count + 1) {
		line->room += 2 * count + 64;
		line->text = realloc(line->text, line->room);
		if (!line->text)
			abort();
	}
	for (size_t i = 0; i < count; i++) {
		line->text[line->length++] = digits[bytes[i] >> 4];
		line->text[line->length++] = digits[bytes[i] & 15];
	}
	add(line, "\"");
}

static uint32_t crc32_of(const uint8_t *bytes, size_t count)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < count; i++)
		crc = crc >> 8 ^ crc_table[(crc ^ bytes[i]) & 0xff];
	return ~crc;
}

/* Under a high number: programs close their first descriptors, or give them to other files. */
static void open_log(void)
{
	int low = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_LARGEFILE, 0666);

	log_file = low < 0 ? -1 : real_fcntl(low, F_DUPFD_CLOEXEC, 900);
	if (log_file < 0)
		log_file = low;
	else
		real_close(low);
	if (log_file >= 0 && fstat(log_file, &log_facts))
		log_facts.st_ino = 0;
}

/* Whether the descriptor is still the log's: a program may have closed it in ways that are not seen, and opened a file of its own. */
static int is_log(void)
{
	struct stat facts;

	if (!log_facts.st_ino)
		return 1;
	if (fstat(log_file, &facts))
		return errno == EOVERFLOW;
	return facts.st_dev == log_facts.st_dev && facts.st_ino == log_facts.st_ino;
}

/*
 * Copies what the program names. 0 where there is no such memory: the kernel says EFAULT to such a call, and the program goes on as it
 * does without the recorder.
 */
static int read_memory(void *to, const void *from, size_t size)
{
	struct iovec local = { .iov_base = to, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)from, .iov_len = size };
	ssize_t count = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	if (count >= 0 || errno == EFAULT)
		return count == (ssize_t)size;
	/* The call is not there, or a sandbox forbids it. */
	if (!from)
		return 0;
	memcpy(to, from, size);
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	log_path = getenv("V4L2_STATELESS_LOG");
	real_fcntl = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
	real_ioctl = (int (*)(int, ioctl_code, ...))dlsym(RTLD_NEXT, "ioctl");
	real_close = (int (*)(int))dlsym(RTLD_NEXT, "close");
	has_data = getenv("V4L2_STATELESS_DATA") != NULL;
	for (uint32_t byte = 0; byte < 256; byte++) {
		crc_table[byte] = byte;
		for (int bit = 0; bit < 8; bit++)
			crc_table[byte] = crc_table[byte] >> 1 ^ (crc_table[byte] & 1 ? 0xedb88320u : 0);
	}
	if (log_path)
		open_log();
}

static void begin(struct line *line, const char *call)
{
	add(line, "{\"call\":\"%s\",\"process\":%d,\"thread\":%d", call, (int)getpid(), (int)syscall(SYS_gettid));
}

/* One write a line: lines of several threads and processes do not mix. */
static void end(struct line *line, int result, int error)
{
	static int is_told;
	size_t done = 0;

	if (result < 0)
		add(line, ",\"error\":%d", error);
	add(line, "}\n");
	if (!is_log())
		open_log();
	while (done < line->length) {
		ssize_t count = write(log_file, line->text + done, line->length - done);

		if (count < 0 && errno != EINTR) {
			if (!is_told++)
				dprintf(2, "v4l2-stateless: calls are missing in %s: %s\n", log_path, strerror(errno));
			break;
		}
		done += count > 0 ? count : 0;
	}
	free(line->text);
}

static void add_file(struct line *line, int fd)
{
	char link[32], path[256];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	add(line, ",\"fd\":%d", fd);
	if (length <= 0)
		return;
	path[length] = 0;
	/* Names of devices; anything else that JSON would have to escape is left out. */
	if (!strpbrk(path, "\"\\"))
		add(line, ",\"path\":\"%s\"", path);
}

/* ---- buffers ---- */

/*
 * struct v4l2_buffer in either of its layouts: programs of 32 bits have seconds of 32 or of 64 bits. The latter begin at 20 or 24, as
 * the processor aligns them.
 */
struct buffer {
	uint32_t index, type, bytesused, flags, memory;
	int64_t seconds, microseconds;
	uintptr_t m;
	int request_fd;
};

struct short_buffer {
	uint32_t index, type, bytesused, flags, field;
	int32_t seconds, microseconds;
	struct v4l2_timecode timecode;
	uint32_t sequence, memory, m, length, reserved2;
	int32_t request_fd;
};

struct long_buffer {
	uint32_t index, type, bytesused, flags, field;
	int64_t seconds, microseconds;
	struct v4l2_timecode timecode;
	uint32_t sequence, memory;
	unsigned long m;
	uint32_t length, reserved2;
	int32_t request_fd;
};

#define TAKE(from) (struct buffer){ (from)->index, (from)->type, (from)->bytesused, (from)->flags, (from)->memory, \
	(from)->seconds, (from)->microseconds, (uintptr_t)(from)->m, (from)->request_fd }

static struct buffer take(unsigned long code, const void *argument)
{
	if (_IOC_SIZE(code) == sizeof(struct short_buffer))
		return TAKE((const struct short_buffer *)argument);
	return TAKE((const struct long_buffer *)argument);
}

static int is_output(uint32_t type)
{
	return type == V4L2_BUF_TYPE_VIDEO_OUTPUT || type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE;
}

static int is_multiplanar(uint32_t type)
{
	return type == V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE || type == V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
}

/* The bytes that a file has, as far as it says so: to read beyond them would end the program. */
static size_t size_of(int fd)
{
	struct stat facts;
	off_t end;

	if (!fstat(fd, &facts) && S_ISREG(facts.st_mode))
		return facts.st_size;
	/* Of a dma-buf. */
	end = lseek(fd, 0, SEEK_END);
	return end < 0 ? 0 : end;
}

/* The OUTPUT buffer by a mapping of its own: programs map it in one of several ways, and some open the device for reading only. */
static void add_content(struct line *line, int fd, const struct buffer *buffer)
{
	struct v4l2_plane plane = { 0 };
	struct v4l2_exportbuffer exported = { .type = buffer->type, .index = buffer->index, .flags = O_RDONLY | O_CLOEXEC };
	int is_planar = is_multiplanar(buffer->type);
	size_t used = buffer->bytesused, offset;
	uint8_t *copied = NULL;
	uint8_t *bytes = MAP_FAILED;

	if (is_planar) {
		if (!read_memory(&plane, (const void *)buffer->m, sizeof(plane)))
			return;
		used = plane.bytesused;
	}
	offset = plane.data_offset;
	if (used < offset)
		return;
	add(line, ",\"bytes\":%zu", used - offset);
	if (buffer->memory == V4L2_MEMORY_USERPTR) {
		copied = malloc(used + 1);
		if (copied && read_memory(copied, (const void *)(is_planar ? plane.m.userptr : buffer->m), used))
			bytes = copied;
	} else if (buffer->memory == V4L2_MEMORY_DMABUF) {
		int file = is_planar ? plane.m.fd : (int)buffer->m;

		if (used <= size_of(file))
			bytes = mmap(NULL, used, PROT_READ, MAP_SHARED, file, 0);
	} else if (!real_ioctl(fd, VIDIOC_EXPBUF, &exported)) {
		if (used <= size_of(exported.fd))
			bytes = mmap(NULL, used, PROT_READ, MAP_SHARED, exported.fd, 0);
		real_close(exported.fd);
	}
	if (bytes != MAP_FAILED) {
		add(line, ",\"crc32\":\"%08x\"", crc32_of(bytes + offset, used - offset));
		if (has_data) {
			add(line, ",\"data\":");
			add_bytes(line, bytes + offset, used - offset);
		}
		if (!copied)
			munmap(bytes, used);
	}
	free(copied);
}

static void add_buffer(struct line *line, const struct buffer *buffer)
{
	add(line, ",\"type\":%u,\"index\":%u,\"flags\":%u,\"memory\":%u,\"timestamp\":\"%lld%09lld\"", buffer->type, buffer->index,
		buffer->flags, buffer->memory, (long long)buffer->seconds, (long long)buffer->microseconds * 1000);
	if (buffer->flags & V4L2_BUF_FLAG_REQUEST_FD)
		add(line, ",\"request\":%d", buffer->request_fd);
}

/* ---- the other arguments ---- */

/* The kernel takes no more of them in one call. */
#define MOST_CONTROLS 1024

static void add_controls(struct line *line, const struct v4l2_ext_controls *set)
{
	struct v4l2_ext_control *controls = NULL;
	const char *separator = "";

	add(line, ",\"which\":%u", set->which);
	if (set->which == V4L2_CTRL_WHICH_REQUEST_VAL)
		add(line, ",\"request\":%d", set->request_fd);
	add(line, ",\"controls\":[");
	if (set->count <= MOST_CONTROLS)
		controls = calloc(set->count + 1, sizeof(*controls));
	if (controls && read_memory(controls, set->controls, set->count * sizeof(*controls))) {
		for (unsigned int i = 0; i < set->count; i++) {
			const struct v4l2_ext_control *control = &controls[i];
			uint8_t *payload = control->size ? malloc(control->size) : NULL;

			add(line, "%s[%u,", separator, control->id);
			if (!control->size)
				add(line, "%d", control->value);
			else if (payload && read_memory(payload, control->ptr, control->size))
				add_bytes(line, payload, control->size);
			else
				/* The kernel says EFAULT; of a call that it takes all the same, the reader says that it is damaged. */
				add(line, "\"\"");
			add(line, "]");
			separator = ",";
			free(payload);
		}
	}
	free(controls);
	add(line, "]");
}

static void add_format(struct line *line, const struct v4l2_format *format)
{
	const struct v4l2_pix_format_mplane *planar = &format->fmt.pix_mp;
	const struct v4l2_pix_format *packed = &format->fmt.pix;

	if (is_multiplanar(format->type))
		add(line, ",\"type\":%u,\"pixelFormat\":%u,\"width\":%u,\"height\":%u", format->type, planar->pixelformat,
			planar->width, planar->height);
	else
		add(line, ",\"type\":%u,\"pixelFormat\":%u,\"width\":%u,\"height\":%u", format->type, packed->pixelformat, packed->width,
			packed->height);
}

static void preset_modes(int fd)
{
	const char *modes = getenv("V4L2_STATELESS_MODES");
	const uint32_t first[] = { CID_H264_DECODE_MODE, CID_HEVC_DECODE_MODE };
	int values[2];

	if (!modes || sscanf(modes, "%d %d", &values[0], &values[1]) != 2)
		return;
	for (int codec = 0; codec < 2; codec++) {
		struct v4l2_ext_control controls[2] = { { .id = first[codec] }, { .id = first[codec] + 1 } };
		struct v4l2_ext_controls set = { .count = 2, .controls = controls };

		controls[0].value = values[0];
		controls[1].value = values[1];
		/* A device may have one of the codecs only. */
		if (!real_ioctl(fd, VIDIOC_S_EXT_CTRLS, &set) && log_file >= 0) {
			struct line line = { 0 };

			begin(&line, "VIDIOC_S_EXT_CTRLS");
			add_file(&line, fd);
			add_controls(&line, &set);
			end(&line, 0, 0);
		}
	}
}

/* ---- the calls ---- */

static const char *name_of(unsigned long code)
{
	if (_IOC_TYPE(code) == '|') {
		if (_IOC_NR(code) == 0x05)
			return "MEDIA_IOC_REQUEST_ALLOC";
		return _IOC_NR(code) == 0x80 ? "MEDIA_REQUEST_IOC_QUEUE" : _IOC_NR(code) == 0x81 ? "MEDIA_REQUEST_IOC_REINIT" : "ioctl";
	}
	if (_IOC_TYPE(code) != 'V')
		return "ioctl";
	switch (_IOC_NR(code)) {
	case _IOC_NR(VIDIOC_S_EXT_CTRLS):
		return "VIDIOC_S_EXT_CTRLS";
	case _IOC_NR(VIDIOC_QBUF):
		return "VIDIOC_QBUF";
	case _IOC_NR(VIDIOC_DQBUF):
		return "VIDIOC_DQBUF";
	case _IOC_NR(VIDIOC_S_FMT):
		return "VIDIOC_S_FMT";
	case _IOC_NR(VIDIOC_G_FMT):
		return "VIDIOC_G_FMT";
	case _IOC_NR(VIDIOC_TRY_FMT):
		return "VIDIOC_TRY_FMT";
	case _IOC_NR(VIDIOC_REQBUFS):
		return "VIDIOC_REQBUFS";
	case _IOC_NR(VIDIOC_CREATE_BUFS):
		return "VIDIOC_CREATE_BUFS";
	case _IOC_NR(VIDIOC_EXPBUF):
		return "VIDIOC_EXPBUF";
	case _IOC_NR(VIDIOC_STREAMON):
		return "VIDIOC_STREAMON";
	case _IOC_NR(VIDIOC_STREAMOFF):
		return "VIDIOC_STREAMOFF";
	}
	return "ioctl";
}

/* The largest argument of the calls whose arguments are looked at: struct v4l2_create_buffers has 256 bytes. */
union argument {
	struct v4l2_ext_controls set;
	struct v4l2_format format;
	struct v4l2_requestbuffers buffers;
	struct v4l2_create_buffers created;
	struct long_buffer buffer;
	int number;
	uint8_t bytes[512];
};

static int is_readable(union argument *copy, unsigned long code, const void *argument)
{
	memset(copy, 0, sizeof(*copy));
	return _IOC_SIZE(code) <= sizeof(*copy) && read_memory(copy, argument, _IOC_SIZE(code));
}

/* What the program gives. */
static void add_given(struct line *line, const char *name, int fd, unsigned long code, const void *argument)
{
	union argument copy;

	if (!strcmp(name, "ioctl")) {
		add(line, ",\"name\":\"%c 0x%02x\"", (char)_IOC_TYPE(code), (unsigned int)_IOC_NR(code));
	} else if (!strcmp(name, "VIDIOC_S_EXT_CTRLS")) {
		if (is_readable(&copy, code, argument))
			add_controls(line, &copy.set);
	} else if (!strcmp(name, "VIDIOC_QBUF") && is_readable(&copy, code, argument)) {
		struct buffer buffer = take(code, &copy);

		add_buffer(line, &buffer);
		if (is_output(buffer.type))
			add_content(line, fd, &buffer);
	}
}

/* What it gets. */
static void add_got(struct line *line, const char *name, unsigned long code, const void *argument, int result)
{
	union argument copy;

	if (!strcmp(name, "ioctl") || !is_readable(&copy, code, argument))
		return;
	if (!strcmp(name, "VIDIOC_DQBUF")) {
		struct buffer buffer = take(code, &copy);

		add_buffer(line, &buffer);
	} else if (strstr(name, "_FMT")) {
		add_format(line, &copy.format);
	} else if (!strcmp(name, "VIDIOC_REQBUFS")) {
		add(line, ",\"type\":%u,\"count\":%u", copy.buffers.type, copy.buffers.count);
	} else if (!strcmp(name, "VIDIOC_CREATE_BUFS")) {
		add(line, ",\"type\":%u,\"count\":%u", copy.created.format.type, copy.created.count);
	} else if (!strncmp(name, "VIDIOC_STREAM", 13) || !strcmp(name, "VIDIOC_EXPBUF")) {
		/* The type is the first member. */
		add(line, ",\"type\":%d", copy.number);
	} else if (!strcmp(name, "MEDIA_IOC_REQUEST_ALLOC") && !result) {
		add(line, ",\"request\":%d", copy.number);
	}
}

static int recorded_ioctl(int fd, unsigned long code, void *argument)
{
	struct line line = { 0 };
	const char *name = name_of(code);
	int result, error;

	begin(&line, name);
	add_file(&line, fd);
	add_given(&line, name, fd, code, argument);
	result = real_ioctl(fd, code, argument);
	error = errno;
	add_got(&line, name, code, argument, result);
	end(&line, result, error);
	if (!result && code == VIDIOC_QUERYCAP)
		preset_modes(fd);
	errno = error;
	return result;
}

int ioctl(int fd, ioctl_code given, ...)
{
	va_list arguments;
	void *argument;
	/* The kernel takes the lower 32 bits. */
	unsigned long code = (unsigned int)given;
	int type = _IOC_TYPE(code);

	va_start(arguments, given);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (!real_ioctl)
		start();
	if (log_file >= 0 && (type == 'V' || type == '|' || type == 'd'))
		return recorded_ioctl(fd, code, argument);
	return real_ioctl(fd, code, argument);
}

#if __SIZEOF_LONG__ == 4
/* What programs of 32 bits with times of 64 bits call. */
int __ioctl_time64(int fd, ioctl_code code, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, code);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	return ioctl(fd, code, argument);
}
#endif

/* Which files' descriptors are followed: those of devices and of requests. */
static int is_noted(const char *line)
{
	return strstr(line, "\"/dev/") || strstr(line, ":request");
}

static void record_copy(int fd, int copy)
{
	struct line line = { 0 };

	if (log_file < 0 || copy < 0)
		return;
	begin(&line, "duplicate");
	add_file(&line, fd);
	add(&line, ",\"copy\":%d", copy);
	if (is_noted(line.text))
		end(&line, 0, 0);
	else
		free(line.text);
}

int close(int fd)
{
	struct line line = { 0 };

	if (!real_close)
		start();
	/* Programs that close every descriptor must not close the log. */
	if (fd == log_file && fd >= 0)
		return 0;
	if (log_file >= 0) {
		begin(&line, "close");
		add_file(&line, fd);
		if (is_noted(line.text))
			end(&line, 0, 0);
		else
			free(line.text);
	}
	return real_close(fd);
}

#define NEXT(name, ...) ((int (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

int dup(int fd)
{
	int copy = NEXT("dup", int)(fd);

	record_copy(fd, copy);
	return copy;
}

int dup2(int fd, int wanted)
{
	int copy = NEXT("dup2", int, int)(fd, wanted);

	record_copy(fd, copy);
	return copy;
}

int dup3(int fd, int wanted, int flags)
{
	int copy = NEXT("dup3", int, int, int)(fd, wanted, flags);

	record_copy(fd, copy);
	return copy;
}

static int recorded_fcntl(const char *name, int fd, int command, void *argument)
{
	int result = NEXT(name, int, int, void *)(fd, command, argument);

	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		record_copy(fd, result);
	return result;
}

#define DEFINE_FCNTL(name)                                            \
	int name(int fd, int command, ...)                                \
	{                                                                 \
		va_list arguments;                                            \
		void *argument;                                               \
                                                                      \
		va_start(arguments, command);                                 \
		argument = va_arg(arguments, void *);                         \
		va_end(arguments);                                            \
		return recorded_fcntl(#name, fd, command, argument);          \
	}

DEFINE_FCNTL(fcntl)
DEFINE_FCNTL(fcntl64)
#if __SIZEOF_LONG__ == 4
/* Programs with times of 64 bits. */
DEFINE_FCNTL(__fcntl_time64)
#endif
