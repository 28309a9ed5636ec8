/**
 * A dataset's description in Croissant 1.1 (Akhtar et al., 2024; MLCommons): JSON-LD on the schema.org vocabulary with a FileObject and its
 * sha256 for each file, a FileSet for the day partitions, and a RecordSet with typed fields for each table. Paths are relative to the
 * file, so that a copied folder reads itself.
 */
import type { ManifestFile } from "../artifacts/index.js";
import type { PublishedColumn, PublishedTable } from "./tables.js";

/** Facts of the description other than files and tables. */
export interface DatasetFacts {
  readonly name: string;
  readonly description: string;
  readonly version: string; // of the package that made it
  readonly date: string; // YYYY-MM-DD
  readonly url?: string;
  readonly licence: { readonly name: string; readonly url: string };
  readonly keywords: readonly string[];
  readonly splits: Readonly<Record<string, readonly number[]>>; // days
}

const croissant = "http://mlcommons.org/croissant/";

/** The context of Croissant 1.1, as its specification prints it. */
const context = {
  "@language": "en",
  "@vocab": "https://schema.org/",
  arrayShape: "cr:arrayShape",
  citeAs: "cr:citeAs",
  column: "cr:column",
  conformsTo: "dct:conformsTo",
  containedIn: "cr:containedIn",
  cr: croissant,
  rai: `${croissant}RAI/`,
  data: { "@id": "cr:data", "@type": "@json" },
  dataType: { "@id": "cr:dataType", "@type": "@vocab" },
  dct: "http://purl.org/dc/terms/",
  description: { "@container": "@language" },
  equivalentProperty: "cr:equivalentProperty",
  examples: { "@id": "cr:examples", "@type": "@json" },
  extract: "cr:extract",
  field: "cr:field",
  fileProperty: "cr:fileProperty",
  fileObject: "cr:fileObject",
  fileSet: "cr:fileSet",
  format: "cr:format",
  includes: "cr:includes",
  isArray: "cr:isArray",
  isLiveDataset: "cr:isLiveDataset",
  jsonPath: "cr:jsonPath",
  key: "cr:key",
  md5: "cr:md5",
  name: { "@container": "@language" },
  parentField: "cr:parentField",
  path: "cr:path",
  recordSet: "cr:recordSet",
  references: "cr:references",
  regex: "cr:regex",
  repeated: "cr:repeated",
  replace: "cr:replace",
  samplingRate: "cr:samplingRate",
  sc: "https://schema.org/",
  separator: "cr:separator",
  source: "cr:source",
  subField: "cr:subField",
  transform: "cr:transform",
};

const dataTypes: Readonly<Record<PublishedColumn["type"], string>> = {
  BIGINT: "cr:Int64",
  INTEGER: "cr:Int32",
  SMALLINT: "cr:Int16",
  UTINYINT: "cr:UInt8",
  DOUBLE: "cr:Float64",
  VARCHAR: "sc:Text",
  BOOLEAN: "sc:Boolean",
};

const parquet = "application/x-parquet";

