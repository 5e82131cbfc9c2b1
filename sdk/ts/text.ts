/**
 * Text and bytes, and values as the text that vendors expect. The engine has no TextEncoder; what it does have in native code (base 64,
 * escapes, regular expressions) is many times quicker than a loop over bytes.
 */

const NOT_ASCII = /[^\0-\x7f]/;
const CHUNK = 4096;

interface Native { fromBase64?: (text: string) => Uint8Array }

/** One character for each byte. */
function binary(bytes: Uint8Array): string {
    let text = "";
    for (let at = 0; at < bytes.length; at += CHUNK) {
        text += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK) as unknown as number[]);
    }
    return text;
}

/** UTF-8 as text; what is not UTF-8 comes out byte by byte, for a person to look at. */
export function decode(bytes: Uint8Array): string {
    const text = binary(bytes);
    if (!NOT_ASCII.test(text)) return text;
    try {
        return decodeURIComponent(escape(text));
    } catch {
        return text;
    }
}

/** Text as UTF-8. A half of a surrogate pair becomes U+FFFD. */
export function encode(text: string): Uint8Array {
    let plain = text;
    if (NOT_ASCII.test(text)) {
        const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd");
        plain = unescape(encodeURIComponent(whole));
    }
    const fromBase64 = (Uint8Array as unknown as Native).fromBase64;
    if (fromBase64) return fromBase64(btoa(plain));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}

/** Bytes of a text in UTF-8. */
export function size(text: string): number {
    return NOT_ASCII.test(text) ? encode(text).length : text.length;
}

/** Base 64 with padding. */
export function base64(bytes: Uint8Array): string {
    return btoa(binary(bytes));
}

/** `YYYY-MM-DD` of a day counted from 1970-01-01. Years outside of 0 to 9999 are signed and have at least four digits. */
export function date(days: number): string {
    // Howard Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    const z = days + 719_468;
    const era = Math.floor(z / 146_097);
    const doe = z - era * 146_097;
    const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365);
    const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
    const mp = Math.floor((5 * doy + 2) / 153);
    const month = mp < 10 ? mp + 3 : mp - 9;
    const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
    const sign = year < 0 ? "-" : year > 9999 ? "+" : "";
    return `${sign}${pad(Math.abs(year), 4)}-${pad(month, 2)}-${pad(doy - Math.floor((153 * mp + 2) / 5) + 1, 2)}`;
}

/** `YYYY-MM-DDTHH:MM:SSZ` of microseconds since 1970, with a fraction of 3 or 6 digits where there is one. */
export function timestamp(micros: bigint): string {
    const day = 86_400_000_000n;
    const ofDay = ((micros % day) + day) % day;
    const seconds = Number(ofDay / 1_000_000n);
    const fraction = pad(Number(ofDay % 1_000_000n), 6);
    const tail = fraction === "000000" ? "" : "." + (fraction.endsWith("000") ? fraction.slice(0, 3) : fraction);
    const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => pad(part, 2)).join(":");
    return `${date(Number((micros - ofDay) / day))}T${clock}${tail}Z`;
}

const pad = (value: number, digits: number) => String(value).padStart(digits, "0");

/** `unscaled / 10^scale`, all `scale` digits kept; a negative scale appends zeros. */
export function decimal(unscaled: bigint, scale: number): string {
    const sign = unscaled < 0n ? "-" : "";
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
    if (scale <= 0) return sign + (unscaled === 0n ? "0" : digits + "0".repeat(-scale));
    const padded = digits.padStart(scale + 1, "0");
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
}
