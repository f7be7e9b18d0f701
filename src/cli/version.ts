import description from "../../package.json" with { type: "json" };

/** The package's version. */
export const version: string = description.version;

/** What our records name as their producer. */
export const producer = `${description.name} ${version}`;
