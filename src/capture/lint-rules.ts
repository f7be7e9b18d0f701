/** What lint looks for. */

/** The rules, with what is wrong where one is broken. */
export const lintRules = /* @__PURE__ */ Object.freeze({
  "format-of-busy-queue":
    "VIDIOC_S_FMT on a queue that streams or holds buffers. OUTPUT may hold them where its pixel format stays.",
  "reqbufs-while-streaming": "VIDIOC_REQBUFS on a queue that streams.",
  "capture-format-too-early":
    "The CAPTURE format was read before the sequence's controls were set, and not again after it.",
  "format-before-profile":
    "The CAPTURE format was chosen before the sequence's controls were set, which say the bit depth.",
  "control-outside-request": "A control of one picture was set outside of a request.",
  "unknown-reference": "A reference has a timestamp that no buffer was queued with.",
  "reference-overwritten": "A CAPTURE buffer was queued again, and a later request refers to its picture.",
  "missing-hold-flag": "Two requests have one timestamp, and the first one does not hold the CAPTURE buffer.",
  "request-without-buffer": "A request was queued without an OUTPUT buffer.",
  "empty-buffer": "The OUTPUT buffer of a request was queued with bytesused 0.",
  "unsupported-control": "EXT_SPS controls were sent to a driver that has none.",
  "refused-call": "The kernel refused a call of a request, or one without which a program queues no request.",
  "decoded-with-error": "A picture came back with V4L2_BUF_FLAG_ERROR.",
} as const);

export type LintRule = keyof typeof lintRules;

export interface LintFinding {
  readonly rule: LintRule;
  /** Of the call that breaks the rule. */
  readonly line: number;
  /** The ioctl. */
  readonly call: string;
  /** What was seen. */
  readonly message: string;
  /** What to do. */
  readonly advice: string;
}
