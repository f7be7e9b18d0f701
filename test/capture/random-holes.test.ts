// Lines that are missing at random places: what remains of a capture must be what the whole one says, or unknown.
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Call } from "../../src/capture/index.ts";
import { crc32, type ResolvedRequest } from "../../src/record/index.ts";
import { Random } from "../../support/random.ts";
import { allOf, callsOf, captureText, imported } from "./captures.ts";

const folder = new URL("../fixtures/captures/", import.meta.url);
const names = readdirSync(folder).flatMap((name) => /^(.*\.(?:strace|recorder))\.gz$/.exec(name)?.[1] ?? []);
/** Its payloads are cut, so that it is refused. */
const captures = names.filter((name) => name !== "cut_payloads.strace");

/** What a request has that another value than in the whole capture would be invented: everything that is not said to be unknown. */
function invented(request: ResolvedRequest, whole: ResolvedRequest | undefined): string[] {
  if (whole === undefined) return ["request"];
  const { timestamp, hold, bitstream } = request;
  const facts = { timestamp, hold, ...bitstream };
  const wanted = { timestamp: whole.timestamp, hold: whole.hold, ...whole.bitstream };
  const differs = Object.entries(facts).filter(
    ([key, value]) => value !== undefined && value !== wanted[key as keyof typeof wanted],
  );
  const controls = [...request.controls].filter(([name, payload]) => {
    const known = request.known.get(name);
    const other = whole.controls.get(name);
    if (known !== undefined) return known.length > 0 && known.join() !== whole.known.get(name)?.join();
    return typeof payload === "number" || other === undefined || typeof other === "number"
      ? payload !== other
      : Buffer.compare(payload, other) !== 0;
  });
  return [...differs, ...controls].map(([name]) => name);
}

/** What a program has on its way. */
interface State {
  /** The buffers that are queued, in order, and what threads put into requests. */
  readonly buffers: string;
  /** Requests that were queued and not reinitialised. */
  readonly requests: readonly number[];
}

/** Whether nothing shows a hole between two lines: the calls after it go on as if those in it had never been. */
function isHidden(before: State | undefined, after: State | undefined): boolean {
  // A request that is ready may be reinitialised; one that is not may not be queued.
  return (
    before?.buffers === after?.buffers && before?.requests.every((each) => after?.requests.includes(each)) === true
  );
}

/** What a program has on its way before each line. */
async function stateBefore(text: string): Promise<readonly State[]> {
  const queues = new Map<string, number[]>();
  const requests = new Set<number>();
  const filled = new Map<string, string[]>();
  const calls = new Map<number, Call[]>();
  for (const call of await allOf(callsOf(text))) calls.set(call.line, [...(calls.get(call.line) ?? []), call]);
  const take = (call: Call) => {
    if ("error" in call && call.error !== undefined) return;
    const fill = (what: string) => filled.set(call.thread, [...(filled.get(call.thread) ?? []), what]);
    switch (call.call) {
      case "VIDIOC_S_EXT_CTRLS":
        if (call.isForRequest) fill(call.controls.map(({ id }) => id).join());
        break;
      case "VIDIOC_QBUF":
        if (call.isForRequest) fill(`OUTPUT ${call.index}`);
        else queues.set(call.queue, [...(queues.get(call.queue) ?? []), call.index]);
        break;
      case "MEDIA_REQUEST_IOC_QUEUE": {
        const content = filled.get(call.thread) ?? [];
        filled.delete(call.thread);
        requests.add(call.fd);
        for (const what of content) {
          const [, index] = /^OUTPUT (\d+)$/.exec(what) ?? [];
          if (index !== undefined) queues.set("OUTPUT", [...(queues.get("OUTPUT") ?? []), Number(index)]);
        }
        break;
      }
      case "MEDIA_REQUEST_IOC_REINIT":
        requests.delete(call.fd);
        break;
      case "VIDIOC_DQBUF":
        queues.set(
          call.queue,
          (queues.get(call.queue) ?? []).filter((index) => index !== call.index),
        );
        break;
      case "VIDIOC_STREAMOFF":
        queues.delete(call.queue);
        break;
    }
  };
  return text.split("\n").map((_, i) => {
    const before = { buffers: JSON.stringify([[...queues].sort(), [...filled].sort()]), requests: [...requests] };
    for (const call of calls.get(i + 1) ?? []) take(call);
    return before;
  });
}

