/** What text of others must not carry to a terminal: controls but tab and line feed, and what turns its direction. */
const unprintable = String.raw`\u0000-\u0008\u000B-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069`;

/** Matches text without any of them. */
export const plainText = new RegExp(`^[^${unprintable}]*$`);

const unplain = new RegExp(`[${unprintable}\\p{Cs}]`, 'gu');

/** The same text with U+FFFD in the place of each of them, and of each half of a surrogate pair. */
export const toPlainText = (text: string): string => text.replace(unplain, '\ufffd');
