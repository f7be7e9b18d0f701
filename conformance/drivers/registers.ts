/** Names of registers and of table fields, as the drivers' sources have them. Without a name, the offset stands for it. */
import { readFileSync } from "node:fs";
import type { Job } from "./journal.ts";
import { nodeNamed } from "./nodes.ts";

/**
 * By the header: hantro_g1_regs.h, hantro_g2_regs.h, rockchip_vpu2_regs.h, cedrus_regs.h, rkvdec-vdpu381-regs.h, rkvdec-vdpu383-regs.h of
 * Linux 7.2.
 */
const names = JSON.parse(readFileSync(new URL("register-names.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<string, string>>>
>;

/** A field of a packet of bits: its name, first bit, and width. */
type BitField = readonly [name: string, first: number, width: number];

/** A table that consists of packets with the same fields. */
interface PacketTable {
  readonly owner: string;
  readonly model: string;
  readonly at: number;
  readonly packetBytes: number;
  readonly packets: number;
  readonly fields: readonly BitField[];
}

/** rkvdec-h264.c, the packets of struct rkvdec_h264_priv_tbl.param_set. */
const rk3399H264: readonly BitField[] = [
  ["SEQ_PARAMETER_SET_ID", 0, 4],
  ["PROFILE_IDC", 4, 8],
  ["CONSTRAINT_SET3_FLAG", 12, 1],
  ["CHROMA_FORMAT_IDC", 13, 2],
  ["BIT_DEPTH_LUMA", 15, 3],
  ["BIT_DEPTH_CHROMA", 18, 3],
  ["QPPRIME_Y_ZERO_TRANSFORM_BYPASS_FLAG", 21, 1],
  ["LOG2_MAX_FRAME_NUM_MINUS4", 22, 4],
  ["MAX_NUM_REF_FRAMES", 26, 5],
  ["PIC_ORDER_CNT_TYPE", 31, 2],
  ["LOG2_MAX_PIC_ORDER_CNT_LSB_MINUS4", 33, 4],
  ["DELTA_PIC_ORDER_ALWAYS_ZERO_FLAG", 37, 1],
  ["PIC_WIDTH_IN_MBS", 38, 9],
  ["PIC_HEIGHT_IN_MBS", 47, 9],
  ["FRAME_MBS_ONLY_FLAG", 56, 1],
  ["MB_ADAPTIVE_FRAME_FIELD_FLAG", 57, 1],
  ["DIRECT_8X8_INFERENCE_FLAG", 58, 1],
  ["PIC_PARAMETER_SET_ID", 128, 8],
  ["PPS_SEQ_PARAMETER_SET_ID", 136, 5],
  ["ENTROPY_CODING_MODE_FLAG", 141, 1],
  ["BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT_FLAG", 142, 1],
  ["NUM_REF_IDX_L_DEFAULT_ACTIVE_MINUS1(0)", 143, 5],
  ["NUM_REF_IDX_L_DEFAULT_ACTIVE_MINUS1(1)", 148, 5],
  ["WEIGHTED_PRED_FLAG", 153, 1],
  ["WEIGHTED_BIPRED_IDC", 154, 2],
  ["PIC_INIT_QP_MINUS26", 156, 7],
  ["PIC_INIT_QS_MINUS26", 163, 6],
  ["CHROMA_QP_INDEX_OFFSET", 169, 5],
  ["DEBLOCKING_FILTER_CONTROL_PRESENT_FLAG", 174, 1],
  ["CONSTRAINED_INTRA_PRED_FLAG", 175, 1],
  ["REDUNDANT_PIC_CNT_PRESENT", 176, 1],
  ["TRANSFORM_8X8_MODE_FLAG", 177, 1],
  ["SECOND_CHROMA_QP_INDEX_OFFSET", 178, 5],
  ["SCALING_LIST_ENABLE_FLAG", 183, 1],
  ["SCALING_LIST_ADDRESS", 184, 32],
  ["IS_LONG_TERM", 216, 16],
];

const cabacBytes = 4 * 464 * 2;
const scalingListBytes = 6 * 16 + 6 * 64 + 128;
const rpsBytes = 4 * 128;
const packetTables: readonly PacketTable[] = [
  {
    owner: "rkvdec_h264_start",
    model: "rk3399",
    at: cabacBytes + scalingListBytes + rpsBytes,
    packetBytes: 32,
    packets: 256,
    fields: rk3399H264,
  },
];

/** Parts of tables, by the members of the drivers' structs. */
const members: Readonly<Record<string, readonly (readonly [name: string, at: number])[]>> = {
  hantro_mpeg2_dec_init: [
    ["intra_quantiser_matrix", 0],
    ["non_intra_quantiser_matrix", 64],
    ["chroma_intra_quantiser_matrix", 128],
    ["chroma_non_intra_quantiser_matrix", 192],
    ["", 256],
  ],
};

/** A register's name in a report: the source's and its offset. */
export function nameOfRegister({ node }: Job, register: string): string {
  const { registers, decoder = 0 } = nodeNamed(node);
  const inDecoder = decoder === 0 ? register : (Number.parseInt(register, 16) - decoder).toString(16).padStart(4, "0");
  const name = registers === undefined ? undefined : names[registers]?.[inDecoder];
  return name === undefined ? register : `${name} ${register}`;
}

/** A byte of a table, by the field whose bits differ, or the member that it lies in. */
export function nameOfByte({ model }: Job, table: string, at: number, differing: number): string {
  const [owner = ""] = table.split("#");
  const packet = packetTables.find((each) => each.owner === owner && each.model === model);
  if (packet !== undefined && at >= packet.at && at < packet.at + packet.packets * packet.packetBytes) {
    const number = Math.floor((at - packet.at) / packet.packetBytes);
    const bit = 8 * ((at - packet.at) % packet.packetBytes) + Math.log2(differing & -differing);
    const field = packet.fields.find(([, first, width]) => bit >= first && bit < first + width);
    return `param_set[${number}].${field?.[0] ?? `bit ${bit}`}`;
  }
  const member = [...(members[owner] ?? [])].reverse().find(([, from]) => from <= at);
  if (member?.[0]) return member[0];
  return `+${Math.floor(at / 16) * 16}`;
}
