import type { Control, SequenceEvent } from "../events.ts";
import { fourccOf, modeControls } from "../record/format.ts";
import {
  type Controls,
  crc32,
  type RecordLine,
  type RecordStream,
  type RequestRecord,
  type SequenceLine,
  type Timestamp,
} from "../record/index.ts";
import { controlByName } from "../uapi/index.ts";
import { DeviceError } from "./errors.ts";
import type { SubmitEvent } from "./submitter-options.ts";

/**
 * The events of a record, for a submitter. The record must have the bytes of the OUTPUT buffers (`record --with-data`), and a
 * session's lines: `sequence`, `output`, `release`.
 *
 * @throws DeviceError at a line that cannot be performed.
 */
export function* recordEvents({ header, lines }: RequestRecord): Generator<SubmitEvent, void, undefined> {
  yield { type: "set", controls: controlsOf(modeControls(header), 1) };
  for (const line of lines) {
    const event = eventOf(line, header.codec);
    if (event !== undefined) yield event;
  }
}

/**
 * The same for a record that is read line by line, as `readRecordStream` does.
 *
 * @throws DeviceError at a line that cannot be performed; and what the lines themselves reject with.
 */
export async function* recordStreamEvents({
  header,
  lines,
}: RecordStream): AsyncGenerator<SubmitEvent, void, undefined> {
  yield { type: "set", controls: controlsOf(modeControls(header), 1) };
  for await (const line of lines) {
    const event = eventOf(line, header.codec);
    if (event !== undefined) yield event;
  }
}

function eventOf(line: RecordLine, codec: SequenceEvent["codec"]): SubmitEvent | undefined {
  switch (line.type) {
    case "set":
      return { type: "set", controls: controlsOf(line.controls, line.line) };
    case "sequence":
      return sequenceOf(line, codec);
    case "request": {
      const { data, crc32: checksum } = line.bitstream;
      if (data === undefined) refuse(line.line, "the request has no bytes; make the record with --with-data");
      if (checksum !== undefined && crc32(data) !== checksum) {
        refuse(line.line, "the request's bytes do not match its crc32; the record was damaged or edited");
      }
      const timestamp = exact(line.timestamp, line.line);
      return {
        type: "request",
        timestamp,
        bitstream: [data],
        controls: controlsOf(line.controls, line.line),
        hold: line.hold,
      };
    }
    case "output":
      return {
        type: "output",
        timestamp: exact(line.timestamp, line.line),
        pts: line.pts,
        visible: line.visible ?? refuse(line.line, "the output has no visible rectangle"),
        fieldOrder: line.fieldOrder ?? "progressive",
        repeat: line.repeat ?? 0,
        corrupt: line.corrupt ?? false,
      };
    case "release":
      return { type: "release", timestamp: exact(line.timestamp, line.line) };
    case "error":
      return undefined;
  }
}

function refuse(line: number, reason: string): never {
  throw new DeviceError(`line ${line}: ${reason}`);
}

function exact(timestamp: Timestamp, line: number): number {
  return typeof timestamp === "number"
    ? timestamp
    : refuse(line, "the timestamp is above 2^53 - 1, more than this program can send");
}

function controlsOf(controls: Controls, line: number): Control[] {
  return [...controls].map(([name, payload]) => {
    const control = controlByName(name) ?? refuse(line, `unknown control ${name}`);
    if ((control.type === "menu") !== (typeof payload === "number")) {
      refuse(
        line,
        `${name} is a ${control.type}, but its value is ${typeof payload === "number" ? "a number" : "bytes"}`,
      );
    }
    return { name, id: control.id, payload } as Control;
  });
}

function sequenceOf(line: SequenceLine, codec: SequenceEvent["codec"]): SequenceEvent {
  const { codedWidth, codedHeight, captureBuffers, pixelFormat } = line;
  if (codedWidth === undefined || codedHeight === undefined || captureBuffers === undefined || !pixelFormat) {
    refuse(line.line, "the sequence must say pixelFormat, codedWidth, codedHeight and captureBuffers");
  }
  const unspecified = 2;
  return {
    type: "sequence",
    codec,
    pixelFormat: fourccOf(pixelFormat),
    codedWidth,
    codedHeight,
    visible: line.visible ?? { left: 0, top: 0, width: codedWidth, height: codedHeight },
    bitDepthLuma: line.bitDepthLuma ?? 8,
    bitDepthChroma: line.bitDepthChroma ?? 8,
    chromaFormat: line.chromaFormat ?? 1,
    ...(line.components === undefined ? {} : { components: line.components }),
    colour: line.colour ?? {
      colour_primaries: unspecified,
      transfer_characteristics: unspecified,
      matrix_coefficients: unspecified,
      video_full_range_flag: 0,
    },
    captureBuffers,
    realloc: line.realloc ?? true,
    keepsReferences: line.keepsReferences ?? false,
    // The record has them in a line of their own.
    controls: [],
  };
}
