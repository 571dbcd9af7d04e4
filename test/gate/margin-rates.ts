import { rate } from '#domain/money.ts';

/** The margin rates by which tests of the gate reckon: 25 % long, 30 % short, a warning below 5 %. */
export const MARGIN_RATES = {
  longMaintenanceRate: rate(250_000),
  shortMaintenanceRate: rate(300_000),
  warningBand: rate(50_000),
  bufferRate: rate(0),
  costRate: rate(0),
} as const;
