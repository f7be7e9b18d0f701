import { readCapture } from "../../src/capture/index.ts";
import { type RecordHeader, type RecordLine, RecordWriter } from "../../src/record/index.ts";

/**
 * The record of what a program told a decoder: `log` is what the recorder of `capture` wrote, with data. Controls that did not
 * change are written once.
 *
 * @throws Error when the kernel refused a request, or its bytes are not in the log.
 */
export async function recordedText(log: string, header: RecordHeader): Promise<string> {
  const lines: RecordLine[] = [];
  for await (const line of (await readCapture("recorder", [log])).lines) lines.push(line);
  const requests = lines.filter(({ type }) => type === "request").length;
  const writer = new RecordWriter({ ...header, requests });
  return writer.head + lines.map((line) => textOf(line, writer)).join("");
}

function textOf(line: RecordLine, writer: RecordWriter): string {
  switch (line.type) {
    case "error":
      throw new Error(line.message);
    case "set":
      return writer.set([...line.controls].map(([name, payload]) => ({ name, payload })));
    case "request": {
      const { timestamp, hold, bitstream, controls } = line;
      if (bitstream.data === undefined) throw new Error(`request ${line.request} has no bytes`);
      const carried = [...controls].map(([name, payload]) => ({ name, payload }));
      return writer.write({ type: "request", timestamp, hold, bitstream: [bitstream.data], controls: carried });
    }
    default:
      return "";
  }
}
