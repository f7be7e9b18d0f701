import { BitstreamError } from "../../src/errors.ts";
import type { RequestEvent } from "../../src/events.ts";
import { openMpeg2Session } from "../../src/mpeg2/index.ts";
import { decodeStruct, v4l2_ctrl_mpeg2_picture } from "../../src/uapi/index.ts";
import { testSpreading, unitStarts } from "../support/spreading.ts";

function predictsFrom({ controls }: RequestEvent): number[] {
  const control = controls.find(({ name }) => name === "V4L2_CID_STATELESS_MPEG2_PICTURE");
  const { forward_ref_ts, backward_ref_ts } = decodeStruct(v4l2_ctrl_mpeg2_picture, control?.payload as Uint8Array);
  return [forward_ref_ts, backward_ref_ts].map(Number).filter((timestamp) => timestamp !== 0);
}

const PICTURE_START_CODE = 0;
const isSlice = (startCode: number) => startCode >= 1 && startCode <= 0xaf;

testSpreading({
  codec: "mpeg2",
  predictsFrom,
  // The end of the picture's last slice is missing.
  damaged: (bytes, k, options) => {
    const starts = unitStarts(bytes);
    const pictures = starts.flatMap((at, i) => (bytes[at] === PICTURE_START_CODE ? [i] : []));
    const slices = starts.slice(pictures[k], pictures[k + 1]).filter((at) => isSlice(bytes[at] ?? 0));
    const last = slices.at(-1) as number;
    const rest = (starts[starts.indexOf(last) + 1] ?? bytes.length + 3) - 3;
    const session = openMpeg2Session(options);
    const lost = new BitstreamError("lost-bytes", "bytes are missing");
    return [
      ...session.push(bytes.subarray(0, last + 4)),
      ...session.push(bytes.subarray(rest), { lost }),
      ...session.flush(),
    ];
  },
  withRecovery: [],
});
