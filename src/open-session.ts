import { openAv1Session } from "./av1/session.ts";
import type { Codec, Session } from "./events.ts";
import { openFwhtSession } from "./fwht/session.ts";
import { openH264Session } from "./h264/session.ts";
import { openH265Session } from "./h265/session.ts";
import { openMpeg2Session } from "./mpeg2/session.ts";
import { type SessionOptions, shown } from "./options.ts";
import { openVp8Session } from "./vp8/session.ts";
import { openVp9Session } from "./vp9/session.ts";

const openers: Readonly<Record<Codec, (options: SessionOptions) => Session>> = {
  h264: openH264Session,
  h265: openH265Session,
  vp8: openVp8Session,
  vp9: openVp9Session,
  av1: openAv1Session,
  mpeg2: openMpeg2Session,
  fwht: openFwhtSession,
};

/** The codecs that `openSession` knows. */
export const sessionCodecs = /* @__PURE__ */ Object.keys(openers) as readonly Codec[];

/**
 * Opens a session.
 *
 * @throws TypeError for a codec that has no session, and for an option with a value that it cannot have.
 */
export function openSession(codec: Codec, options: SessionOptions = {}): Session {
  if (typeof codec === "string" && Object.hasOwn(openers, codec)) return openers[codec](options);
  throw new TypeError(`codec is ${shown(codec)}; it must be one of ${sessionCodecs.join(", ")}`);
}
