export const cutMark = '… (cut)';

/** The text, or as much of it as fits before a mark that says that there was more. No character is cut in two. */
export function cut(text: string, charsMax: number, mark = cutMark): string {
  if (text.length <= charsMax) return text;
  const kept = text.slice(0, Math.max(0, charsMax - mark.length));
  return `${isHighSurrogate(kept.charCodeAt(kept.length - 1)) ? kept.slice(0, -1) : kept}${mark}`;
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
