import type { Codec, Session } from "./events.ts";
import type { SessionOptions } from "./options.ts";

type Opener = (options: SessionOptions) => Session;

const openers: Readonly<Record<Codec, () => Promise<Opener>>> = {
  h264: async () => (await import("./h264/session.ts")).openH264Session,
  h265: async () => (await import("./h265/session.ts")).openH265Session,
  vp8: async () => (await import("./vp8/session.ts")).openVp8Session,
  vp9: async () => (await import("./vp9/session.ts")).openVp9Session,
  av1: async () => (await import("./av1/session.ts")).openAv1Session,
  mpeg2: async () => (await import("./mpeg2/session.ts")).openMpeg2Session,
  fwht: async () => (await import("./fwht/session.ts")).openFwhtSession,
};

/**
 * As `openSession`, but loads the code of this codec only, when it is called: a command that reads a small stream would
 * otherwise spend more time on the code of the other codecs than on the stream.
 */
export async function loadSession(codec: Codec, options: SessionOptions): Promise<Session> {
  const open = await openers[codec]();
  return open(options);
}
