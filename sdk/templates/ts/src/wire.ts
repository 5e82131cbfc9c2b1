/** The shapes of the platform's answers, nothing else; `undefined` where an answer has another one. */

/** Why one was not taken. */
export interface Refusal { code?: string; message?: string }

/** A list of contacts. */
export interface List { id: string; name: string }

/** What is known of a body before it was looked at. */
type Seen<T> = { [key in keyof T]?: unknown } | null | undefined;

const text = (value: unknown) => value === undefined || typeof value === "string";
const refusal = (one: Seen<Refusal>) => text(one?.code) && text(one?.message);
const every = <T>(list: unknown, fine: (one: Seen<T>) => boolean) => (Array.isArray(list) && list.every(fine) ? (list as T[]) : undefined);

/** Of `GET /v1/me`. */
export const isMe = (body: unknown) => typeof (body as Seen<{ account: string }>)?.account === "string";

/** Of `POST /v1/contacts`: what became of each contact, in order. */
export function resultsOf(body: unknown): (Refusal & { ok: boolean })[] | undefined {
    return every((body as Seen<{ results: unknown }>)?.results, (one) => typeof one?.ok === "boolean" && refusal(one));
}

const isList = (one: Seen<List>) => typeof one?.id === "string" && typeof one.name === "string";

/** Of `GET /v1/lists`. */
export function listsOf(body: unknown): List[] | undefined {
    return every((body as Seen<{ lists: unknown }>)?.lists, isList);
}

/** Of `POST /v1/lists`. */
export function listOf(body: unknown): List | undefined {
    return isList(body as Seen<List>) ? (body as List) : undefined;
}

/** Of `POST /v1/members`: how many were taken, and the others by their position in the request. */
export function membersOf(body: unknown): { taken: number; refused: (Refusal & { at: number })[] } | undefined {
    const { taken, refused } = (body ?? {}) as { taken?: unknown; refused?: unknown };
    const named = every<Refusal & { at: number }>(refused, (one) => typeof one?.at === "number" && refusal(one));
    return typeof taken === "number" && named ? { taken, refused: named } : undefined;
}
