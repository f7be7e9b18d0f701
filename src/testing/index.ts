/**
 * Golden tests and generated structures for the tests of decoders. Works in every test runner.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import { openSession } from "v4l2-stateless";
 * import { expectRequests } from "v4l2-stateless/testing";
 *
 * const session = openSession("vp9");
 * const events = [...session.push(readFileSync("test/fixtures/vp9_altref_superframes.ivf")), ...session.flush()];
 * // What GStreamer sent for the same stream. A decoder's own test has its own golden, and `UPDATE_GOLDENS=1` writes it.
 * const golden = "test/fixtures/vp9_altref_superframes.ivf.gst-frame.jsonl.br";
 * await expectRequests(events, golden, { target: "rk3399" }).catch(({ message }) => console.log(message.split("\n")[3]));
 * ```
 *
 * @module
 */

export { type HostileControl, hostileControl, validControl } from "./controls.ts";
export { type EditedStream, type EditedStreamOptions, editedStream } from "./edited-stream.ts";
export { type ActualRequests, type ExpectRequestsOptions, expectRequests } from "./expect-requests.ts";
