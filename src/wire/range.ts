/**
 * @param least smallest value that will do, and `most` the largest
 * @throws {RangeError} when `value` is given and is none between them
 */
export function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw new RangeError(`${name} must be from ${least} to ${most}: ${value}`);
}

/** The same for sizes and counts. @throws {RangeError} */
export function checkWhole(name: string, value: number | undefined, least: number, most: number): void {
  checkRange(name, value, least, most);
  if (value !== undefined && !Number.isInteger(value))
    throw new RangeError(`${name} must be a whole number: ${value}`);
}

/** @throws {RangeError} when `port` is given and is no TCP port */
export function checkPort(name: string, port: number | undefined): void {
  checkWhole(name, port, 1, 65_535);
}
