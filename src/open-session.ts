import type { Codec, Session } from "./events.ts";
import { openH264Session } from "./h264/session.ts";
import { openH265Session } from "./h265/session.ts";
import { openMpeg2Session } from "./mpeg2/session.ts";
import type { SessionOptions } from "./options.ts";
import { openVp8Session } from "./vp8/session.ts";
import { openVp9Session } from "./vp9/session.ts";

/** The codecs that `openSession` knows. */
export const sessionCodecs: readonly Codec[] = ["h264", "h265", "vp8", "vp9", "mpeg2"];

/** Opens a session. Throws TypeError for a codec that is not there and for wrong options. */
export function openSession(codec: Codec, options: SessionOptions = {}): Session {
  if (codec === "h264") return openH264Session(options);
  if (codec === "h265") return openH265Session(options);
  if (codec === "vp8") return openVp8Session(options);
  if (codec === "vp9") return openVp9Session(options);
  if (codec === "mpeg2") return openMpeg2Session(options);
  throw new TypeError(`there is no session for ${JSON.stringify(codec)}; there is one for ${sessionCodecs.join(", ")}`);
}
