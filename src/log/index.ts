/** The event log: a versioned schema, one Parquet partition per day, and the one door to DuckDB. */
export { eventColumns, schemaVersion } from "./events.js";
export type { EventColumn, EventField, EventType } from "./events.js";
export { concatImpressions, emptyImpressions, impressionsOf, sliceImpressions } from "./impressions.js";
export type { Answerer } from "./impressions.js";
export { growingImpressions } from "./growing.js";
export type { GrowingImpressions } from "./growing.js";
export { concatPools, growingPools, readPools, validatePools, type GrowingPools } from "./pools.js";
export { validateImpressions } from "./validate.js";
export { copyTo, Database, openDatabase, parquetFrom, quoteName, quotePath, quoteText, typeSql } from "./database.js";
export type { Column, Columns, ColumnType, DatabaseOptions, NamedColumn } from "./database.js";
export { codedColumns, memoryType, writeDay } from "./append.js";
export { dayPath, poolsPath } from "./paths.js";
export { workBehind } from "./behind.js";
export type { Behind } from "./behind.js";
export { checkDay, damagedDay, days, readDay, readDays } from "./read.js";
export type { CheckedDay } from "./read.js";
export { faultOf } from "./fault.js";
