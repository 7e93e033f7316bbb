/** A figure over env-steps. */
export interface Curve {
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
}

const BARS = "▁▂▃▄▅▆▇█";
/** Characters of a curve in a table. */
const SPARK_WIDTH = 24;

interface Extent {
  readonly low: number;
  readonly high: number;
}

function extentOf(values: readonly number[]): Extent {
  const finite = values.filter((value) => Number.isFinite(value));
  if (finite.length === 0) return { low: 0, high: 1 };
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return low === high ? { low: low - 0.5, high: high + 0.5 } : { low, high };
}

const valuesOf = (curves: readonly Curve[]): number[] =>
  curves.flatMap(({ points }) => points.map(({ value }) => value));

/** Values as bars, on a scale that all curves share. */
export function sparkline(values: readonly number[], curves: readonly Curve[]): string {
  const { low, high } = extentOf(valuesOf(curves));
  const count = Math.min(SPARK_WIDTH, values.length);
  return Array.from({ length: count }, (_, i) => {
    const part = values.slice(Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count));
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    const level = Math.floor(((mean - low) / (high - low)) * BARS.length);
    return BARS[Math.min(BARS.length - 1, Math.max(0, level))] ?? "";
  }).join("");
}

const [WIDTH, HEIGHT] = [800, 420] as const;
const PLOT = { left: 70, right: 20, top: 20, bottom: 50 } as const;
const TICKS = 5;
/** Okabe and Ito's colours, told apart by everybody. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Places on the drawing. */
class Scale {
  readonly #steps: Extent;
  readonly #values: Extent;

  constructor(curves: readonly Curve[]) {
    this.#steps = { low: 0, high: extentOf(curves.flatMap(({ points }) => points.map(({ step }) => step))).high };
    this.#values = extentOf(valuesOf(curves));
  }

  x(step: number): number {
    return PLOT.left + (step / this.#steps.high) * (WIDTH - PLOT.left - PLOT.right);
  }

  y(value: number): number {
    const { low, high } = this.#values;
    return HEIGHT - PLOT.bottom - ((value - low) / (high - low)) * (HEIGHT - PLOT.top - PLOT.bottom);
  }

  ticks(): { readonly steps: number[]; readonly values: number[] } {
    const spread = ({ low, high }: Extent): number[] =>
      Array.from({ length: TICKS + 1 }, (_, i) => low + ((high - low) * i) / TICKS);
    return { steps: spread(this.#steps), values: spread(this.#values) };
  }
}

const short = (value: number): string =>
  Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-2)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(4)));

function axes(scale: Scale, metric: string, xLabel: string): string[] {
  const { steps, values } = scale.ticks();
  const right = WIDTH - PLOT.right;
  const bottom = HEIGHT - PLOT.bottom;
  return [
    ...values.map((value) => {
      const y = scale.y(value).toFixed(1);
      return `<line x1="${PLOT.left}" x2="${right}" y1="${y}" y2="${y}" stroke="#ddd"/><text x="${PLOT.left - 6}" y="${y}" text-anchor="end" dominant-baseline="middle">${short(value)}</text>`;
    }),
    ...steps.map(
      (step) => `<text x="${scale.x(step).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${short(step)}</text>`,
    ),
    `<text x="${(PLOT.left + right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(14 ${(PLOT.top + bottom) / 2}) rotate(-90)" text-anchor="middle">${escaped(metric)}</text>`,
  ];
}

function line({ name, points }: Curve, index: number, scale: Scale): string[] {
  const colour = COLOURS[index % COLOURS.length] ?? "#000";
  const path = points.map(({ step, value }) => `${scale.x(step).toFixed(1)},${scale.y(value).toFixed(1)}`).join(" ");
  const y = PLOT.top + 8 + 16 * index;
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
    `<text x="${PLOT.left + 10}" y="${y}" fill="${colour}">${escaped(name)}</text>`,
  ];
}

/** Curves of several runs in one drawing. @param metric label of the values @param xLabel of what `step` counts */
export function curvesSvg(curves: readonly Curve[], metric: string, xLabel = "env-steps"): string {
  const scale = new Scale(curves);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...axes(scale, metric, xLabel),
    ...curves.flatMap((curve, index) => line(curve, index, scale)),
    "</svg>\n",
  ].join("\n");
}
