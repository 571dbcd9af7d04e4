import { describe, expect, test } from '@jest/globals';
import { isDerivativeSymbol } from './derivative-symbol.ts';

describe('a symbol', () => {
  test.each([
    'AAPL260119C00150000',
    'AAPL  260119C00150000',
    'AAPL_260119P150',
    'AAPL1260119C00150000',
    'BRKB260119P00450000',
    'O:SPY260119C00600000',
    '.NVDA260119C150.5',
    'aapl260119c00150000',
    'ESZ6',
    'ESZ26',
    'ESZ2026',
    '6EZ6',
    'M6EH27',
    'ZNU6',
  ])('%j is an option or a future', (symbol) => {
    expect(isDerivativeSymbol(symbol)).toBe(true);
  });

  test.each(['AAPL', 'BRK.B', 'BF.A', 'ZM', 'F', 'ESZ', 'MQ', 'BAC-PL', 'S001', 'UNH', 'GOOGL'])(
    '%j is none',
    (symbol) => {
      expect(isDerivativeSymbol(symbol)).toBe(false);
    },
  );
});
