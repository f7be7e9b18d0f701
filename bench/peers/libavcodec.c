/*
 * libavcodec's parser over a clip in memory, in pieces of 256 KiB: frames are cut out and their headers read.
 * libavcodec CODEC FILE REPEAT PASSES
 */
#include <libavcodec/avcodec.h>

#include "measure.h"

static enum AVCodecID codec_id;

static void pass(const uint8_t *bytes, size_t size, struct counts *counts) {
  AVCodecParserContext *parser = av_parser_init(codec_id);
  AVCodecContext *context = avcodec_alloc_context3(NULL);
  uint8_t *frame;
  int frame_size;
  for (size_t at = 0; at < size;) {
    int piece = size - at > 1 << 18 ? 1 << 18 : (int)(size - at);
    int used = av_parser_parse2(parser, context, &frame, &frame_size, bytes + at, piece, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
    if (used < 0) break;
    at += (size_t)used;
    if (frame_size > 0) counts->frames++;
  }
  av_parser_parse2(parser, context, &frame, &frame_size, NULL, 0, AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
  if (frame_size > 0) counts->frames++;
  av_parser_close(parser);
  avcodec_free_context(&context);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  size_t size;
  uint8_t *bytes = read_clip(argv[2], (size_t)atoi(argv[3]), 0, &size);
  codec_id = !strcmp(argv[1], "h264")   ? AV_CODEC_ID_H264
             : !strcmp(argv[1], "h265") ? AV_CODEC_ID_HEVC
                                        : AV_CODEC_ID_MPEG2VIDEO;
  measure(bytes, size, atoi(argv[4]), pass);
  return 0;
}
