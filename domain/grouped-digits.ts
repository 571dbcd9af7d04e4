/** A whole number ≥ 0 as people read it: `1,234,567`. */
export function groupedDigits(whole: number): string {
  return String(whole).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
