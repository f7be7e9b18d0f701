import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Starts the comparison of the whole corpus first. It takes a quarter of all the time, and its file is short: without a cache of
 * earlier runs Vitest starts the largest files first, and it ran alone at the end, on one processor.
 */
export class CorpusFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isCorpus = ({ moduleId }: TestSpecification): boolean =>
      moduleId.endsWith("/test/conformance/corpus.test.ts");
    return [...sorted.filter(isCorpus), ...sorted.filter((file) => !isCorpus(file))];
  }
}
