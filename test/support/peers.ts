/**
 * Whether tests can use a server of this machine. `CORDBOARD_TEST_REQUIRE_ALL=1` makes a missing one a failure with a
 * sentence that says what to install: so a full run cannot pass without having tested everything.
 */
export function isThere(found: string | undefined, debianPackage: string): boolean {
  if (found === undefined && process.env['CORDBOARD_TEST_REQUIRE_ALL'] === '1') {
    throw new Error(`The tests need a server that is not on this machine: install the Debian package ${debianPackage}`)
  }
  return found !== undefined
}
