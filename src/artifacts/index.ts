/** Results computed once and loaded by hash. */
export { canonicalJson, codeHash, hashOf, sha256 } from "./hash.js";
export {
  DamagedArtifactError,
  describeFiles,
  manifestName,
  readManifest,
  sha256OfFile,
  writeManifest,
} from "./manifest.js";
export type { Manifest, ManifestFile, Verify } from "./manifest.js";
export { artifactId, listArtifacts, loadArtifact, makeOrLoad } from "./artifact.js";
export type { Artifact, ArtifactSpec, Make, MakeOptions } from "./artifact.js";
export { takeLock } from "./lock.js";
export type { Lock } from "./lock.js";
export { listUnfinished, makeOrResume } from "./resume.js";
export type { Resume } from "./resume.js";
export {
  clearDiskError,
  flush,
  isStaged,
  removeLeftovers,
  replaceFile,
  stagedPath,
  writeFileAtomic,
  writeJsonAtomic,
} from "./staging.js";
export { jsonText } from "./json.js";
export { commit, machine, packageRoot, version, versions } from "./machine.js";
export type { Commit, Machine } from "./machine.js";
