import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fit } from '../../runtime/inspection/fit.js';
import { preview, typeLabel } from '../../runtime/inspection/preview.js';
import { replLimits } from '../../protocols/repl.js';

describe('a preview', () => {
  test('is a short line for every value there is', () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withMap: true, withTypedArray: true, withBigInt: true }),
        (value) => {
          const text = preview(value);
          expect(text.length).toBeLessThan(400);
          expect(text).not.toContain('\n');
          typeLabel(value);
        },
      ),
    );
  });

  test('runs no code of the value', () => {
    const trap = (): never => {
      throw new Error('was run');
    };
    const value = {
      get a() {
        return trap();
      },
      toJSON: trap,
      toString: trap,
      [Symbol.toPrimitive]: trap,
      proxy: new Proxy({}, { get: trap, ownKeys: trap, getPrototypeOf: trap }),
    };
    expect(preview(value)).toBe('{ a: [getter], toJSON: [function], toString: [function], proxy: [proxy] }');
    expect(typeLabel(new Proxy({}, { get: trap }))).toBe('proxy');
  });

  test('masks secrets by the name of their field and by their form', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'token',
          'webhookUrl',
          'apiKey',
          'api_key',
          'password',
          'Authorization',
          'clientSecret',
        ),
        fc.stringMatching(/^[a-z0-9]{12}$/),
        (key, secret) => {
          expect(preview({ deep: { [key]: secret } })).not.toContain(secret);
          expect(preview({ deep: [{ [key]: { value: secret } }] })).not.toContain(secret);
          expect(preview(`https://discord.com/api/webhooks/12/${secret}?wait=1`)).not.toContain(secret);
          expect(preview(`https://me:${secret}@example.org/x`)).not.toContain(secret);
          expect(preview(`Bearer ${secret}`)).not.toContain(secret);
        },
      ),
    );
  });
});

test('an answer keeps to its limit, and says what it left out', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 40_000, minLength: 10_000, size: 'max' }), { maxLength: 60 }),
      (rows) => {
        const listed = fit(rows);
        expect(listed.rows.length + listed.leftOut).toBe(rows.length);
        expect(Buffer.byteLength(JSON.stringify(listed.rows))).toBeLessThan(replLimits.answerBytesMax + 10);
      },
    ),
    { numRuns: 20 },
  );
});
