/** The folder of this package, as a URL: what is built is as deep in it as this source is. */
export const PACKAGE = new URL('../', import.meta.url);
