/** Which drivers run the decoders of a chip. */
import type { Codec } from "../events.ts";
import { cedrus } from "./cedrus.ts";
import { hantroG1, hantroG2 } from "./hantro.ts";
import { mediatek } from "./mediatek.ts";
import { rk3399, vdpu381, vdpu383 } from "./rkvdec.ts";
import { rpiHevcDec } from "./rpi-hevc-dec.ts";
import type { Target, TargetLimits } from "./target.ts";
import { tegraVde } from "./tegra-vde.ts";
import { rk3588Av1 } from "./vpu981.ts";

/** A decoder of a chip: its driver's target, and the codecs that it has on this chip. */
export interface BoardDecoder {
  readonly target: Target;
  /** The limits in which the chip differs from the target. The target's limits are the largest of all chips. */
  readonly codecs: Readonly<Partial<Record<Codec, TargetLimits>>>;
}

/** A chip, or a board that has its own name. */
export interface Board {
  /** In lower case. The first is the chip's name as in a device tree. */
  readonly names: readonly string[];
  /** The source of this knowledge: files of the Linux 7.2 sources. */
  readonly source: string;
  /** If two take the same codec, the one for larger pictures comes first, and is the one to use. */
  readonly decoders: readonly BoardDecoder[];
}

const hd = { maxWidth: 1920, maxHeight: 1088 } as const;
const uhd = { maxWidth: 3840, maxHeight: 2160 } as const;

/** The driver of the VPU2 in newer Rockchip chips reads the controls as that of hantro's G1 does. */
const vpu2: BoardDecoder = { target: hantroG1, codecs: { h264: hd, vp8: {}, mpeg2: {} } };
const imx8mG1: BoardDecoder = { target: hantroG1, codecs: { h264: uhd, vp8: {}, mpeg2: {} } };
const imx8mG2: BoardDecoder = { target: hantroG2, codecs: { h265: {}, vp9: {} } };
const rkvdec: BoardDecoder = { target: rk3399, codecs: { h265: {}, h264: {}, vp9: {} } };
/** Only the H6 has ten bits. */
const cedrusH265: TargetLimits = { bitDepths: [8] };
/** The profile menus of mediatek's chips without 10 bits end at High and at VP9's profile 0 (mtk_vcodec_dec_fill_*_profile). */
const mt8 = { h264: { bitDepths: [8], profiles: [66, 77, 100] }, vp9: { bitDepths: [8], profiles: [0] } } as const;

const rockchip =
  "drivers/media/platform/rockchip/rkvdec/rkvdec.c, drivers/media/platform/verisilicon/rockchip_vpu_hw.c";
const nxp = "drivers/media/platform/verisilicon/imx8m_vpu_hw.c, arch/arm64/boot/dts/freescale/imx8m*.dtsi";
const allwinner = "drivers/staging/media/sunxi/cedrus/cedrus.c";
const mediatekSource = "drivers/media/platform/mediatek/vcodec/decoder: the firmware says which codecs it has";

