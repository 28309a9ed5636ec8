/** Object detection for driving: boxes in street scenes, COCO's precision, and a simulated drive that asks who is hit. */
export { drivingCase } from "./report.js";
export { missedFigure } from "./tables.js";
export {
  camera,
  distanceOf,
  drawScene,
  hardTraffic,
  kinds,
  lights,
  type Light,
  type Scene,
  type Thing,
  type Traffic,
  usualTraffic,
} from "./scenes.js";
export { boxed, paint, pixels, type Pictures } from "./pictures.js";
export { averagePrecision, iou, type Boxes, type Found, type Precision, type Truths } from "./coco.js";
export { decode, detectorNet, type Design, train } from "./detector.js";
export { fitBaselines } from "./baselines.js";
export { deathRisk, type Drive, driven, drawApproach, stoppingDistance, usualDrive, watch } from "./drive.js";
export { climb, designs, judge, testSets, type Rung } from "./ladder.js";
export { collisions, drive, harm, whatIfs, type Harm } from "./harm.js";
export { badDay, movedUp } from "./bad-day.js";
export { timeForms } from "./study.js";
