/**
 * The cross layers of DCN-v2 (Wang et al., 2021), all of them with one hand-written gradient. With x_0 the input and u_l = x_l W_l + b_l
 *
 *     x_{l+1} = x_0 ⊙ u_l + x_l
 *
 * and, g_{l+1} being the gradient of x_{l+1} and h_l = g_{l+1} ⊙ x_0,
 *
 *     ∂W_l = x_lᵀ h_l      ∂b_l = Σ_rows h_l      g_l = h_l W_lᵀ + g_{l+1}      ∂x_0 = g_0 + Σ_l g_{l+1} ⊙ u_l
 *
 * Automatic differentiation adds the parts of ∂x_0 one by one and keeps all of them until the step ends; here they are added in one
 * pass and memory that is done with is given back at once: it is passes over [n, width] that cost, next to the products.
 */
import { linear } from "../../network/layers/layers.js";
import { tensorflow } from "../../network/tensor.js";
import type { Tensor, Tensor1D, Tensor2D } from "../../network/tensor-types.js";

/** The output of the last layer, [n, width]. @param x0 [n, width] @param parameters W_0 [width, width], b_0 [width], W_1, … */
export function crossLayers(x0: Tensor2D, parameters: readonly Tensor[]): Tensor2D {
  if (parameters.length === 0) return x0;
  const forward = tensorflow().customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (saved: Tensor[]) => void;
    const [input, ...held] = inputs as unknown as [Tensor2D, ...Tensor2D[]];
    const xs: Tensor2D[] = [input]; // x_0 … x_L
    const us: Tensor2D[] = []; // u_0 … u_{L-1}
    for (let at = 0; at < held.length; at += 2) {
      const x = xs.at(-1)!;
      const u = linear(x, held[at]!, held[at + 1] as Tensor as Tensor1D);
      const crossed = input.mul(u);
      us.push(u);
      xs.push(crossed.add(x) as Tensor2D);
      crossed.dispose();
    }
    const value = xs.pop()!;
    const weights = held.filter((_, at) => at % 2 === 0);
    save([...xs, ...us, ...weights]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      gradients(dy as Tensor2D, saved as Tensor2D[], us.length);
    return { value, gradFunc };
  });
  return forward(x0, ...parameters) as Tensor2D;
}

/** @param saved x_0 … x_{L-1}, u_0 … u_{L-1}, W_0 … W_{L-1} @returns gradients of x_0, W_0, b_0, W_1, … */
function gradients(dy: Tensor2D, saved: readonly Tensor2D[], layers: number): Tensor[] {
  const x0 = saved[0]!;
  const ofParameters: Tensor[] = [];
  const ofInput: Tensor2D[] = [];
  let g = dy;
  for (let l = layers - 1; l >= 0; l--) {
    const [x, u, weight] = [saved[l]!, saved[layers + l]!, saved[2 * layers + l]!];
    const h = g.mul(x0) as Tensor2D;
    ofParameters.unshift(x.matMul(h, true, false), h.sum(0));
    ofInput.push(g.mul(u) as Tensor2D);
    const back = h.matMul(weight, false, true);
    h.dispose();
    const below = back.add(g) as Tensor2D;
    back.dispose();
    if (g !== dy) g.dispose();
    g = below;
  }
  return [tensorflow().addN([g, ...ofInput]), ...ofParameters];
}
