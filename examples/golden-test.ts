/** A golden test of a decoder whose requests were recorded: by `v4l2-stateless capture`, strace, or by itself. */
import { createReadStream } from "node:fs";
import { expectRequests } from "v4l2-stateless/testing";

export async function matchesGolden(recorded: string, golden: string): Promise<void> {
  await expectRequests(createReadStream(recorded), golden, {
    target: "rk3399",
    // What this driver does not look at may differ.
    ignore: ["unread"],
  });
}
