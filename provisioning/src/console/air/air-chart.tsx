/** A line chart by uPlot in the colours of the theme; PM2.5 bands shine through behind. It is a picture: the table beside it says the same in words. */
import 'uplot/dist/uPlot.min.css';
import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useLanguage } from '../language/language.tsx';
import { numberText } from '../language/number-text.ts';
import { dateText, secondsText, timeText } from '../language/time-text.ts';
import { airBands } from './air-bands.ts';
import { alignSeries, type ChartGroup } from './air-series.ts';

type Range = { fromMs: number; toMs: number };
const colourNames = ['--line-1', '--line-2', '--line-3', '--line-4'];
const dashes: (number[] | undefined)[] = [[2, 3], undefined, [7, 4], undefined];

export function AirChart({ group, range, height, label }: { group: ChartGroup; range: Range; height: number; label: string }): ReactNode {
  const language = useLanguage();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const latest = useRef({ group, range });
  latest.current = { group, range };
  const shape = group.series.map(({ quantity }) => quantity).join(' ');

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new chart only for other series, another size or language; data follow below
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const build = (): void => {
      chart.current?.destroy();
      chart.current = new uPlot(
        options({ group: latest.current.group, place, height, language, range: () => latest.current.range }),
        [[]],
        place,
      );
      show(chart.current, latest.current);
    };
    build();
    const resized = new ResizeObserver(() => chart.current?.setSize({ width: place.clientWidth, height }));
    resized.observe(place);
    const themed = new MutationObserver(build);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape, height, language]);

  useEffect(() => {
    if (chart.current !== undefined) show(chart.current, { group, range });
  }, [group, range]);

  return <div ref={box} className="chart" role="img" aria-label={label} />;
}

function show(chart: uPlot, { group, range }: { group: ChartGroup; range: Range }): void {
  chart.batch(() => {
    chart.setData(alignSeries(group.series) as uPlot.AlignedData, false);
    chart.setScale('x', { min: range.fromMs / 1_000, max: range.toMs / 1_000 });
  });
}

function options({
  group,
  place,
  height,
  language,
  range,
}: {
  group: ChartGroup;
  place: HTMLElement;
  height: number;
  language: 'vi' | 'en';
  range(): Range;
}): uPlot.Options {
  const style = getComputedStyle(place);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `12px ${style.fontFamily}`;
  const grid = { stroke: colour('--line'), width: 1 };
  const axis = { stroke: colour('--ink-3'), font, grid, ticks: { stroke: colour('--line'), width: 1, size: 4 } };
  const isDust = group.series.some(({ quantity }) => quantity === 'pm25');
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    padding: [8, 8, 0, 0],
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => yRange(low, high, isDust) },
    },
    axes: [
      { ...axis, size: 30, space: 90, values: (_, ticks) => ticks.map((at) => tickText(at * 1_000, range())) },
      { ...axis, size: 46, space: 34, values: (_, ticks) => ticks.map((value) => numberText(value, language, 1)) },
    ],
    series: [
      {},
      ...group.series.map(
        ({ label }, at): uPlot.Series => ({
          label: label[language],
          stroke: colour(colourNames[at % colourNames.length]!),
          width: group.series.length > 1 && at === 1 ? 2.2 : 1.6,
          ...(group.series.length > 1 && dashes[at] !== undefined && { dash: dashes[at] }),
          points: { show: false },
          spanGaps: false,
        }),
      ),
    ],
    hooks: { drawClear: isDust ? [(chart) => drawBands(chart, colour)] : [] },
    plugins: [tooltip(group, language)],
  };
}

/** Dust starts at zero and shows at least the first bands; other quantities fill the height with a margin. */
function yRange(low: number | null, high: number | null, fromZero: boolean): [number, number] {
  if (low === null || high === null) return [0, 60];
  if (fromZero) return [0, Math.max(60, high * 1.1)];
  const margin = Math.max(0.5, (high - low) * 0.15);
  return [low - margin, high + margin];
}

const tickText = (atMs: number, { fromMs, toMs }: Range): string =>
  toMs - fromMs > 48 * 3_600_000 ? dateText(atMs).slice(0, 5) : timeText(atMs);

function drawBands(chart: uPlot, colour: (name: string) => string): void {
  const { ctx, bbox } = chart;
  const top = chart.scales['y']?.max ?? 0;
  ctx.save();
  airBands.forEach(({ level, aboveUgM3 }, at) => {
    if (aboveUgM3 >= top) return;
    const upper = Math.min(top, airBands[at + 1]?.aboveUgM3 ?? top);
    const y = chart.valToPos(upper, 'y', true);
    ctx.fillStyle = colour(`--air-${level}-soft`);
    ctx.fillRect(bbox.left, y, bbox.width, chart.valToPos(aboveUgM3, 'y', true) - y);
  });
  ctx.restore();
}

/** What stands under the pointer, in words. */
function tooltip(group: ChartGroup, language: 'vi' | 'en'): uPlot.Plugin {
  const tip = document.createElement('div');
  tip.className = 'chart-tip';
  tip.hidden = true;
  return {
    hooks: {
      init: (chart) => chart.over.append(tip),
      setCursor(chart) {
        const at = chart.cursor.idx;
        const time = at === null || at === undefined ? undefined : chart.data[0][at];
        tip.hidden = time === undefined;
        if (time === undefined || at === null || at === undefined) return;
        const lines = group.series.map(({ label, unit }, index) => {
          const value = chart.data[index + 1]?.[at];
          return `${label[language]}: ${value === null || value === undefined ? '–' : `${numberText(value, language, 1)} ${unit}`}`;
        });
        tip.replaceChildren(
          ...[`${secondsText(time * 1_000)} ${dateText(time * 1_000)}`, ...lines].map((line) => {
            const row = document.createElement('div');
            row.textContent = line;
            return row;
          }),
        );
        const left = chart.cursor.left ?? 0;
        const flip = left > chart.over.clientWidth / 2;
        tip.style.left = flip ? '' : `${left + 12}px`;
        tip.style.right = flip ? `${chart.over.clientWidth - left + 12}px` : '';
      },
    },
  };
}
