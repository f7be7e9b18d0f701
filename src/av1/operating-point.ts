/** 6.4.1 choose_operating_point, and what it drops: 5.3.1. */
import type { ObuHeader, SequenceHeader } from "./structures.ts";
import { OBU_SEQUENCE_HEADER, OBU_TEMPORAL_DELIMITER } from "./tables.ts";

/** OperatingPointIdc. A sequence without so many operating points is decoded at its first one, which has all layers. */
export function operatingPointIdc({ operating_points }: SequenceHeader, operatingPoint: number): number {
  return (operating_points[operatingPoint] ?? operating_points[0])?.operating_point_idc ?? 0;
}

/** Whether an OBU belongs to a layer that the operating point does not have. */
export function isDropped(o: ObuHeader, OperatingPointIdc: number): boolean {
  if (o.obu_type === OBU_SEQUENCE_HEADER || o.obu_type === OBU_TEMPORAL_DELIMITER) return false;
  if (OperatingPointIdc === 0 || !o.obu_extension_flag) return false;
  const inTemporalLayer = (OperatingPointIdc >> o.temporal_id) & 1;
  const inSpatialLayer = (OperatingPointIdc >> (o.spatial_id + 8)) & 1;
  return !inTemporalLayer || !inSpatialLayer;
}

/** The highest spatial layer of an operating point; 0 where it has one only. */
export function highestSpatialLayer(OperatingPointIdc: number): number {
  const layers = OperatingPointIdc >> 8;
  return layers === 0 ? 0 : 31 - Math.clz32(layers);
}
