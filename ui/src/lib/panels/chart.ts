/** ECharts with only the parts in use, as a Svelte action. Texts, tooltips and legends are ours, in HTML. */
import { BarChart, BoxplotChart, FunnelChart, LineChart, PieChart, SankeyChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import { LabelLayout } from "echarts/features";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";
import { untrack } from "svelte";

echarts.use([
  BarChart, BoxplotChart, FunnelChart, LineChart, PieChart, SankeyChart, ScatterChart,
  GridComponent, MarkAreaComponent, MarkLineComponent, LabelLayout, CanvasRenderer, SVGRenderer,
]);

export type Chart = ReturnType<typeof echarts.init>;
interface Drawn {
  option: EChartsCoreOption;
  marks: number;
  onchart?: (chart: Chart) => void;
}

const rendererFor = (marks: number): "svg" | "canvas" => (marks < 2000 ? "svg" : "canvas");

export function draw(node: HTMLElement, drawn: Drawn) {
  let renderer: "svg" | "canvas" = rendererFor(drawn.marks);
  let chart: Chart;
  const start = () => {
    chart = echarts.init(node, null, { renderer });
    drawn.onchart?.(chart);
  };
  // ECharts calls back while it draws; what those calls read must not make this drawing run again.
  const show = () => untrack(() => chart.setOption({ animation: false, ...drawn.option }, { notMerge: true }));
  start();
  show();
  const watch = new ResizeObserver(() => {
    chart.resize();
    show();
  });
  watch.observe(node);
  return {
    update(next: Drawn) {
      drawn = next;
      if (rendererFor(next.marks) !== renderer) {
        renderer = rendererFor(next.marks);
        chart.dispose();
        start();
      }
      show();
    },
    destroy() {
      watch.disconnect();
      chart.dispose();
    },
  };
}
