// Requests to the server. A failure is a value that the caller must look at, with a sentence for people.

export interface Failure {
  ok: false;
  status: number; // 0: no answer
  code: string;
  detail: string;
  retryAfter?: number; // seconds the server wants to be left alone
}
export type Result<T> = { ok: true; status: number; value: T } | Failure;

const noAnswer: Failure = { ok: false, status: 0, code: "no_answer", detail: "The server does not answer. Check your connection; the page keeps trying." };
const answerWithin = 20_000;

// Whether asking again later may help.
export const isPassing = (failure: Failure) => failure.status === 0 || failure.status === 408 || failure.status === 429 || failure.status >= 500;

export async function request<T>(method: string, path: string, read: (body: unknown) => T | null, body?: unknown): Promise<Result<T>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(answerWithin),
    });
    text = await response.text();
  } catch {
    return noAnswer;
  }
  let answer: unknown = null;
  try {
    answer = text ? JSON.parse(text) : null;
  } catch {
    // not JSON: a proxy's page, say; the status still counts
  }
  if (!response.ok) {
    const problem = (answer ?? {}) as { code?: string; detail?: string };
    const wait = Number(response.headers.get("retry-after"));
    return {
      ok: false,
      status: response.status,
      code: problem.code ?? "unknown",
      detail: problem.detail ?? `The server could not do it (${response.status}). Try again in a moment.`,
      ...(wait > 0 && { retryAfter: wait }),
    };
  }
  const value = read(answer);
  if (value === null) return { ok: false, status: response.status, code: "unreadable", detail: "The server answered something this page does not understand. Reload the page." };
  return { ok: true, status: response.status, value };
}

export const query = (values: Record<string, string | number | undefined>) =>
  new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString();

export const nothing = () => true as const;
