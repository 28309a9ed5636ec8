/** Small hand-sized catalogues, requests and events for the tests of this room: those of the policy contract. */
export * from "../../src/serving/contract/small-platform.js";
