import type { RecordInput, StreamInput } from "./input.ts";
import type { Printer } from "./io.ts";
import type { ErrorReport } from "./printing/errors.ts";
import type { RequestSet, SeenRequests } from "./request-set.ts";
import { noPicture } from "./source.ts";
import type { UntilFailure } from "./until-failure.ts";

/** What a command that goes through the requests of an input has at its end. */
interface Parts {
  readonly printer: Printer;
  readonly source: UntilFailure<unknown>;
  readonly errors: ErrorReport;
  readonly seen: SeenRequests;
}

/**
 * Ends the command: prints what waits, then what went wrong. Returns the exit status.
 *
 * @param wanted the requests that `--request` names.
 * @throws what the input's source threw, and CliError where the input has no picture, or not all that is wanted.
 */
export async function finish(
  input: StreamInput | RecordInput,
  wanted: RequestSet | undefined,
  { printer, source, errors, seen }: Parts,
): Promise<number> {
  await printer.flush();
  source.rethrow();
  const status = await errors.close();
  if (seen.count === 0) throw noPicture(input);
  wanted?.checkReached(input.name, seen);
  return status;
}
