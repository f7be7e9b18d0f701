/** Names for addresses, so that two programs with other buffers compare equal. */
import { type Job, postprocessorOwner, type Table } from "./journal.ts";

/** What a buffer holds: the job's own picture, that of an earlier job by its number, or nothing. */
function pictureIn(job: Job, timestamp: bigint | undefined): string {
  if (timestamp === undefined) return "free";
  if (timestamp === job.timestamp) return "current";
  const number = job.order.get(timestamp);
  return number === undefined ? "free" : `picture${number}`;
}

function nameOfTable(job: Job, { name }: Table): string {
  return name.startsWith(`${postprocessorOwner}#`) ? `postprocessed ${pictureIn(job, job.pictures.get(name))}` : name;
}

/** An address as `current+2400`, `picture3+0`, `OUTPUT+0`, `rkvdec_h264_start#0+10e0`; undefined where nothing is there. */
export function placeOf(job: Job, address: number): string | undefined {
  const holds = ({ address: from, bytes }: { readonly address: number; readonly bytes: number }) =>
    address >= from && address < from + bytes;
  const buffer = job.buffers.find(holds);
  if (buffer !== undefined) {
    const name = buffer.isCapture ? pictureIn(job, buffer.timestamp) : "OUTPUT";
    return `${name}+${(address - buffer.address).toString(16)}`;
  }
  const table = job.tables.find(holds);
  return table === undefined ? undefined : `${nameOfTable(job, table)}+${(address - table.address).toString(16)}`;
}

/**
 * G2's addresses of compression tables (hantro_g2_regs.h: G2_OUT_COMP_LUMA_ADDR, G2_REF_COMP_LUMA_ADDR(i) and those of chroma), with the
 * register of the picture that each belongs to. They lie after the picture's end where the driver allocates no such table.
 */
const g2Compressed = new Map<string, string>();
const word = (number: number) => (4 * number).toString(16).padStart(4, "0");
for (const [first, others] of [
  [190, 192],
  [224, 226],
] as const) {
  g2Compressed.set(word(first), word(65));
  for (let i = 0; i < 16; i++) g2Compressed.set(word(others + 2 * i), word(67 + 2 * i));
}

/** What is given with a register's value to name it. */
export interface RegisterValue {
  readonly register: string;
  readonly value: number;
  /** The last value of another register in this job. */
  lastOf(register: string): number | undefined;
}

/** A register's value as a text: an address by name, another value in hexadecimal. */
export function valueText(job: Job, given: RegisterValue): string {
  const { register, value } = given;
  const place = isPlace(job, register) ? placeOf(job, value) : undefined;
  return relativeText(job, given) ?? place ?? specialText(job, register, value) ?? value.toString(16);
}

/** Of G2 and VPU981, words 0 to 64 hold no addresses, but numbers that could be some. */
function isPlace({ node }: Job, register: string): boolean {
  return !hasWordsOfG2(node) || Number.parseInt(register, 16) >= 4 * 65;
}

/** Nodes with the registers of G2: places of pictures from word 65 on, and the size of the bitstream's buffer in word 258. */
function hasWordsOfG2(node: string): boolean {
  return node === "imx8mq-vpu-g2" || node === "rk3588-av1-vpu";
}

function relativeText(job: Job, { register, value, lastOf }: RegisterValue): string | undefined {
  const base = job.node === "imx8mq-vpu-g2" ? g2Compressed.get(register) : undefined;
  const picture = base === undefined ? undefined : lastOf(base);
  if (picture === undefined || value < picture) return undefined;
  const place = placeOf(job, picture);
  return place === undefined ? undefined : `${place} and ${(value - picture).toString(16)}`;
}

/** How much is allocated for the bitstream, and cedrus' addresses, which are shifted or have flags. */
function specialText(job: Job, register: string, value: number): string | undefined {
  const output = job.buffers.find(({ isCapture }) => !isCapture)!;
  if (hasWordsOfG2(job.node) && register === "0408" && value === output.bytes) return "OUTPUT's size";
  if (job.model !== "cedrus") return undefined;
  if (register === "0238" && value === 8 * output.bytes) return "OUTPUT's size in bits";
  // VE_H264_VLD_ADDR and VP8's: bits 31 to 28 of the address lie in bits 3 to 0, under flags.
  if (register === "0230" || register === "0128") {
    const address = (value & 0xf) * 0x1000_0000 + (value & 0x0fff_fff0);
    const place = placeOf(job, address);
    return place === undefined ? undefined : `${place} flags ${(value >>> 28).toString(16)}`;
  }
  // HEVC's addresses are counted in 256 bytes.
  const offset = Number.parseInt(register, 16);
  if (offset < 0x500 || value < 0x20_0000) return undefined;
  const place = placeOf(job, (value & 0x0fff_ffff) * 256);
  return place === undefined ? undefined : `${place} / 256 flags ${(value >>> 28).toString(16)}`;
}
