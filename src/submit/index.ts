/**
 * Sends requests to a stateless decoder of this machine: Linux and Node only, through `koffi`, which must be installed too.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { listDevices, openDecoder } from "v4l2-stateless/submit";
 *
 * const { devices } = await listDevices();
 * for (const device of devices.filter(({ target }) => target.codecs.h264)) {
 *   const decoder = await openDecoder("h264", { device });
 *   for await (const frame of decoder.push(readFileSync("test/fixtures/h264_high_bpyramid.264"))) {
 *     console.log(device.path, frame.timestamp, frame.planes.length);
 *     frame.release();
 *   }
 *   await decoder.close();
 * }
 * ```
 *
 * @module
 */
export type { SetEvent } from "../targets/target-events.ts";
export type { AbortSignalLike } from "./abort.ts";
export {
  type Decoder,
  type DecoderOptions,
  openDecoder,
  sessionOptionsFor,
} from "./decoder.ts";
export {
  chooseDevice,
  type DeviceInfo,
  type DeviceList,
  devicePath,
  listDevices,
  noDecoder,
} from "./devices/devices.ts";
export {
  DeviceError,
  DeviceTimeout,
  IoctlError,
  type IoctlFailure,
  type RefusedControl,
  RefusedStream,
} from "./errors.ts";
export type { Frame, FramePlane } from "./frame.ts";
export type { IoctlName } from "./layout/ioctls.ts";
export { readableFormats, type VisiblePixels, visiblePixels } from "./pixels.ts";
export { recordEvents, recordStreamEvents } from "./record-events.ts";
export { Submitter } from "./submitter.ts";
export type { SubmitEvent, SubmitterOptions } from "./submitter-options.ts";
