/**
 * `npm run api` writes what each public entry gives to importers into `etc/api`, from the declarations in `dist`, so that a
 * change of the public face shows in review. `npm run api:check` fails where a report is not current.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
} from "@microsoft/api-extractor";
import { publicEntries, requireBuild } from "./entries.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const reports = join(root, "etc/api");

function configOf(entry: string, temporary: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, "package.json"),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, "dist", `${entry}.d.ts`),
      compiler: {
        overrideTsconfig: {
          compilerOptions: { module: "NodeNext", target: "ES2022", lib: ["ES2022"], types: [] },
          include: ["dist"],
        },
      },
      apiReport: {
        enabled: true,
        reportFolder: reports,
        reportTempFolder: temporary,
        reportFileName: entry.replace("/index", ""),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // typedoc checks comments and exports (`npm run docs:check`).
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
}

requireBuild();
const isCheck = process.argv.includes("--check");
const temporary = mkdtempSync(join(tmpdir(), "api-report-"));
mkdirSync(reports, { recursive: true });
const configs = publicEntries.map((entry) => configOf(entry, temporary));
const compilerState = CompilerState.create(configs[0] as ExtractorConfig, {
  additionalEntryPoints: configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath),
});
const stale = configs.filter((config) => {
  const messageCallback = (message: ExtractorMessage) => {
    message.handled = message.logLevel !== ExtractorLogLevel.Error;
  };
  const result = Extractor.invoke(config, { compilerState, localBuild: !isCheck, messageCallback });
  return result.apiReportChanged;
});
rmSync(temporary, { recursive: true });
for (const { reportFilePath } of stale) {
  console.log(`${reportFilePath}: ${isCheck ? "not current; run npm run build && npm run api" : "written"}`);
}
if (isCheck && stale.length > 0) process.exitCode = 1;
