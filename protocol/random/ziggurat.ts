import type { Pcg64 } from "./pcg64.ts";
import { ACCEPT_BELOW, INVERSE_TAIL_START, LAYER_DENSITY, LAYER_SCALE, TAIL_START } from "./ziggurat-tables.ts";

/** A draw from beyond the last layer (Marsaglia 1964); 1 in 3900 gets here. */
function tail(pcg: Pcg64, negative: boolean): number {
  for (;;) {
    const x = -INVERSE_TAIL_START * Math.log1p(-pcg.nextDouble());
    const y = -Math.log1p(-pcg.nextDouble());
    if (y + y > x * x) return negative ? -(TAIL_START + x) : TAIL_START + x;
  }
}

/** Whether an abscissa at the rim of a layer lies under the density; takes one double. */
function underDensity(pcg: Pcg64, layer: number, x: number): boolean {
  const outer = LAYER_DENSITY[layer] ?? 0;
  const inner = LAYER_DENSITY[layer - 1] ?? 0;
  return (inner - outer) * pcg.nextDouble() + outer < Math.exp(-0.5 * x * x);
}

/**
 * One standard normal draw, bit-exact to NumPy's `Generator.standard_normal`.
 *
 * Bits of a 64-bit draw, from the bottom: 8 layer, 1 sign, 52 abscissa. Source: G. Marsaglia and W. W. Tsang, "The
 * Ziggurat Method for Generating Random Variables", J. Stat. Software 5(8), 2000, with NumPy's 256 layers.
 */
export function standardNormal(pcg: Pcg64): number {
  for (;;) {
    pcg.next64();
    const layer = pcg.low & 0xff;
    const magnitude = (pcg.high & 0x1fffffff) * 8388608 + (pcg.low >>> 9);
    const distance = magnitude * (LAYER_SCALE[layer] ?? 0);
    const x = pcg.low & 0x100 ? -distance : distance;
    if (magnitude < (ACCEPT_BELOW[layer] ?? 0)) return x;
    // NumPy takes the sign of a tail from bit 8 of the abscissa, which is bit 17 of the draw.
    if (layer === 0) return tail(pcg, (pcg.low & 0x20000) !== 0);
    if (underDensity(pcg, layer, x)) return x;
  }
}
