/** The greedy oracle: each page holds the videos of highest true expectation for this user now. Only experiments may open it. */
import { openOracle } from "../../world/index.js";
import type { OpenBuiltIn } from "./arm.js";
import { pageByPage } from "./page-by-page.js";

export const open: OpenBuiltIn<"oracle"> = ({ goal }, { world, name }) => {
  const truth = openOracle(world);
  return {
    policy: pageByPage(name, world, "oracle", (user, live, out, context) => truth.best(user, live, context, goal, out)),
  };
};
