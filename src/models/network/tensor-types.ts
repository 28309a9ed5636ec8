/** TensorFlow.js's types, which cost nothing at run time: the type half of the one door in `tensor.ts`. */
import type * as TensorflowModule from "@tensorflow/tfjs";

export type { NamedTensorInfoMap, Scalar, Tensor, Tensor1D, Tensor2D, TensorInfo } from "@tensorflow/tfjs";

/** TensorFlow.js as the models use it; both backends have this face. */
export type Tensorflow = typeof TensorflowModule;
