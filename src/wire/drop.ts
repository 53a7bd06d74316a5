/** Is told why something was refused; parsers return its result, so that each refusal is one line. */
export type Drop<Reason extends string> = (reason: Reason) => undefined;
