import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openSession } from "../../src/open-session.ts";
import { RecordWriter, readRecord } from "../../src/record/index.ts";
import { bitstreamBytes } from "../../src/session/bitstream.ts";
import { DeviceError, recordEvents } from "../../src/submit/index.ts";

const stream = readFileSync(new URL("../fixtures/h264_size_change.264", import.meta.url));

function recorded(withData: boolean): string {
  const session = openSession("h264");
  const header = { codec: "h264", decodeMode: "frame", startCode: "annexb" } as const;
  const writer = new RecordWriter(header, { withData });
  const events = [...session.push(stream), ...session.flush()];
  return writer.head + events.map((event) => writer.write(event)).join("");
}

describe("the events of a record", () => {
  it("are those of the session that it was made of", () => {
    const session = openSession("h264");
    const expected = [...session.push(stream), ...session.flush()].filter(({ type }) => type !== "error");
    const events = [...recordEvents(readRecord(recorded(true)))];
    const inEffect = new Map<string, Uint8Array | number>();
    const performed = events.flatMap((event): unknown[] => {
      if (event.type === "set" || event.type === "request") {
        for (const { name, payload } of event.controls) inEffect.set(name, payload);
      }
      if (event.type === "set") return [];
      if (event.type !== "request") return [event];
      return [{ ...event, bitstream: bitstreamBytes(event), controls: new Map(inEffect) }];
    });
    expect(performed.length).toBe(expected.length);
    for (const [i, event] of expected.entries()) {
      const own = performed[i]!;
      if (event.type === "request") {
        // A record leaves out what did not change, which the kernel keeps.
        for (const { name, payload } of event.controls) inEffect.set(name, payload);
        expect(own).toMatchObject({ timestamp: event.timestamp, hold: event.hold, bitstream: bitstreamBytes(event) });
        const { controls } = own as { controls: ReadonlyMap<string, unknown> };
        for (const { name, payload } of event.controls) expect(controls.get(name)).toEqual(payload);
      } else if (event.type === "sequence") {
        expect(own).toEqual({ ...event, controls: [] });
      } else {
        expect(own).toEqual(event);
      }
    }
  });

  it("need the bytes of the requests", () => {
    expect(() => [...recordEvents(readRecord(recorded(false)))]).toThrow(
      new DeviceError("line 5: the request has no bytes; make the record with --with-data"),
    );
  });

  it.each([
    [
      '{"sequence":{"pixelFormat":"S264"}}',
      "line 2: the sequence must say pixelFormat, codedWidth, codedHeight and captureBuffers",
    ],
    ['{"set":{"V4L2_CID_NONE":1}}', "line 2: unknown control V4L2_CID_NONE"],
    [
      '{"set":{"V4L2_CID_STATELESS_H264_SPS":1}}',
      "line 2: V4L2_CID_STATELESS_H264_SPS is a struct, but its value is a number",
    ],
    [
      '{"set":{"V4L2_CID_STATELESS_H264_DECODE_MODE":"00"}}',
      "line 2: V4L2_CID_STATELESS_H264_DECODE_MODE is a menu, but its value is bytes",
    ],
    ['{"release":"18446744073709551615"}', "line 2: the timestamp is above 2^53 - 1, more than this program can send"],
    ['{"output":1000}', "line 2: the output has no visible rectangle"],
    [
      '{"request":0,"timestamp":1000,"bitstream":{"crc32":"00000000","data":"AAAB"},"controls":{}}',
      "line 2: the request's bytes do not match its crc32; the record was damaged or edited",
    ],
  ])("name the line that cannot be performed: %s", (line, message) => {
    const text = `{"format":"v4l2-stateless-requests/1","codec":"h264"}\n${line}\n`;
    expect(() => [...recordEvents(readRecord(text))]).toThrow(new DeviceError(message));
  });
});
