// Requests to the server. A failure is a value that the caller must look at, with a sentence for people.

export interface Failure {
  ok: false;
  status: number; // 0: no answer
  code: string;
  detail: string;
}
export type Result<T> = { ok: true; status: number; value: T } | Failure;

const noAnswer: Failure = { ok: false, status: 0, code: "no_answer", detail: "The server did not answer. Check your connection." };

export async function request<T>(method: string, path: string, read: (body: unknown) => T | null, body?: unknown): Promise<Result<T>> {
  let response: Response;
  let answer: unknown = null;
  try {
    response = await fetch(path, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    answer = text ? JSON.parse(text) : null;
  } catch {
    return noAnswer;
  }
  if (!response.ok) {
    const problem = (answer ?? {}) as { code?: string; detail?: string };
    return { ok: false, status: response.status, code: problem.code ?? "unknown", detail: problem.detail ?? `The server answered ${response.status}.` };
  }
  const value = read(answer);
  if (value === null) return { ok: false, status: response.status, code: "unreadable", detail: "The server answered something this page does not understand. Reload the page." };
  return { ok: true, status: response.status, value };
}

export const query = (values: Record<string, string | number | undefined>) =>
  new URLSearchParams(Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]))).toString();

export const nothing = () => true as const;