/** The JSON-LD document as a plain record. `files`: the files of the tables, with their checksums. */
export function croissantOf(
  facts: DatasetFacts,
  tables: readonly PublishedTable[],
  files: readonly ManifestFile[],
): Readonly<Record<string, unknown>> {
  return {
    "@context": context,
    "@type": "sc:Dataset",
    conformsTo: `${croissant}1.1`,
    name: facts.name,
    description: facts.description,
    citeAs:
      `@misc{${facts.name.replaceAll("-", "_")}, title = {${facts.name}: a synthetic log of a video platform}, ` +
      `author = {{The Stagecraft authors}}, year = {${facts.date.slice(0, 4)}}, version = {${facts.version}}}`,
    creator: { "@type": "sc:Organization", name: "The Stagecraft authors" },
    publisher: { "@type": "sc:Organization", name: "The Stagecraft authors" },
    datePublished: facts.date,
    inLanguage: "en",
    isLiveDataset: false,
    keywords: facts.keywords,
    license: facts.licence.url,
    ...(facts.url !== undefined && { url: facts.url }),
    version: facts.version,
    "rai:dataCollection":
      "Simulated: a synthetic world with known behaviour answers the pages of " +
      "a logging policy with stated propensities. No person's data are in it.",
    distribution: [
      ...files.map(({ path, bytes, sha256 }) => ({
        "@type": "cr:FileObject",
        "@id": path,
        name: path,
        description: describeFile(path, tables),
        contentUrl: path,
        contentSize: `${bytes} B`,
        encodingFormat: parquet,
        sha256,
      })),
      ...tables.filter(hasManyFiles).map(({ name, path, description }) => ({
        "@type": "cr:FileSet",
        "@id": `${name}-files`,
        name: `${name}-files`,
        description,
        encodingFormat: parquet,
        includes: path,
      })),
    ],
    recordSet: [...tables.map(recordSetOf), splitSet(facts.splits)],
  };
}

function recordSetOf(table: PublishedTable): Readonly<Record<string, unknown>> {
  const source = hasManyFiles(table)
    ? { fileSet: { "@id": `${table.name}-files` } }
    : { fileObject: { "@id": table.path } };
  return {
    "@type": "cr:RecordSet",
    "@id": table.name,
    name: table.name,
    description: table.description,
    key: table.key.map((column) => ({ "@id": `${table.name}/${column}` })),
    field: table.columns.map((column) => ({
      "@type": "cr:Field",
      "@id": `${table.name}/${column.name}`,
      name: column.name,
      description: describeColumn(column),
      dataType: dataTypes[column.type],
      source: { ...source, extract: { column: column.name } },
    })),
  };
}

/** The meaning of a column with its unit, range, words and what it refers to, in one line. */
export function describeColumn({ description, unit, min, max, values, references }: PublishedColumn): string {
  const range =
    min !== undefined && max !== undefined ? `${min} to ${max}` : min !== undefined ? `from ${min}` : undefined;
  const parts = [
    unit === "name" ? undefined : `unit: ${unit}`,
    range && `range: ${range}`,
    values && values.length <= 40 && `one of: ${values.join(", ")}`,
    references && `refers to ${references}`,
  ];
  return `${description} (${parts.filter(Boolean).join("; ") || "text"})`;
}

/** Days of train, validation and test as an inline table. */
function splitSet(splits: DatasetFacts["splits"]): Readonly<Record<string, unknown>> {
  const field = (name: string, dataType: string, description: string): Readonly<Record<string, unknown>> => ({
    "@type": "cr:Field",
    "@id": `splits/${name}`,
    name,
    description,
    dataType,
  });
  return {
    "@type": "cr:RecordSet",
    "@id": "splits",
    name: "splits",
    description:
      "The recommended split by time: days of impressions, both ends included. Earlier days are history for features.",
    key: { "@id": "splits/name" },
    field: [
      field("name", "sc:Text", "name of the part"),
      field("first_day", "cr:Int32", "first day"),
      field("last_day", "cr:Int32", "last day"),
    ],
    data: Object.entries(splits)
      .filter(([, days]) => days.length > 0)
      .map(([name, days]) => ({
        "splits/name": name,
        "splits/first_day": Math.min(...days),
        "splits/last_day": Math.max(...days),
      })),
  };
}

function hasManyFiles({ path }: PublishedTable): boolean {
  return path.includes("*");
}

function describeFile(path: string, tables: readonly PublishedTable[]): string {
  const table = tables.find(
    (one) => one.path === path || (hasManyFiles(one) && path.startsWith(one.path.slice(0, one.path.indexOf("*")))),
  );
  const day = /day=(\d+)/.exec(path)?.[1];
  return `${table?.name ?? "data"}${day === undefined ? "" : ` of day ${Number(day)}`}`;
}
