/**
 * Files: finds their video track, and gives its packets to a session. MP4, QuickTime, Matroska and WebM are read by mediabunny,
 * which must be installed too (`npm install mediabunny`).
 *
 * @example
 * ```ts
 * import { eventsOf } from "v4l2-stateless";
 * import { openTrack } from "v4l2-stateless/containers";
 *
 * const track = await openTrack("test/fixtures/containers/h264_mbaff_tff.mp4");
 * console.log(track.codec, track.format); // h264 an MP4 file
 *
 * let requests = 0;
 * for await (const event of eventsOf(track.codec, track)) if (event.type === "request") requests++;
 * console.log(requests); // 20
 * ```
 *
 * @module
 */
export { ContainerError } from "./container-error.ts";
export { type ContainerSource, openTrack, type Track, type TrackOptions } from "./open-track.ts";
export { feed, type StreamPart } from "./stream-part.ts";
