/** Any JSON value. */
export type JSONValue =
  null | boolean | number | string | JSONValue[] | { [key: string]: JSONValue };

/** A JSON object. */
export type JSONMap = { [key: string]: JSONValue };

/** Whether a value is a JSON object (not an array, not null). */
export function isMap(value: JSONValue | undefined): value is JSONMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads JSON as Python's `json` module writes it, where NaN and the infinities are bare words.
 *
 * #### Notes
 * Those three become strings of the same name, because JSON has no number for them. Throws SyntaxError.
 */
export function parsePythonJSON(text: string): JSONValue {
  try {
    return JSON.parse(text) as JSONValue;
  } catch (error) {
    const quoted = text.replace(
      /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
      match => (match.startsWith('"') ? match : `"${match}"`)
    );
    if (quoted === text) {
      throw error;
    }
    return JSON.parse(quoted) as JSONValue;
  }
}
