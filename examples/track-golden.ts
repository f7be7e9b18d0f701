/** A golden test of a file's video track: its requests, as the text that a test stores. */
import { eventsOf } from "v4l2-stateless";
import { openTrack } from "v4l2-stateless/containers";
import { RecordWriter } from "v4l2-stateless/record";

export async function golden(path: string) {
  const track = await openTrack(path);
  const writer = new RecordWriter({ codec: track.codec });
  let record = writer.head;
  for await (const event of eventsOf(track.codec, track)) record += writer.write(event);
  return record;
}
