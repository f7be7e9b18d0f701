/** A file as a Web stream: bytes in as they are read, requests out as they are taken. */
import { openAsBlob } from "node:fs";
import { requestStream } from "v4l2-stateless";

export async function send(path: string, queue: (timestamp: number, controls: number) => Promise<void>) {
  const events = (await openAsBlob(path)).stream().pipeThrough(requestStream("h264"));
  for await (const event of events) if (event.type === "request") await queue(event.timestamp, event.controls.length);
}
