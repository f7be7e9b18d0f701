/** What `--corpus` asks of the machine, and what it gets back. */
import { complaintsIn, type Holdings, type KernelMessages } from "./guest.ts";
import type { HardwareCodec as Codec } from "./nodes.ts";

/** A stream to decode on a node. */
export interface CorpusRun {
  readonly id: string;
  readonly codec: Codec;
  readonly node: string;
  /** The stream's path in the machine. */
  readonly path: string;
  /** Also what the driver is known not to decode. */
  readonly force: boolean;
}

/** What came of it. */
export interface CorpusResult {
  readonly id: string;
  /** Those that the driver got. */
  readonly requests: number;
  readonly frames: number;
  /** What the session said about the stream: its own error events. */
  readonly errors: number;
  /** Why nothing, or nothing more, was sent: the target's limits. */
  readonly refusal?: string | undefined;
  /** The target's limits that the stream is beyond, and that `force` passed over. */
  readonly passedOver: readonly string[];
  /** Each with its kind first: `"leak: …"`. */
  readonly problems: readonly string[];
  /** What the kernel said meanwhile: 40 different lines at most. */
  readonly messages: readonly string[];
  readonly milliseconds: number;
}

/** What the kernel and the drivers' memory say after a stream. */
export function afterProblems(before: Holdings, after: Holdings, messages: KernelMessages): string[] {
  const problems = complaintsIn(messages).map((line) => `kernel: ${line}`);
  for (const line of messages.lines) if (/timed out/i.test(line)) problems.push(`stuck: ${line}`);
  if (after.live !== before.live) problems.push(`leak: allocations ${before.live} before it, ${after.live} after it`);
  if (after.descriptors !== before.descriptors) {
    problems.push(`leak: ${before.descriptors} descriptors before it, ${after.descriptors} after it`);
  }
  return problems;
}
