/*
 * GStreamer's codecparsers over a clip in memory: units, parameter sets and every slice or frame header.
 * codecparsers CODEC FILE REPEAT PASSES
 */
#define GST_USE_UNSTABLE_API
#include <gst/codecparsers/gstav1parser.h>
#include <gst/codecparsers/gsth264parser.h>
#include <gst/codecparsers/gsth265parser.h>
#include <gst/codecparsers/gstmpegvideoparser.h>
#include <gst/codecparsers/gstvp8parser.h>
#include <gst/codecparsers/gstvp9parser.h>

#include "measure.h"

static void pass_h264(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstH264NalParser *parser = gst_h264_nal_parser_new();
  guint offset = 0;
  for (;;) {
    GstH264NalUnit nalu;
    GstH264ParserResult result = gst_h264_parser_identify_nalu(parser, bytes, offset, size, &nalu);
    if (result == GST_H264_PARSER_NO_NAL_END) result = gst_h264_parser_identify_nalu_unchecked(parser, bytes, offset, size, &nalu);
    if (result != GST_H264_PARSER_OK) break;
    offset = nalu.offset + nalu.size;
    if (nalu.type == GST_H264_NAL_SLICE || nalu.type == GST_H264_NAL_SLICE_IDR) {
      GstH264SliceHdr slice;
      if (gst_h264_parser_parse_slice_hdr(parser, &nalu, &slice, TRUE, TRUE) != GST_H264_PARSER_OK) continue;
      counts->frames += slice.first_mb_in_slice == 0;
      counts->request_bytes += 3 + nalu.size;
      counts->header_bits += 8 * nalu.header_bytes + slice.header_size - 8 * slice.n_emulation_prevention_bytes;
    } else if (nalu.type == GST_H264_NAL_SEI) {
      GArray *messages = NULL;
      gst_h264_parser_parse_sei(parser, &nalu, &messages);
      if (messages) g_array_unref(messages);
    } else {
      gst_h264_parser_parse_nal(parser, &nalu);
    }
  }
  gst_h264_nal_parser_free(parser);
}

static void pass_h265(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstH265Parser *parser = gst_h265_parser_new();
  guint offset = 0;
  for (;;) {
    GstH265NalUnit nalu;
    GstH265ParserResult result = gst_h265_parser_identify_nalu(parser, bytes, offset, size, &nalu);
    if (result == GST_H265_PARSER_NO_NAL_END) result = gst_h265_parser_identify_nalu_unchecked(parser, bytes, offset, size, &nalu);
    if (result != GST_H265_PARSER_OK) break;
    offset = nalu.offset + nalu.size;
    if (nalu.type <= GST_H265_NAL_SLICE_CRA_NUT) {
      GstH265SliceHdr slice;
      if (gst_h265_parser_parse_slice_hdr(parser, &nalu, &slice) != GST_H265_PARSER_OK) continue;
      counts->frames += slice.first_slice_segment_in_pic_flag;
      counts->request_bytes += 3 + nalu.size;
      counts->header_bits += 8 * nalu.header_bytes + slice.header_size - 8 * slice.n_emulation_prevention_bytes;
      gst_h265_slice_hdr_free(&slice);
    } else if (nalu.type == GST_H265_NAL_PREFIX_SEI) {
      GArray *messages = NULL;
      gst_h265_parser_parse_sei(parser, &nalu, &messages);
      if (messages) g_array_unref(messages);
    } else {
      gst_h265_parser_parse_nal(parser, &nalu);
    }
  }
  gst_h265_parser_free(parser);
}

static void pass_mpeg2(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstMpegVideoSequenceHdr sequence;
  GstMpegVideoPacket packet;
  guint offset = 0;
  while (gst_mpeg_video_parse(&packet, bytes, size, offset)) {
    guint length = packet.size < 0 ? size - packet.offset : (guint)packet.size;
    if (packet.type >= GST_MPEG_VIDEO_PACKET_SLICE_MIN && packet.type <= GST_MPEG_VIDEO_PACKET_SLICE_MAX) {
      counts->request_bytes += 4 + length; /* the start code's last byte is a part of the unit here, and not of `length` */
    } else if (packet.type == GST_MPEG_VIDEO_PACKET_SEQUENCE) {
      gst_mpeg_video_packet_parse_sequence_header(&packet, &sequence);
    } else if (packet.type == GST_MPEG_VIDEO_PACKET_PICTURE) {
      GstMpegVideoPictureHdr picture;
      gst_mpeg_video_packet_parse_picture_header(&packet, &picture);
      counts->frames++;
    } else if (packet.type == GST_MPEG_VIDEO_PACKET_GOP) {
      GstMpegVideoGop group;
      gst_mpeg_video_packet_parse_gop(&packet, &group);
    } else if (packet.type == GST_MPEG_VIDEO_PACKET_EXTENSION && length > 0) {
      GstMpegVideoSequenceExt sequence_extension;
      GstMpegVideoPictureExt picture_extension;
      switch (packet.data[packet.offset] >> 4) {
        case GST_MPEG_VIDEO_PACKET_EXT_SEQUENCE:
          gst_mpeg_video_packet_parse_sequence_extension(&packet, &sequence_extension);
          break;
        case GST_MPEG_VIDEO_PACKET_EXT_PICTURE:
          gst_mpeg_video_packet_parse_picture_extension(&packet, &picture_extension);
          break;
      }
    }
    if (packet.size < 0) break;
    offset = packet.offset + length;
  }
}

