/**
 * PicOrderCntMsb: (8-3) of H.264, (8-1) of H.265. The count comes nearest to that of the previous picture.
 *
 * @param lsb the coded count modulo `MaxPicOrderCntLsb`. @param prevLsb @param prevMsb the two parts of the previous picture's count.
 */
export function picOrderCntMsb(lsb: number, prevLsb: number, prevMsb: number, MaxPicOrderCntLsb: number): number {
  if (lsb < prevLsb && prevLsb - lsb >= MaxPicOrderCntLsb / 2) return prevMsb + MaxPicOrderCntLsb;
  if (lsb > prevLsb && lsb - prevLsb > MaxPicOrderCntLsb / 2) return prevMsb - MaxPicOrderCntLsb;
  return prevMsb;
}
