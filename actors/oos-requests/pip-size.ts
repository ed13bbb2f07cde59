/** Quotes between these are money for money; metals, indices and coins are not. ISO 4217. */
const currencies = new Set(
  (
    'USD EUR JPY GBP CHF AUD NZD CAD SEK NOK DKK PLN CZK HUF TRY ZAR MXN SGD HKD CNH CNY ' +
    'THB ILS RON RUB INR KRW BRL'
  ).split(' '),
);

/**
 * Size of a pip in price units: 0.01 when the quote is in yen, 0.0001 for other currency pairs, else what the
 * configuration says (which also wins where both speak).
 * @returns null when nobody knows
 */
export function pipSize(symbol: string, configured: Readonly<Record<string, number>>): number | null {
  const own = Object.hasOwn(configured, symbol) ? configured[symbol] : undefined;
  if (own !== undefined) return own;
  const [base, quote] = [symbol.slice(0, 3), symbol.slice(3)];
  if (!currencies.has(base) || !currencies.has(quote)) return null;
  return quote === 'JPY' ? 0.01 : 0.0001;
}
