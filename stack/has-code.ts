/**
 * Whether something thrown carries this error code (`ENOENT`, an exit code). Not by `instanceof`:
 * Node's own errors are of another realm where a test runs.
 */
export function hasCode(error: unknown, code: string | number): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
