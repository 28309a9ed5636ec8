/** An error as one line, for messages about files that were read back. */
import { z } from "zod";

/**
 * What went wrong in one line: DuckDB's first line without its kind (the SQL stays in `cause`), zod's issues joined, any other message as
 * it is.
 */
export function faultOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).replace(/\s*\n\s*/g, "; ");
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/^([A-Z]\w+ )+Error: /, "");
}
