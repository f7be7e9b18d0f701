import { untraced } from "../../src/capture/ftrace.ts";
import { tracedControls } from "../../src/capture/visl-controls.ts";
import type { Controls } from "../../src/record/format.ts";
import { controlByName, viewOf } from "../../src/uapi/index.ts";
import type { DriverRun } from "./trace-log.ts";

/** How the controls that the driver had compare with those that it was sent. */
export interface TracedComparison {
  /** How many integers were compared. */
  readonly fields: number;
  readonly differences: readonly string[];
}

/**
 * Compares what the driver traced of a request with the controls in effect for it. A control that is not in effect is what the
 * driver had before, and is not compared. Of lists the first element is traced.
 *
 * @throws CaptureError for an event, a field or a value that is not understood: nothing is left out silently.
 */
export function compareTraced(run: DriverRun, controls: Controls): TracedComparison {
  const differences: string[] = [];
  let fields = 0;
  const traced = tracedControls(run.events);
  for (const { name, payload, shown } of traced) {
    const sent = controls.get(name);
    if (!(sent instanceof Uint8Array)) continue;
    const [viewHad, viewSent] = [viewOf(payload), viewOf(sent)];
    for (const { path, type, offset } of shown) {
      fields++;
      const [had, wanted] = [type.read(viewHad, offset), type.read(viewSent, offset)];
      if (had !== wanted) differences.push(`${shortName(name)} ${path}: the driver had ${had}, it was sent ${wanted}`);
    }
  }
  for (const [name, payload] of controls) {
    const isMissing = payload instanceof Uint8Array && !untraced.includes(name) && controlByName(name) !== undefined;
    if (isMissing && !traced.some((control) => control.name === name)) {
      differences.push(`${shortName(name)}: it was sent, and the driver traced none`);
    }
  }
  return { fields, differences };
}

function shortName(name: string): string {
  return name.replace("V4L2_CID_STATELESS_", "");
}
