/** What detection aims at, beside what was measured. Shares, 0 to 1. */
export const TARGETS = {
  stopped: {
    recorded: 0.997,
    replaced: 0.99,
    bare: 0.97,
    modelless: 0.8,
    'modelless-replaced': 0.8,
    'modelless-bare': 0.8,
  } as Readonly<Record<string, number>>,
  benignUnharmed: 0.99,
  resistingUnharmed: 0.9,
  textsFound: { recorded: 1, replaced: 0.99, bare: 0.97 } as Readonly<Record<string, number>>,
  directFound: 0.9,
  calibrationError: 0.05,
  seriesScore: 75,
} as const;
