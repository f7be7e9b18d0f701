import { expect, it } from "vitest";
import { WaitingUnits } from "../../src/nal/waiting-units.ts";

const unit = (...bytes: number[]) => ({ bytes: Uint8Array.from(bytes), byte: 7, truncated: false, follows: false });

it("units wait in their order until they are taken, as copies after the call in which they came", () => {
  const waiting = new WaitingUnits();
  const first = unit(1, 2);
  waiting.add(first);
  waiting.add({ ...unit(3), follows: true });
  waiting.hold();
  first.bytes.fill(9);
  expect(waiting.isEmpty).toBe(false);
  expect(waiting.take()).toEqual([unit(1, 2), unit(3)]);
  expect(waiting.isEmpty).toBe(true);
  expect(waiting.take()).toEqual([]);
});

it("256 units wait at most", () => {
  const waiting = new WaitingUnits();
  for (let i = 0; i < 255; i++) waiting.add(unit(i));
  expect(waiting.isFull).toBe(false);
  waiting.add(unit(255));
  expect(waiting.isFull).toBe(true);
});
