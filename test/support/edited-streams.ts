import { expect } from "vitest";
import { type EditableUnit, streamOf } from "../../conformance/rewrite/units.ts";
import type { DecodeEvent, RequestEvent } from "../../src/events.ts";
import type { SessionOptions } from "../../src/options.ts";
import { only } from "./h264-stream.ts";
import { controlsOf } from "./h265.ts";
import { eventsOf } from "./h265-stream.ts";

/** All the events of the stream that these units are. */
export function run(units: readonly EditableUnit[], options?: SessionOptions): DecodeEvent[] {
  return eventsOf({ bytes: streamOf(units) }, options);
}

/** The requests of a stream without errors. */
export function requestsOf(units: readonly EditableUnit[], options?: SessionOptions): RequestEvent[] {
  const events = run(units, options);
  expect(only(events, "error")).toEqual([]);
  return only(events, "request");
}

/** DECODE_PARAMS of each. */
export const paramsOf = (requests: readonly RequestEvent[]) => requests.map((request) => controlsOf(request).params);

/** The first element of SLICE_PARAMS of each. */
export const firstSlices = (requests: readonly RequestEvent[]) =>
  requests.map((request) => controlsOf(request).slices[0]!);

export const isSlice = ({ type }: EditableUnit) => type >= 0 && type <= 21;
