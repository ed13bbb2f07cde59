#!/usr/bin/env node
/**
 * Prints the last line of a CI run, `N passed, N failed, N skipped`, from the file that jest wrote with --outputFile.
 * A suite that did not even load counts as one failure. Exits with 1 when no test ran: that is never a success.
 */
import { readFileSync } from 'node:fs';

export function count(report) {
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const [file] = process.argv.slice(2);
let counts = { passed: 0, failed: 0, skipped: 0 };
try {
  counts = count(JSON.parse(readFileSync(file ?? '', 'utf8')));
} catch (error) {
  process.stderr.write(`test-counts: no usable jest report: ${error.message}\n`);
}
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
if (counts.passed + counts.failed === 0) process.exitCode = 1;
