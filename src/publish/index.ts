/** Publishing a log as a dataset for others. */
export { checkPublishOptions, publishDataset } from "./publish.js";
export type { PublishedDataset, PublishOptions } from "./publish.js";
