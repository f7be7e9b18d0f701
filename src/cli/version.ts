import description from "../../package.json" with { type: "json" };

/** The package's version. */
export const version: string = description.version;

/** The producer in our records. */
export const producer = `${description.name} ${version}`;
