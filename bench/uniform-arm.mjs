// The cheap policy by module, for worker threads.
import { room } from "./built.mjs";

const { createUniformPolicy } = await room("serving");

export const policy = ({ slots }, { catalogue, seed }) => createUniformPolicy({ catalogue, seed, slots });
