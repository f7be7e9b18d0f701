import { expect, it } from "vitest";
import { boards } from "../../src/targets/boards.ts";
import { targets } from "../../src/targets/index.ts";
import { boardNames, driverTargets, targetNames } from "../../src/targets/names.ts";

it("names all targets and boards, in their order", () => {
  expect(targetNames).toEqual(targets.map(({ name }) => name));
  expect(boardNames).toEqual(boards.flatMap(({ names }) => names));
});

it("names the driver of each target, but for the one that is no driver", () => {
  const named = Object.values(driverTargets).flat();
  expect(named.sort()).toEqual(targetNames.filter((name) => name !== "generic").sort());
});
