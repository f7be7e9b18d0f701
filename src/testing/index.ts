/**
 * Golden tests of requests, and generated structures for the tests of decoders and drivers. Works in every test runner; what is
 * generated needs fast-check.
 *
 * @example
 * ```ts
 * import { readFileSync } from "node:fs";
 * import fc from "fast-check";
 * import { openSession } from "v4l2-stateless";
 * import { validate } from "v4l2-stateless/kernel";
 * import { expectRequests, hostileControl, validControl } from "v4l2-stateless/testing";
 *
 * function* decoded() {
 *   const session = openSession("vp9");
 *   yield* session.push(readFileSync("test/fixtures/vp9_altref_superframes.ivf"));
 *   yield* session.flush();
 * }
 * // This golden is what GStreamer sent for the stream. That of a decoder's own test is written when the test runs first.
 * await expectRequests(decoded(), "test/fixtures/vp9_altref_superframes.ivf.gst-frame.jsonl.br", { target: "rk3399" });
 *
 * const name = "V4L2_CID_STATELESS_VP8_FRAME";
 * fc.assert(fc.property(validControl(name), (payload) => validate(name, payload).length === 0));
 * const [hostile] = fc.sample(hostileControl(name), { seed: 1, numRuns: 1 });
 * console.log(hostile?.refusal.path, hostile?.refusal.reason); // num_dct_parts not 1 or 2 or 4 or 8
 * ```
 *
 * @module
 */

export { type HostileControl, hostileControl, validControl } from "./controls.ts";
export { type EditedStream, type EditedStreamOptions, editedStream } from "./edited-stream.ts";
export { type ActualRequests, type ExpectRequestsOptions, expectRequests } from "./expect-requests.ts";
export { type ValidRequest, type ValidRequestOptions, validRequest } from "./requests.ts";
