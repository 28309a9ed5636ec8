/** The cases by name. */
import { adsCase } from "./ads/report.js";
import { drivingCase } from "./driving/report.js";
import { fraudCase } from "./fraud/report.js";
import type { Case } from "./case.js";
import { feedCase } from "./feed/report.js";
import { visualSearchCase } from "./visual-search/report.js";

/** All cases, in the order in which they were built. */
export const cases: readonly Case[] = [adsCase, feedCase, fraudCase, visualSearchCase, drivingCase];
