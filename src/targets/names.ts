/**
 * The names of the targets, of the chips and of the drivers, for a program that must know them before it needs what a target takes. They are in
 * the order of `targets` and `boards`; test/targets/names.test.ts compares them.
 */
export const targetNames: readonly string[] = [
  "generic",
  "visl",
  "vicodec",
  ...["rk3399", "vdpu381", "vdpu383"],
  ...["hantro-g1", "hantro-g2", "rk3588-av1"],
  "mediatek",
  "cedrus",
  "tegra-vde",
  "rpi-hevc-dec",
];

/** All names of the chips, and of the boards that have their own. */
export const boardNames: readonly string[] = [
  ...["rk3036", "rk3066", "rk3288", "rk3328", "rk3399", "rk3566", "rk3568", "px30", "rk3576", "rk3588", "rk3588s"],
  ...["imx8mq", "imx8mm", "imx8mp", "sama5d4", "stm32mp25"],
  ...["a10", "a13", "a20", "a33", "r40", "h3", "h5", "a64", "h6", "v3s", "d1"],
  ...["mt8183", "mt8186", "mt8192", "mt8188", "mt8195"],
  ...["tegra20", "tegra30", "tegra114", "tegra124"],
  ...["bcm2711", "rpi4", "bcm2712", "rpi5"],
];

/** The names in `v4l2_capability.driver`, and the targets that each may be. */
export const driverTargets: Readonly<Record<string, readonly string[]>> = {
  visl: ["visl"],
  vicodec: ["vicodec"],
  rkvdec: ["rk3399", "vdpu381", "vdpu383"],
  "hantro-vpu": ["hantro-g1", "hantro-g2", "rk3588-av1"],
  cedrus: ["cedrus"],
  "tegra-vde": ["tegra-vde"],
  "mtk-vcodec-dec": ["mediatek"],
  "rpi-hevc-dec": ["rpi-hevc-dec"],
};
