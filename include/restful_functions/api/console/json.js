// JSON with integers of 64 bits, which a number of JavaScript does not hold exactly: such ones are BigInts.

/** The value of a text. */
export const parse = (text) => JSON.parse(text, (name, value, context) => (
  typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context.source) : value));

/** The text of a value. Where a browser cannot write a BigInt, it is a string, which servers take for an integer, too. */
export const stringify = (value, indent) => JSON.stringify(value, (name, each) => (
  typeof each !== 'bigint' ? each : JSON.rawJSON ? JSON.rawJSON(String(each)) : String(each)), indent);

/** The number that somebody has typed. */
export const numberOf = (text) => (/^-?\d+$/.test(text) && !Number.isSafeInteger(Number(text)) ? BigInt(text) : Number(text));