/** The chips whose decoders the targets describe. */
export const boards: readonly Board[] = [
  {
    names: ["rk3036", "rk3066"],
    source: rockchip,
    decoders: [{ target: hantroG1, codecs: { h264: hd, vp8: hd, mpeg2: {} } }],
  },
  {
    names: ["rk3288"],
    source: rockchip,
    decoders: [
      { target: rk3399, codecs: { h265: {} } },
      { target: hantroG1, codecs: { h264: {}, vp8: {}, mpeg2: {} } },
    ],
  },
  { names: ["rk3328"], source: rockchip, decoders: [rkvdec, vpu2] },
  { names: ["rk3399"], source: rockchip, decoders: [rkvdec, { target: hantroG1, codecs: { vp8: {}, mpeg2: {} } }] },
  { names: ["rk3566", "rk3568"], source: rockchip, decoders: [vpu2] },
  { names: ["px30"], source: rockchip, decoders: [vpu2] },
  { names: ["rk3576"], source: rockchip, decoders: [{ target: vdpu383, codecs: { h264: {}, h265: {} } }] },
  {
    // The device tree says that its "rk3588-vpu121" is compatible with that of the RK3568.
    names: ["rk3588", "rk3588s"],
    source: `${rockchip}, arch/arm64/boot/dts/rockchip/rk3588-base.dtsi`,
    decoders: [{ target: vdpu381, codecs: { h264: {}, h265: {} } }, vpu2, { target: rk3588Av1, codecs: { av1: {} } }],
  },
  { names: ["imx8mq", "imx8mm", "imx8mp"], source: nxp, decoders: [imx8mG1, imx8mG2] },
  {
    names: ["sama5d4"],
    source: "drivers/media/platform/verisilicon/sama5d4_vdec_hw.c",
    decoders: [
      {
        target: hantroG1,
        codecs: {
          h264: { maxWidth: 1280, maxHeight: 720 },
          vp8: { maxWidth: 1280, maxHeight: 720 },
          mpeg2: { maxWidth: 1280, maxHeight: 720 },
        },
      },
    ],
  },
  {
    names: ["stm32mp25"],
    source: "drivers/media/platform/verisilicon/stm32mp25_vpu_hw.c",
    decoders: [{ target: hantroG1, codecs: { h264: hd, vp8: hd } }],
  },
  {
    names: ["a10", "a13", "a20", "a33", "r40"],
    source: allwinner,
    decoders: [{ target: cedrus, codecs: { h264: {}, vp8: {}, mpeg2: {} } }],
  },
  {
    names: ["h3", "h5", "a64"],
    source: allwinner,
    decoders: [{ target: cedrus, codecs: { h264: {}, h265: cedrusH265, vp8: {}, mpeg2: {} } }],
  },
  {
    names: ["h6"],
    source: `${allwinner}, drivers/media/platform/verisilicon/sunxi_vpu_hw.c`,
    decoders: [
      { target: cedrus, codecs: { h264: {}, h265: {}, vp8: {}, mpeg2: {} } },
      { target: hantroG2, codecs: { vp9: {} } },
    ],
  },
  { names: ["v3s"], source: allwinner, decoders: [{ target: cedrus, codecs: { h264: {} } }] },
  {
    names: ["d1"],
    source: allwinner,
    decoders: [{ target: cedrus, codecs: { h264: {}, h265: cedrusH265, mpeg2: {} } }],
  },
  {
    names: ["mt8183"],
    source: mediatekSource,
    decoders: [
      {
        target: mediatek,
        codecs: {
          h264: { ...mt8.h264, maxWidth: 2048, maxHeight: 1088 },
          vp8: {},
          vp9: { ...mt8.vp9, maxWidth: 2048, maxHeight: 1088 },
        },
      },
    ],
  },
  {
    names: ["mt8186", "mt8192"],
    source: mediatekSource,
    decoders: [{ target: mediatek, codecs: { ...mt8, h265: { bitDepths: [8] }, vp8: {} } }],
  },
  {
    names: ["mt8188", "mt8195"],
    source: mediatekSource,
    decoders: [{ target: mediatek, codecs: { h264: {}, h265: {}, vp8: {}, vp9: {}, av1: {} } }],
  },
  {
    names: ["tegra20", "tegra30", "tegra114", "tegra124"],
    source: "drivers/media/platform/nvidia/tegra-vde",
    decoders: [{ target: tegraVde, codecs: { h264: {} } }],
  },
  {
    names: ["bcm2711", "rpi4", "bcm2712", "rpi5"],
    source: rpiHevcDec.source,
    decoders: [{ target: rpiHevcDec, codecs: { h265: {} } }],
  },
];

/** The decoder to use for a codec on a board. */
export interface BoardChoice {
  /** The driver's target, with the chip's limits for this codec and without other codecs. */
  readonly target: Target;
  /** Other targets on this board that take the codec, too. */
  readonly others: readonly Target[];
}

/** The board called `name`, in lower case; undefined where there is none. */
export function boardByName(name: string): Board | undefined {
  return boards.find(({ names }) => names.includes(name));
}

/** The decoder of a board for a codec; undefined where there is none. */
export function boardTarget({ decoders }: Board, codec: Codec): BoardChoice | undefined {
  const [first, ...others] = decoders.filter(({ codecs }) => codecs[codec] !== undefined);
  const taken = first?.target.codecs[codec];
  if (first === undefined || taken === undefined) return undefined;
  const limits = { ...taken.limits, ...first.codecs[codec] };
  const target = { ...first.target, codecs: { [codec]: { ...taken, limits } } };
  return { target, others: others.map((other) => other.target) };
}