async function check(name: string, count: number): Promise<{ told: number; silent: number }> {
  const text = captureText(name);
  const lines = text.split("\n");
  const whole = new Map((await imported(text)).requests.map((request) => [request.line, request]));
  const states = await stateBefore(text);
  const random = new Random(crc32(Buffer.from(name)));
  const seen = { told: 0, silent: 0 };
  for (let i = 0; i < count; i++) {
    const size = 1 + random.below(Math.min([3, 10, 30, 100][random.below(4)] as number, lines.length >> 1));
    const at = random.below(Math.max(1, lines.length - size));
    const place = `lines ${at + 1} to ${at + size}`;
    const rest = [...lines.slice(0, at), ...lines.slice(at + size)].join("\n");
    const { requests, warnings } = await imported(rest).catch((thrown) => {
      // Without a request, or where what was asked first is not there.
      expect([place, String(thrown)]).toEqual([place, expect.stringContaining("no request is queued in this capture")]);
      return { requests: [], warnings: [] };
    });
    const faults = requests.flatMap((request) => {
      const line = request.line as number;
      return invented(request, whole.get(line > at ? line + size : line)).map((fault) => `${fault} in line ${line}`);
    });
    const isTold = warnings.some((warning) => warning.includes("calls are missing here"));
    seen[isTold ? "told" : "silent"]++;
    if (isTold || !isHidden(states[at], states[at + size])) expect([place, faults]).toEqual([place, []]);
  }
  return seen;
}

describe("no hole invents a value", () => {
  it.each(["h264_baseline_slices.264.strace", "h265_default_ra.265.strace", "vp8_altref.ivf.recorder"])(
    "in %s",
    async (name) => {
      const { told, silent } = await check(name, 30);
      expect(told).toBeGreaterThan(5);
      expect(silent).toBeGreaterThan(2);
    },
  );

  it.each(captures)("however often it is tried in %s", { tags: "long" }, async (name) => {
    expect((await check(name, 60)).told).toBeGreaterThan(0);
  });
});

describe("the smallest holes that gave a value of another request", () => {
  const without = async (name: string, first: number, size: number) => {
    const lines = captureText(name).split("\n");
    return await imported([...lines.slice(0, first - 1), ...lines.slice(first - 1 + size)].join("\n"));
  };
  const reasons = (warnings: readonly string[]) =>
    warnings.flatMap((each) => /calls are missing here: ([^;]*); what is whole/.exec(each)?.[1] ?? []);

  it.each([
    // The buffer in flight comes back for a later request.
    [
      "av1_8bit.ivf.strace",
      362,
      20,
      "descriptor 24 is queued, and it was not reinitialised since it was queued before",
    ],
    // Controls of one request, the buffer of another.
    ["h265_default_ra.265.strace", 201, 7, /^CAPTURE buffer 0 comes back, and it was not queued/],
    [
      "vp8_altref.ivf.strace",
      291,
      47,
      "CAPTURE buffer 4 comes back, and buffer 3 does not, which was queued before it",
    ],
    // What comes back shows it, and the next request is queued.
    ["h264_baseline_slices.264.strace", 484, 7, /^OUTPUT buffer 0 comes back, and buffer 1 does not, which was queued/],
  ])("%s, %i + %i", async (name, first, size, reason) => {
    const whole = new Map((await imported(captureText(name))).requests.map((each) => [each.line, each]));
    const { requests, warnings } = await without(name, first, size);
    expect(reasons(warnings).at(-1)).toMatch(reason);
    for (const request of requests) {
      const line = request.line as number;
      expect([line, invented(request, whole.get(line >= first ? line + size : line))]).toEqual([line, []]);
    }
    expect(requests.length).toBeGreaterThan(whole.size - Math.ceil(size / 7) - 8);
  });
});