static void pass_vp8(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstVp8Parser parser;
  const uint8_t *frame;
  size_t at = 0, frame_size;
  gst_vp8_parser_init(&parser);
  while (next_ivf_frame(bytes, size, &at, &frame, &frame_size)) {
    GstVp8FrameHdr header;
    if (gst_vp8_parser_parse_frame_header(&parser, &header, frame, frame_size) != GST_VP8_PARSER_OK) continue;
    counts->frames++;
    counts->request_bytes += frame_size;
  }
}

/* The uncompressed headers only: this library has no public parser of the compressed ones. */
static void pass_vp9(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstVp9Parser *parser = gst_vp9_parser_new();
  const uint8_t *packet;
  size_t at = 0, packet_size;
  while (next_ivf_frame(bytes, size, &at, &packet, &packet_size)) {
    GstVp9SuperframeInfo superframe;
    if (gst_vp9_parser_parse_superframe_info(parser, &superframe, packet, packet_size) != GST_VP9_PARSER_OK) continue;
    for (guint i = 0; i < superframe.frames_in_superframe; i++) {
      GstVp9FrameHdr header;
      if (gst_vp9_parser_parse_frame_header(parser, &header, packet, superframe.frame_sizes[i]) != GST_VP9_PARSER_OK) break;
      counts->frames += !header.show_existing_frame;
      if (!header.show_existing_frame) counts->request_bytes += superframe.frame_sizes[i];
      packet += superframe.frame_sizes[i];
    }
  }
  gst_vp9_parser_free(parser);
}

static void pass_av1(const uint8_t *bytes, size_t size, struct counts *counts) {
  GstAV1Parser *parser = gst_av1_parser_new();
  size_t at = 0;
  /* Sections 5.9 and 5.11.1, and the references that 7.20 keeps: what a decoder for hardware asks of it. */
  GstAV1FrameHeaderOBU header;
  while (at < size) {
    GstAV1OBU obu;
    guint32 consumed;
    GstAV1ParserResult result = gst_av1_parser_identify_one_obu(parser, bytes + at, size - at, &obu, &consumed);
    if (result != GST_AV1_PARSER_OK && result != GST_AV1_PARSER_DROP) break;
    at += consumed;
    if (result == GST_AV1_PARSER_DROP) continue;
    if (obu.obu_type == GST_AV1_OBU_TEMPORAL_DELIMITER) {
      gst_av1_parser_parse_temporal_delimiter_obu(parser, &obu);
    } else if (obu.obu_type == GST_AV1_OBU_SEQUENCE_HEADER) {
      GstAV1SequenceHeaderOBU sequence;
      gst_av1_parser_parse_sequence_header_obu(parser, &obu, &sequence);
    } else if (obu.obu_type == GST_AV1_OBU_FRAME) {
      GstAV1FrameOBU frame;
      if (gst_av1_parser_parse_frame_obu(parser, &obu, &frame) != GST_AV1_PARSER_OK) continue;
      counts->frames++;
      gst_av1_parser_reference_frame_update(parser, &frame.frame_header);
    } else if (obu.obu_type == GST_AV1_OBU_FRAME_HEADER) {
      if (gst_av1_parser_parse_frame_header_obu(parser, &obu, &header) != GST_AV1_PARSER_OK) continue;
      counts->frames += !header.show_existing_frame;
      if (header.show_existing_frame) gst_av1_parser_reference_frame_update(parser, &header);
    } else if (obu.obu_type == GST_AV1_OBU_TILE_GROUP) {
      GstAV1TileGroupOBU tiles;
      if (gst_av1_parser_parse_tile_group_obu(parser, &obu, &tiles) != GST_AV1_PARSER_OK) continue;
      if (tiles.tg_end == tiles.num_tiles - 1) gst_av1_parser_reference_frame_update(parser, &header);
    }
  }
  gst_av1_parser_free(parser);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  const char *codec = argv[1];
  size_t size;
  uint8_t *bytes = read_clip(argv[2], (size_t)atoi(argv[3]), codec[0] == 'v', &size);
  gst_init(NULL, NULL);
  void (*pass)(const uint8_t *, size_t, struct counts *) = !strcmp(codec, "h264")    ? pass_h264
                                                           : !strcmp(codec, "h265")  ? pass_h265
                                                           : !strcmp(codec, "mpeg2") ? pass_mpeg2
                                                           : !strcmp(codec, "vp8")   ? pass_vp8
                                                           : !strcmp(codec, "av1")   ? pass_av1
                                                                                     : pass_vp9;
  measure(bytes, size, atoi(argv[4]), pass);
  return 0;
}
