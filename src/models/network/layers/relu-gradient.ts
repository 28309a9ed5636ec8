/**
 * relu's gradient as one kernel: dy where the output is above 0, else 0. TensorFlow.js builds it of a step and a product, which are
 * seven native operations that each read and write the whole layer.
 */
import type { NamedTensorInfoMap, Tensor, TensorInfo, Tensorflow } from "../tensor-types.js";

const kernelName = "ReluGradient";

interface NativeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(
    name: string,
    attributes: readonly { name: string; type: number; value: number }[],
    inputs: readonly TensorInfo[],
  ): TensorInfo;
}

interface CpuBackend {
  readonly data: { get(id: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: "float32", values: Float32Array): TensorInfo;
}

/** Registers the kernel for the backend that is open. */
export function installReluGradient(tf: Tensorflow): void {
  const backendName = tf.getBackend();
  const kernel = backendName === "cpu" ? portable : native;
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, backend }: { inputs: NamedTensorInfoMap; backend: unknown }) => {
      const { dy, y } = inputs as { dy: TensorInfo; y: TensorInfo };
      return kernel(backend, dy, y);
    },
  });
}

/** @param dy gradient of the output @param y the output of relu, of the same shape */
export function reluGradient(tf: Tensorflow, dy: Tensor, y: Tensor): Tensor {
  return tf.engine().runKernel(kernelName, { dy, y }) as Tensor;
}

function native(backend: unknown, dy: TensorInfo, y: TensorInfo): TensorInfo {
  const { binding } = backend as NativeBackend;
  return (backend as NativeBackend).executeSingleOutput(
    "ReluGrad",
    [{ name: "T", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }],
    [dy, y],
  );
}

function portable(backend: unknown, dy: TensorInfo, y: TensorInfo): TensorInfo {
  const cpu = backend as CpuBackend;
  const output = cpu.data.get(y.dataId).values;
  return cpu.makeTensorInfo(
    dy.shape,
    "float32",
    cpu.data.get(dy.dataId).values.map((g, i) => (output[i]! > 0 ? g : 0)),
  );
}
