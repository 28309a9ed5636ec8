/** Your own data: public layouts and mapped files as the tables of a log. */
export { importData, isImported } from "./import.js";
export type { Imported, ImportOptions } from "./import.js";
export { layoutNames } from "./layout.js";
export { layoutOf } from "./layouts.js";
export type { ColumnMapping, Layout, LayoutName, SideSource, TableSource, TextForm } from "./layout.js";
export { importExpectations } from "./interactions.js";
export type { ImportQuality } from "./interactions.js";
export { readColumns, readPairs, type Pairs } from "./pairs.js";
export { openTypedTable } from "./typed-table.js";
export { readImported, wordsOf } from "./read.js";
export type { ImportedData, ImportedField } from "./read.js";
export type { ImportedInteractions } from "./build.js";
