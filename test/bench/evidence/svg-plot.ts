import type { Interval } from "./statistics.ts";

/** A line with one interval a category; null leaves a gap. */
export interface Series {
  readonly name: string;
  readonly points: readonly (Interval | null)[];
}

export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly categories: readonly string[];
  readonly series: readonly Series[];
}

/** Okabe & Ito's colours, which colour-blind people tell apart, and two greys. */
const COLOURS = [
  "#999999",
  "#555555",
  "#56b4e9",
  "#0072b2",
  "#cc79a7",
  "#e69f00",
  "#000000",
  "#d55e00",
  "#009e73",
  "#b8a800",
];
/** px */
const PANEL = { width: 300, height: 300, left: 48, top: 40, gap: 24, bottom: 44 } as const;
const LEGEND = { width: 130, line: 20 } as const;
/** Share of a category's width that its series are spread over. */
const SPREAD = 0.7;
const TICKS = 5;

const round = (value: number): string => String(Math.round(value * 100) / 100);
const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

function text(x: number, y: number, content: string, extra = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${extra}>${escaped(content)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, stroke: string, extra = ""): string {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${stroke}" ${extra}/>`;
}

/** Where values go in a panel. */
interface Scale {
  x(category: number, series: number): number;
  y(value: number): number;
}

function niceTop(panel: Panel): number {
  const highest = Math.max(0, ...panel.series.flatMap(({ points }) => points.map((point) => point?.high ?? 0)));
  return Math.max(Math.ceil(highest * 10) / 10, 0.1);
}

function scaleOf(panel: Panel, left: number, top: number): Scale {
  const step = PANEL.width / panel.categories.length;
  const { length } = panel.series;
  return {
    x: (category, series) => left + step * (category + 0.5 + (length < 2 ? 0 : SPREAD * (series / (length - 1) - 0.5))),
    y: (value) => PANEL.top + PANEL.height * (1 - value / top),
  };
}

function axes(panel: Panel, left: number, top: number, scale: Scale): string[] {
  const bottom = PANEL.top + PANEL.height;
  const parts = [text(left, PANEL.top - 14, panel.title, 'font-weight="bold"')];
  for (let tick = 0; tick <= TICKS; tick++) {
    const value = (top * tick) / TICKS;
    const y = scale.y(value);
    parts.push(line(left, y, left + PANEL.width, y, tick === 0 ? "#333" : "#ddd"));
    parts.push(text(left - 6, y + 4, value.toFixed(2), 'text-anchor="end"'));
  }
  const step = PANEL.width / panel.categories.length;
  panel.categories.forEach((category, c) => {
    parts.push(text(left + step * (c + 0.5), bottom + 16, category, 'text-anchor="middle"'));
  });
  parts.push(text(left + PANEL.width / 2, bottom + 34, panel.xLabel, 'text-anchor="middle"'));
  return parts;
}

function drawSeries({ points }: Series, index: number, colour: string, scale: Scale): string[] {
  const parts: string[] = [];
  const centres: string[] = [];
  points.forEach((point, c) => {
    if (point === null) return;
    const x = scale.x(c, index);
    centres.push(`${round(x)},${round(scale.y(point.value))}`);
    parts.push(line(x, scale.y(point.low), x, scale.y(point.high), colour, 'stroke-width="2"'));
    parts.push(`<circle cx="${round(x)}" cy="${round(scale.y(point.value))}" r="3.5" fill="${colour}"/>`);
  });
  parts.push(`<polyline points="${centres.join(" ")}" fill="none" stroke="${colour}" stroke-opacity="0.4"/>`);
  return parts;
}

/** Panels side by side with one legend: names take colours in the order of `names`. */
export function svgPlot(title: string, names: readonly string[], panels: readonly Panel[]): string {
  const colourOf = (name: string): string => COLOURS[names.indexOf(name) % COLOURS.length] ?? "#000";
  const step = PANEL.left + PANEL.width + PANEL.gap;
  const width = step * panels.length + LEGEND.width;
  const height = PANEL.top + PANEL.height + PANEL.bottom;
  const parts = panels.flatMap((panel, p) => {
    const left = step * p + PANEL.left;
    const top = niceTop(panel);
    const scale = scaleOf(panel, left, top);
    const drawn = panel.series.flatMap((series, s) => drawSeries(series, s, colourOf(series.name), scale));
    return [...axes(panel, left, top, scale), ...drawn];
  });
  names.forEach((name, i) => {
    const y = PANEL.top + LEGEND.line * i;
    parts.push(`<circle cx="${step * panels.length + 8}" cy="${y}" r="4" fill="${colourOf(name)}"/>`);
    parts.push(text(step * panels.length + 18, y + 4, name));
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${escaped(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}
