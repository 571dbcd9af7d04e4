/** What goes wrong in a simulated world. A failing seed is tried again with fewer of them. */
export const FAULTS = [
  /** Signals are lost though their sender believes that they arrived. */
  'LOST_SIGNALS',
  /** Signals come twice. */
  'REPEATED_SIGNALS',
  /** Signals take so long that later ones overtake them. */
  'LATE_SIGNALS',
  /** The engine applies fills late, is replaced, or cannot be proved caught up. */
  'ENGINE',
  /** Quotes stop, prices can be doubted or go missing. */
  'FEED',
  /** The worker dies: decisions are lost and made again, publications happen twice. */
  'CRASHES',
  /** The case's clock jumps forward and back. */
  'CLOCK',
  /** Partial fills, rejections, expiries, late answers. */
  'VENUE',
  /** People command at bad moments, repeat themselves and contradict each other. */
  'PEOPLE',
  /** The firm changes its policy while cases are open. */
  'POLICY',
  /** The firm holds what is about to be traded, and lets it go again. */
  'FIRM',
] as const;
export type Fault = (typeof FAULTS)[number];
