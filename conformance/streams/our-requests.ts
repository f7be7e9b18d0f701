import type { EffectiveRequest, Payload } from "../../src/compare/request.ts";
import { type Slice, SliceFinder, type Variants, variantsOf } from "../../src/compare/variants.ts";
import { feed, type StreamPart } from "../../src/containers/stream-part.ts";
import type { Codec, DecodeEvent, ErrorEvent } from "../../src/events.ts";
import { unitsOfPacket } from "../../src/framing/byte-stream.ts";
import { openSession } from "../../src/open-session.ts";
import type { SessionOptions } from "../../src/options.ts";
import { crc32 } from "../../src/record/crc32.ts";
import { persists } from "../../src/record/format.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import type { DecodeMode } from "../../src/uapi/modes.ts";

const START_CODE_BYTES = 3;

/** What our session makes of a stream. */
export interface OurRequests {
  readonly requests: readonly EffectiveRequest[];
  readonly errors: readonly ErrorEvent[];
}

/**
 * Runs a session over a whole stream, with the options that the goldens were made with.
 *
 * @param parts how the session is given the stream: at once, where nothing else is said.
 */
export function decodeStream(
  codec: Codec,
  stream: Uint8Array,
  decodeMode: DecodeMode = "frame",
  parts: readonly StreamPart[] = [{ kind: "chunk", bytes: stream }],
): OurRequests {
  const options: SessionOptions = { decodeMode, startCode: "annexb" };
  const session = openSession(codec, options);
  const inEffect = new Map<string, Payload>();
  const requests: EffectiveRequest[] = [];
  const finder = new SliceFinder(stream);
  const errors: ErrorEvent[] = [];
  const take = (event: DecodeEvent): void => {
    if (event.type === "error") errors.push(event);
    if (event.type !== "sequence" && event.type !== "request") return;
    for (const name of inEffect.keys()) if (!persists(name)) inEffect.delete(name);
    for (const { name, payload } of event.controls) inEffect.set(name, payload);
    if (event.type === "sequence") return;
    const bitstream = bitstreamBytes(event);
    const slices = slicesOf(codec, bitstream, finder);
    let variants: Variants | undefined;
    requests.push({
      index: requests.length,
      timestamp: BigInt(event.timestamp),
      bytes: bitstream.length,
      crc32: crc32(bitstream),
      controls: new Map(inEffect),
      bitstream,
      // Made when it is asked for: most buffers of the peers are equal to ours.
      get variants() {
        variants ??= variantsOf(slices);
        return variants;
      },
    });
  };
  for (const part of parts) for (const event of feed(session, part)) take(event);
  for (const event of session.flush()) take(event);
  return { requests, errors };
}

/** The slices of a request, each with its start code. VP8 and VP9 have none. */
function slicesOf(codec: Codec, bitstream: Uint8Array, finder: SliceFinder): Slice[] {
  if (codec === "vp8" || codec === "vp9") return [];
  return unitsOfPacket(bitstream, 0, codec === "mpeg2").map(({ byte, bytes: unit }) => {
    const bytes = bitstream.subarray(byte - START_CODE_BYTES, byte + unit.length);
    return { bytes, zeros: finder.zerosAfter(bytes) };
  });
}
