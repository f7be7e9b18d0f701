import type { ByteSource } from "../bytes.ts";
import type { ChunkInfo, Codec, DecodeEvent, ErrorEvent, PacketInfo } from "../events.ts";
import { loadSession } from "../load-session.ts";
import type { SessionOptions } from "../options.ts";
import { throwIfAborted } from "./abort.ts";
import { chooseDevice, type DeviceInfo, devicePath, listDevices } from "./devices/devices.ts";
import { DeviceError } from "./errors.ts";
import type { Frame } from "./frame.ts";
import { Submitter } from "./submitter.ts";
import type { SubmitterOptions } from "./submitter-options.ts";

export interface DecoderOptions extends Omit<SubmitterOptions, "verbatim"> {
  /** A device, or the path of one. Default: the device with the largest pictures for the codec. */
  readonly device?: DeviceInfo | string | undefined;
  /** Options of the session. Those that are left out follow from the device. */
  readonly session?: SessionOptions | undefined;
  /** Called with each loss in the stream. Decoding continues. What it throws, the call throws; `reset` or `close` must come then. */
  readonly onError?: ((event: ErrorEvent) => void) | undefined;
}

/**
 * A session and a device: takes bytes, and gives frames in display order. The calls are those of a `Session`. Each call does
 * its work while its frames are taken, and not before.
 */
export interface Decoder {
  readonly device: DeviceInfo;
  decode(packet: ByteSource, info?: PacketInfo): AsyncIterable<Frame>;
  /** Do not change `chunk` until its frames have been taken. */
  push(chunk: ByteSource, info?: ChunkInfo): AsyncIterable<Frame>;
  configure(record: ByteSource | null): AsyncIterable<Frame>;
  /** Ends the stream: gives all remaining frames. */
  flush(): AsyncIterable<Frame>;
  /** For a seek: forgets every picture, including frames that were not taken. */
  reset(): Promise<void>;
  /** Closes the device. Frames that are not released stay readable. @throws IoctlError if it closed, but its queues did not stop */
  close(): Promise<void>;
  /** `close`: `await using decoder = await openDecoder("h264")`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A session's options, completed with those that the device needs.
 *
 * @throws DeviceError when it does not decode the codec, or not in a mode that was asked for.
 */
export function sessionOptionsFor(
  { path, target }: DeviceInfo,
  codec: Codec,
  asked: SessionOptions = {},
): SessionOptions {
  const taken = target.codecs[codec];
  if (taken === undefined) throw new DeviceError(`${path} does not decode ${codec}`);
  const mode = <M extends string>(wanted: M | undefined, modes: readonly M[], what: string): M | undefined => {
    if (wanted === undefined || modes.length === 0 || modes.includes(wanted)) return wanted ?? modes[0];
    throw new DeviceError(`${path} takes ${what} ${modes.join(" or ")} for ${codec}, not ${wanted}`);
  };
  return {
    ...asked,
    decodeMode: mode(asked.decodeMode, taken.decodeModes, "decode mode"),
    startCode: mode(asked.startCode, taken.startCodes, "start code"),
    missingReferences: asked.missingReferences ?? taken.missingReferences,
  };
}

/**
 * Opens a session on a device.
 *
 * @example
 * ```ts
 * const decoder = await openDecoder("h264");
 * for await (const frame of decoder.push(bytes)) {
 *   show(frame.planes);
 *   frame.release();
 * }
 * ```
 *
 * @throws DeviceError with one line for a person; the reason of `signal` if it was aborted before.
 */
export async function openDecoder(codec: Codec, options: DecoderOptions = {}): Promise<Decoder> {
  const { device: wanted, onError = () => {} } = options;
  throwIfAborted(options.signal);
  const path = typeof wanted === "string" ? await devicePath(wanted) : undefined;
  const device = typeof wanted === "object" ? wanted : chooseDevice(await listDevices(), codec, path);
  const session = await loadSession(codec, sessionOptionsFor(device, codec, options.session));
  const submitter = await Submitter.open(device, options);
  /** The session's call runs when the submitter is ready for its events. */
  function* eventsOf(call: () => readonly DecodeEvent[]): Generator<DecodeEvent, void, undefined> {
    const events = call();
    yield* events;
    // The submitter has taken all events when a listener throws.
    for (const event of events) if (event.type === "error") onError(event);
  }
  const frames = (call: () => readonly DecodeEvent[]) => submitter.submit(eventsOf(call));
  return {
    device,
    decode: (packet, info) => frames(() => session.decode(packet, info)),
    push: (chunk, info) => frames(() => session.push(chunk, info)),
    configure: (record) => frames(() => session.configure(record)),
    flush: async function* () {
      yield* frames(() => session.flush());
      yield* submitter.drain();
    },
    reset: async () => {
      submitter.reset();
      for await (const frame of frames(() => session.reset())) frame.release();
    },
    close: () => submitter.close(),
    [Symbol.asyncDispose]: () => submitter.close(),
  };
}
