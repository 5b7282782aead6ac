/** Text from agents and attackers, made safe for a terminal: no control character may move the cursor or colour a line. */
export function printable(text: string): string {
  // C0, DEL, C1, and the bidirectional overrides that reorder what is read.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ');
}
