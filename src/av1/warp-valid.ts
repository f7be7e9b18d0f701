/** 7.11.3.6 Setup shear process, as far as it says whether a warp can be used; 7.11.3.7 Resolve divisor process. */
import { DIV_LUT_BITS, DIV_LUT_PREC_BITS, WARP_PARAM_REDUCE_BITS, WARPEDMODEL_PREC_BITS } from "./tables.ts";

const S16_MIN = -32768;
const S16_MAX = 32767;

/** warpValid for gm_params[ ref ]. All products have less than 53 bits, so numbers are exact. */
export function isWarpValid(gm_params: Int32Array, ref: number): boolean {
  const param = (i: number): number => gm_params[6 * ref + i] as number;
  const one = 2 ** WARPEDMODEL_PREC_BITS;
  const alpha0 = clip16(param(2) - one);
  const beta0 = clip16(param(3));
  const { divShift, divFactor } = resolveDivisor(param(2));
  const gamma0 = clip16(round2Signed(param(4) * one * divFactor, divShift));
  const delta0 = clip16(param(5) - round2Signed(param(3) * param(4) * divFactor, divShift) - one);
  const alpha = Math.abs(reduced(alpha0));
  const beta = Math.abs(reduced(beta0));
  const gamma = Math.abs(reduced(gamma0));
  const delta = Math.abs(reduced(delta0));
  return 4 * alpha + 7 * beta < one && 4 * gamma + 4 * delta < one;
}

/** 7.11.3.7: 1 / d as divFactor / 2^divShift. Div_Lut[ i ] is 2^22 / (256 + i), rounded. */
function resolveDivisor(d: number): { divShift: number; divFactor: number } {
  const magnitude = Math.abs(d);
  const n = 31 - Math.clz32(magnitude);
  const e = magnitude - 2 ** n;
  const f = n > DIV_LUT_BITS ? round2(e, n - DIV_LUT_BITS) : e * 2 ** (DIV_LUT_BITS - n);
  const factor = Math.round(2 ** (DIV_LUT_BITS + DIV_LUT_PREC_BITS) / (2 ** DIV_LUT_BITS + f));
  return { divShift: n + DIV_LUT_PREC_BITS, divFactor: d < 0 ? -factor : factor };
}

function reduced(value: number): number {
  return round2Signed(value, WARP_PARAM_REDUCE_BITS) * 2 ** WARP_PARAM_REDUCE_BITS;
}

function clip16(value: number): number {
  return Math.min(S16_MAX, Math.max(S16_MIN, value));
}

function round2(value: number, bits: number): number {
  return Math.floor((value + 2 ** (bits - 1)) / 2 ** bits);
}

function round2Signed(value: number, bits: number): number {
  return value < 0 ? -round2(-value, bits) : round2(value, bits);
}
