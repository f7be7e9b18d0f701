import { AssertionError } from "node:assert";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Codec, DecodeEvent } from "../../src/events.ts";
import { openSession } from "../../src/index.ts";
import { type RecordableEvent, RecordWriter, readRecord } from "../../src/record/index.ts";
import { hantroG1 } from "../../src/targets/index.ts";
import { expectRequests } from "../../src/testing/index.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { fixture } from "../cli/command-line.ts";

let folder: string;
let golden: string;
beforeEach(() => {
  folder = temporaryFolder();
  golden = join(folder, "goldens", "golden.jsonl");
  vi.stubEnv("CI", "");
  vi.stubEnv("UPDATE_GOLDENS", "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function eventsOf(codec: Codec, name: string): DecodeEvent[] {
  const session = openSession(codec);
  return [...session.push(readFileSync(fixture(name))), ...session.flush()];
}
const h264 = () => eventsOf("h264", "h264_cqm_jvt.264");

/** The events with a byte of a control changed in one request. */
function withChange(events: readonly RecordableEvent[], control: string, byte: number, number = 3): RecordableEvent[] {
  let request = 0;
  return events.map((event) => {
    if (event.type !== "request" || request++ !== number) return event;
    const controls = event.controls.map(({ name, payload }) => {
      if (name !== control || typeof payload === "number") return { name, payload };
      const changed = payload.slice();
      changed[byte]! ^= 1;
      return { name, payload: changed };
    });
    return { ...event, controls };
  });
}

async function messageOf(promise: Promise<void>): Promise<string> {
  const thrown: unknown = await promise.then(
    () => expect.fail("nothing was thrown"),
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(AssertionError);
  return (thrown as AssertionError).message;
}

const pps = "V4L2_CID_STATELESS_H264_PPS";

describe("expectRequests", () => {
  it("writes a golden that is not there, and is content with the same requests afterwards", async () => {
    await expectRequests(h264(), golden);
    expect(readRecord(readFileSync(golden, "utf8").split("\n")).header).toEqual({ codec: "h264" });
    const written = readFileSync(golden);
    await expectRequests(h264(), golden);
    await expectRequests(h264(), pathToFileURL(golden));
    expect(readFileSync(golden)).toEqual(written);
  });

  it.each(["1", "true"])("fails without a golden where CI is %s, and writes none", async (ci) => {
    vi.stubEnv("CI", ci);
    expect(await messageOf(expectRequests(h264(), golden))).toBe(
      `there is no golden ${golden}: run the test with UPDATE_GOLDENS=1, look at what it wrote, and commit it`,
    );
    expect(existsSync(golden)).toBe(false);
  });

  it("fails with the text of diff, and leaves the golden as it is", async () => {
    await expectRequests(h264(), golden);
    const written = readFileSync(golden);
    const message = await messageOf(expectRequests(withChange(h264(), pps, 5), golden));
    expect(message).toMatch(/^the requests are not those of the golden\na {2}.*golden\.jsonl: h264, 20 requests\n/);
    expect(message).toContain("b  this test: h264, 20 requests\n20 pairs, 1 differs");
    expect(message).toContain(
      "\nrequest 3 of a, 3 of b\n  H264_PPS weighted_bipred_idc  2 / 3  refused (b: kernel: not in 0..2)\n",
    );
    expect(message).toMatch(/run the test with UPDATE_GOLDENS=1\.$/);
    for (const line of message.split("\n").slice(2, -1)) expect(line.length).toBeLessThanOrEqual(100);
    expect(readFileSync(golden)).toEqual(written);
  });

  it("writes it anew with UPDATE_GOLDENS=1, also in CI, where something differs", async () => {
    await expectRequests(h264(), golden);
    const before = readFileSync(golden);
    vi.stubEnv("UPDATE_GOLDENS", "1");
    vi.stubEnv("CI", "true");
    await expectRequests(h264(), golden);
    expect(readFileSync(golden)).toEqual(before);
    await expectRequests(withChange(h264(), pps, 5), golden);
    expect(readFileSync(golden)).not.toEqual(before);
    vi.stubEnv("UPDATE_GOLDENS", "");
    await expectRequests(withChange(h264(), pps, 5), golden);
    expect(await messageOf(expectRequests(h264(), golden))).toContain("1 differs");
  });

  it("finds a request that is missing, twice, or more", async () => {
    await expectRequests(h264(), golden);
    const last = h264()
      .map(({ type }) => type)
      .lastIndexOf("request");
    const without = h264().filter((_, i) => i !== last);
    expect(await messageOf(expectRequests(without, golden))).toContain("a has 1 more, request 19");
    const twice = h264().flatMap((event, i) => (i === last ? [event, event] : [event]));
    expect(await messageOf(expectRequests(twice, golden))).toContain("b has the request before it twice: request 20");
  });

  it.each([[pps], [`${pps}.weighted_bipred_idc`]])("leaves out what is ignored: %s", async (name) => {
    await expectRequests(h264(), golden);
    const changed = withChange(h264(), pps, 5);
    await expectRequests(changed, golden, { ignore: [name] });
    await messageOf(expectRequests(changed, golden, { ignore: [`${pps}.flags`] }));
    await messageOf(expectRequests(withChange(changed, pps, 6, 4), golden, { ignore: [`${pps}.weighted_bipred_idc`] }));
  });

  it.each([
    ["H264_PPS weighted_bipred_idc", 5],
    ["H264_PPS flags.ENTROPY_CODING_MODE", 10],
    ["H264_PPS flags", 10],
  ])("takes a field's name as diff prints it: %s", async (name, byte) => {
    await expectRequests(h264(), golden);
    const changed = withChange(h264(), pps, byte);
    expect(await messageOf(expectRequests(changed, golden))).toContain(name);
    await expectRequests(changed, golden, { ignore: [name] });
  });

  it.each(["", ".br"])(
    "writes a golden anew with UPDATE_GOLDENS=1 that is damaged, and names it without (%s)",
    async (ending) => {
      await expectRequests(h264(), golden + ending);
      const whole = readFileSync(golden + ending);
      for (const damaged of [
        whole.subarray(0, whole.length / 2),
        Buffer.concat([whole, Buffer.from("<<<<<<<\n")]),
        Buffer.alloc(0),
      ]) {
        writeFileSync(golden + ending, damaged);
        vi.stubEnv("UPDATE_GOLDENS", "");
        if (ending === "" || damaged.length < whole.length)
          expect(await messageOf(expectRequests(h264(), golden + ending))).toContain(
            `the golden ${golden}${ending} is not`,
          );
        vi.stubEnv("UPDATE_GOLDENS", "1");
        await expectRequests(h264(), golden + ending);
        vi.stubEnv("UPDATE_GOLDENS", "");
        await expectRequests(h264(), golden + ending);
      }
    },
  );

  it("takes each event of a session before the next call, after which its bitstreams are no longer valid", async () => {
    const bytes = readFileSync(fixture("h264_cqm_jvt.264"));
    function* inPieces(size: number) {
      const session = openSession("h264");
      const piece = new Uint8Array(size);
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        piece.set(part);
        yield* session.push(piece.subarray(0, part.length));
      }
      yield* session.flush();
    }
    await expectRequests(h264(), golden, { withData: true });
    for (const size of [100, 1000]) await expectRequests(inPieces(size), golden);
  });

  it("takes the ranges that diff prints, and elements of arrays", async () => {
    const slices = () => {
      const session = openSession("h264", { decodeMode: "slice" });
      return [...session.push(readFileSync(fixture("h264_baseline_slices.264"))), ...session.flush()];
    };
    const name = "V4L2_CID_STATELESS_H264_SLICE_PARAMS";
    await expectRequests(slices(), golden);
    // ref_pic_list0[2].fields to [3].index, of a request with a P slice
    let changed: RecordableEvent[] = slices();
    for (const byte of [28, 30]) changed = withChange(changed, name, byte, 30);
    const message = await messageOf(expectRequests(changed, golden));
    const printed = /H264_SLICE_PARAMS ref_pic_list0\[\d+\.\.\d+\]\.\w+/.exec(message)?.[0] as string;
    await expectRequests(changed, golden, { ignore: [printed] });
    await messageOf(expectRequests(changed, golden, { ignore: [printed.replace(/\d+\.\.\d+/, "30..31")] }));
    const slice = expectRequests(h264(), golden, { ignore: ["HEVC_SLICE_PARAMS slice_pic_order_cnt"] });
    await expect(slice).rejects.toThrow(
      /^ignore: V4L2_CID_STATELESS_HEVC_SLICE_PARAMS has no field slice_pic_order_cnt$/,
    );
    await expectRequests(slices(), golden, { ignore: ["HEVC_SLICE_PARAMS [].slice_pic_order_cnt"] });
  });

  it("does not overwrite what never was a record, and says what is wrong with a path", async () => {
    const notes = join(folder, "notes.txt");
    writeFileSync(notes, "not to be lost\n");
    vi.stubEnv("UPDATE_GOLDENS", "1");
    expect(await messageOf(expectRequests(h264(), notes))).toContain(
      `the golden ${notes} is not a request record: line 1`,
    );
    expect(readFileSync(notes, "utf8")).toBe("not to be lost\n");
    await expect(expectRequests(h264(), folder)).rejects.toThrow(/EISDIR/);
    await expect(expectRequests(h264(), 5 as unknown as string)).rejects.toThrow(
      "the golden's path must be a string or a URL",
    );
  });

  it("refuses a golden of two brotli files that are joined", async () => {
    await expectRequests(h264(), `${golden}.br`);
    const bytes = readFileSync(`${golden}.br`);
    writeFileSync(`${golden}.br`, Buffer.concat([bytes, bytes]));
    expect(await messageOf(expectRequests(h264(), `${golden}.br`))).toContain("other bytes come after its end");
  });

  it("takes each flag's name as diff prints it", async () => {
    await expectRequests(h264(), golden);
    const changed = withChange(h264(), "V4L2_CID_STATELESS_H264_SPS", 1);
    const message = await messageOf(expectRequests(changed, golden));
    const [printed = ""] = /H264_SPS constraint_set_flags\.\w+/.exec(message) ?? [];
    expect(printed).not.toBe("");
    await expectRequests(changed, golden, { ignore: [printed] });
  });

  it("refuses names that nothing has", async () => {
    await expectRequests(h264(), golden);
    await expect(expectRequests(h264(), golden, { ignore: ["PPS"] })).rejects.toThrow(/^ignore: PPS is neither/);
    const misspelt = expectRequests(h264(), golden, { ignore: [`${pps}.weighted`] });
    await expect(misspelt).rejects.toThrow(/^ignore: V4L2_CID_STATELESS_H264_PPS has no field weighted$/);
    const options = { ignore: "unread" } as unknown as { ignore: string[] };
    await expect(expectRequests(h264(), golden, options)).rejects.toThrow(/^ignore must be a list of names$/);
    await expect(expectRequests(h264(), golden, { target: "rk3588" })).rejects.toThrow(/its decoders are .*vdpu381/);
    await expect(expectRequests(h264(), golden, { target: "rk9999" })).rejects.toThrow(/^unknown target rk9999: there/);
  });

  it("takes what this driver does not read as unread, which can be ignored", async () => {
    // hantro does not look at seq_parameter_set_id.
    await expectRequests(h264(), golden);
    const changed = withChange(h264(), pps, 1);
    const message = await messageOf(expectRequests(changed, golden, { target: hantroG1 }));
    expect(message).toContain("hantro-g1 does not read: 1 field");
    await expectRequests(changed, golden, { target: "hantro-g1", ignore: ["unread"] });
  });

  it("takes a record: its text, its pieces, or read", async () => {
    const writer = new RecordWriter({ codec: "vp8", producer: "a decoder" });
    const events = eventsOf("vp8", "vp8_altref.ivf");
    const text = [writer.head, ...events.map((event) => writer.write(event))].join("");
    writeFileSync(join(folder, "own.jsonl"), text);
    const own = join(folder, "own.jsonl");
    await expectRequests(events, own);
    await expectRequests(text, own);
    await expectRequests(Buffer.from(text), own);
    await expectRequests([text.slice(0, 100), text.slice(100)], own);
    await expectRequests(readRecord(text.split("\n")), own);
    async function* pieces() {
      yield Buffer.from(text);
    }
    await expectRequests(pieces(), own);
    async function* made() {
      yield* events;
    }
    await expectRequests(made(), own);
  });

  it.each(["br", "gz"])("reads and writes goldens that are compressed: %s", async (ending) => {
    const path = `${golden}.${ending}`;
    await expectRequests(h264(), path);
    await expectRequests(h264(), path);
    await messageOf(expectRequests(withChange(h264(), pps, 5), path));
  });

  it("fails where there is nothing to compare", async () => {
    expect(await messageOf(expectRequests([], golden))).toMatch(/^there are no requests to compare/);
  });

  it("sees an OUTPUT buffer with other bytes", async () => {
    await expectRequests(h264(), golden);
    let isFirst = true;
    const changed = h264().map((event) => {
      if (event.type !== "request" || !isFirst) return event;
      isFirst = false;
      return { ...event, bitstream: event.bitstream.map((part) => part.map((byte) => byte ^ 1)) };
    });
    expect(await messageOf(expectRequests(changed, golden))).toContain("OUTPUT buffer");
    await expectRequests(changed, golden, { ignore: ["bitstream"] });
  });

  it("includes which requests share a CAPTURE buffer, which can be ignored", async () => {
    const session = openSession("h264", { decodeMode: "slice" });
    const slices = session.push(readFileSync(fixture("h264_baseline_slices.264")).subarray(0, 40_000));
    // The last picture, which no other refers to.
    const events = [...slices, ...session.flush()];
    const last = Math.max(...events.map((event) => (event.type === "request" ? event.timestamp : 0)));
    const split = events.map((event, i) =>
      event.type === "request" && event.timestamp === last ? { ...event, timestamp: last + i } : event,
    );
    await expectRequests(events, golden);
    expect(await messageOf(expectRequests(split, golden))).toContain("OUTPUT buffer timestamp");
    await expectRequests(split, golden, { ignore: ["timestamp"] });
  });
});
