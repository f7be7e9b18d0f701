import { createReadStream, openAsBlob, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ByteSource, type DecodeEvent, eventsOf, openSession, requestStream } from "../src/index.ts";
import { eventKey } from "../support/events.ts";

const path = new URL("fixtures/h264_high_bpyramid.264", import.meta.url);
const bytes = new Uint8Array(readFileSync(path));
const session = openSession("h264");
const expected = [...session.push(bytes), ...session.flush()].map(eventKey);

async function keysOf(events: AsyncIterable<DecodeEvent>): Promise<string[]> {
  const list: DecodeEvent[] = [];
  for await (const event of events) list.push(event);
  // Only now, when all have come: what they hold must still be theirs.
  return list.map(eventKey);
}

function* pieces(length: number, reused = new Uint8Array(length)): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    const piece = bytes.subarray(at, at + length);
    reused.set(piece);
    yield reused.subarray(0, piece.length);
  }
}

async function* later(source: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of source) yield await Promise.resolve(piece);
}

describe("requestStream", () => {
  it("gives the session's events, those of the end too", async () => {
    const blob = await openAsBlob(path);
    expect(await keysOf(blob.stream().pipeThrough(requestStream("h264")))).toEqual(expected);
  });

  it("takes no more bytes while its events wait", async () => {
    let pulled = 0;
    const source = new ReadableStream<ByteSource>(
      {
        pull: (controller) => {
          if (pulled < 50) controller.enqueue(bytes);
          else controller.close();
          pulled++;
        },
      },
      { highWaterMark: 0 },
    );
    const reader = source.pipeThrough(requestStream("h264")).getReader();
    expect((await reader.read()).value?.type).toBe("sequence");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(pulled).toBeLessThan(4);
    await reader.cancel();
  });

  it("stops at an AbortSignal", async () => {
    const stop = new AbortController();
    const blob = await openAsBlob(path);
    const sink = new WritableStream({ write: () => stop.abort(new Error("enough")) });
    const pipe = blob.stream().pipeThrough(requestStream("h264")).pipeTo(sink, { signal: stop.signal });
    await expect(pipe).rejects.toThrow("enough");
  });

  it("fails for what is not bytes, and at once for wrong options", async () => {
    const texts = new ReadableStream<ByteSource>({
      start: (controller) => controller.enqueue("00 00 01" as unknown as ByteSource),
    });
    await expect(keysOf(texts.pipeThrough(requestStream("h264")))).rejects.toThrow(TypeError);
    expect(() => requestStream("h264", { kernel: "new" })).toThrow(TypeError);
    expect(() => requestStream("h266" as never)).toThrow(TypeError);
  });
});

describe("eventsOf", () => {
  it.each([
    ["an array", [bytes]],
    ["a generator that uses its buffer again", pieces(1000)],
    ["an async generator", later(pieces(777))],
    ["a stream of Node", createReadStream(path)],
    ["no bytes before the stream", [new ArrayBuffer(0), bytes.slice().buffer]],
  ])("gives the session's events, from %s", async (_, source) => {
    expect(await keysOf(eventsOf("h264", source))).toEqual(expected);
  });

  it("gives a Web stream's events", async () => {
    expect(await keysOf(eventsOf("h264", (await openAsBlob(path)).stream()))).toEqual(expected);
  });

  it("passes on what the source throws, and closes it when the loop is left", async () => {
    let closed = 0;
    function* failing(): Generator<Uint8Array> {
      try {
        yield bytes;
        throw new Error("the disk is gone");
      } finally {
        closed++;
      }
    }
    await expect(keysOf(eventsOf("h264", failing()))).rejects.toThrow("the disk is gone");
    for await (const event of eventsOf("h264", failing())) if (event.type === "request") break;
    expect(closed).toBe(2);
  });
});
