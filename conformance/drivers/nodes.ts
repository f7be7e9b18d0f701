/** The nodes of the machine's device tree (decoders.dtsi). */
import type { Codec } from "../../src/events.ts";
import { codecNames } from "../../src/uapi/index.ts";

/** FWHT is vicodec's alone: no hardware decodes it. */
export type HardwareCodec = Exclude<Codec, "fwht">;
export const hardwareCodecs: readonly HardwareCodec[] = codecNames.filter((name) => name !== "fwht");

export interface FakeNode {
  /** Its name in the tree, without the address. */
  readonly name: string;
  /** The target that describes its driver. */
  readonly target: string;
  readonly codecs: readonly HardwareCodec[];
  /** The names of its registers in register-names.json. */
  readonly registers?: string;
  /** Where the decoder's registers begin. */
  readonly decoder?: number;
}

export const nodes: readonly FakeNode[] = [
  { name: "rk3399-vdec", target: "rk3399", codecs: ["h264", "h265", "vp9"] },
  { name: "rk3288-vdec", target: "rk3399", codecs: ["h265"] },
  { name: "rk3588-vdec", target: "vdpu381", codecs: ["h264", "h265"], registers: "vdpu381" },
  { name: "rk3576-vdec", target: "vdpu383", codecs: ["h264", "h265"], registers: "vdpu383" },
  { name: "rk3288-vpu", target: "hantro-g1", codecs: ["h264", "vp8", "mpeg2"], registers: "g1", decoder: 0x400 },
  { name: "imx8mq-vpu-g1", target: "hantro-g1", codecs: ["h264", "vp8", "mpeg2"], registers: "g1" },
  { name: "rk3399-vpu", target: "hantro-g1", codecs: ["vp8", "mpeg2"], registers: "vpu2", decoder: 0x400 },
  { name: "rk3568-vpu", target: "hantro-g1", codecs: ["h264", "vp8", "mpeg2"], registers: "vpu2", decoder: 0x400 },
  { name: "imx8mq-vpu-g2", target: "hantro-g2", codecs: ["h265", "vp9"], registers: "g2" },
  { name: "rk3588-av1-vpu", target: "rk3588-av1", codecs: ["av1"] },
  { name: "sun50i-h6-ve", target: "cedrus", codecs: ["h264", "h265", "vp8", "mpeg2"], registers: "cedrus" },
];

export function nodeNamed(name: string): FakeNode {
  const node = nodes.find((each) => each.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}
