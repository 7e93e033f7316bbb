/** Size of a chart, and what its axes leave free, px. */
const WIDTH = 480;
const HEIGHT = 320;
const MARGIN = { left: 64, right: 16, top: 36, bottom: 44 };
const INNER = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
/** About as many ticks an axis has. */
const TICKS = 5;
const STYLE =
  "text{font:12px sans-serif;fill:#222}.axis{stroke:#444}.grid{stroke:#ddd}.band{fill:#3b6fb6;fill-opacity:.25}" +
  ".mean{fill:none;stroke:#3b6fb6;stroke-width:2}.reference{fill:none;stroke:#c0392b;stroke-width:2;stroke-dasharray:6 4}";

export interface LineChart {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly x: readonly number[];
  readonly mean: readonly number[];
  /** Half of the band's width at each point. */
  readonly std: readonly number[];
  /** Dashed; absent: none. */
  readonly reference?: readonly number[];
}

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

/** Round numbers between two numbers, about `TICKS` of them: steps of 1, 2 or 5 times a power of ten. */
export function ticksOf(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Range of the values, never empty. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? [low, high] : [low - 1, high + 1];
}

type Scale = (value: number) => number;
const fixed = (value: number): string => value.toFixed(2);

function points(x: readonly number[], y: readonly number[], toX: Scale, toY: Scale): string {
  return x.map((value, i) => `${fixed(toX(value))},${fixed(toY(y[i] ?? NaN))}`).join(" ");
}

function axes({ xLabel, yLabel }: LineChart, xs: readonly number[], ys: readonly number[], toX: Scale, toY: Scale) {
  const bottom = HEIGHT - MARGIN.bottom;
  const right = WIDTH - MARGIN.right;
  const middle = MARGIN.top + INNER.height / 2;
  return [
    ...ys.map((tick) => {
      const at = fixed(toY(tick));
      return (
        `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}"/>` +
        `<text x="${MARGIN.left - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${tick}</text>`
      );
    }),
    ...xs.map((tick) => `<text x="${fixed(toX(tick))}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`),
    `<line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    `<line class="axis" x1="${MARGIN.left}" x2="${MARGIN.left}" y1="${MARGIN.top}" y2="${bottom}"/>`,
    `<text x="${MARGIN.left + INNER.width / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(xLabel)}</text>`,
    `<text transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">${escaped(yLabel)}</text>`,
  ];
}

/** A mean with its band and, dashed, a reference, as an SVG document. */
export function lineChart(chart: LineChart): string {
  const { title, x, mean, std, reference } = chart;
  const upper = mean.map((value, i) => value + (std[i] ?? 0));
  const lower = mean.map((value, i) => value - (std[i] ?? 0));
  const [left, right] = rangeOf(x);
  const [low, high] = rangeOf([...upper, ...lower, ...(reference ?? [])]);
  const toX: Scale = (value) => MARGIN.left + (INNER.width * (value - left)) / (right - left);
  const toY: Scale = (value) => MARGIN.top + (INNER.height * (high - value)) / (high - low);
  const band = `${points(x, upper, toX, toY)} ${points(x.toReversed(), lower.toReversed(), toX, toY)}`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">`,
    `<style>${STYLE}</style>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${WIDTH / 2}" y="20" text-anchor="middle">${escaped(title)}</text>`,
    ...axes(chart, ticksOf(left, right), ticksOf(low, high), toX, toY),
    `<polygon class="band" points="${band}"/>`,
    `<polyline class="mean" points="${points(x, mean, toX, toY)}"/>`,
    ...(reference === undefined ? [] : [`<polyline class="reference" points="${points(x, reference, toX, toY)}"/>`]),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}
