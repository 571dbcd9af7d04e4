import {
  LegendDisplayMode,
  LegendPlacement,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import { DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PANEL_ROWS } from './panels.ts';
import type { Panel } from './panels.ts';

/** The uid of the provisioned data source (deploy/grafana/provisioning). */
const DATA_SOURCE = { type: 'prometheus', uid: 'prometheus' };
/** Of Grafana's 24 columns: three panels side by side. */
const SPAN = 8;
const HEIGHT = 8;

/** Grafana's dashboard of the product, as the JSON that it is provisioned with. */
export function dashboardDocument(): string {
  let dashboard = new DashboardBuilder('Margin Sentinel')
    .uid('margin-sentinel')
    .tags(['margin-sentinel', 'generated'])
    .refresh('10s')
    .time({ from: 'now-30m', to: 'now' })
    .timezone('utc');
  for (const { question, panels } of PANEL_ROWS) {
    dashboard = dashboard.withRow(new RowBuilder(question));
    for (const panel of panels) dashboard = dashboard.withPanel(timeSeries(panel));
  }
  return `${JSON.stringify(dashboard.build(), null, 2)}\n`;
}

function timeSeries({ title, description, unit, expr, legend }: Panel): PanelBuilder {
  return new PanelBuilder()
    .title(title)
    .description(description)
    .datasource(DATA_SOURCE)
    .unit(unit)
    .min(0)
    .span(SPAN)
    .height(HEIGHT)
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom),
    )
    .withTarget(new DataqueryBuilder().datasource(DATA_SOURCE).expr(expr).legendFormat(legend));
}
