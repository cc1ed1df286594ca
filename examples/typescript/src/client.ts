/** A typed client of the API, and what its failures become. */

import { randomUUID } from "node:crypto";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated/chatroutes.js";

export type Schemas = components["schemas"];
export type ChatRoutes = Client<paths>;

export const SERVICE = "https://api.chatroutes.com/api/v1";

/** A request that failed. `status` is that of the answer, `code` the error's, if it has one. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string | undefined,
    message: string,
  ) {
    super(message);
  }
}

/** Every POST carries a key of its own, by which the service knows a request that it has seen. */
const idempotency: Middleware = {
  onRequest({ request }) {
    if (request.method === "POST") request.headers.set("Idempotency-Key", randomUUID());
    return request;
  },
};

export function connect(apiKey: string, baseUrl: string = SERVICE): ChatRoutes {
  const client = createClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ""),
    headers: { Authorization: `ApiKey ${apiKey}` },
  });
  client.use(idempotency);
  return client;
}

/** What a call gives back: `data` after a success, `error` after a failure. */
interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a success; a failure is thrown. */
export function bodyOf<T extends { success: boolean }>({ data, error, response }: Result<T>): T {
  if (data?.success) return data;
  throw failure(response, data ?? error); // `success: false` is a failure under any status
}

/** The error that an answer tells of. Any field of it may be missing, and a proxy may send no JSON at all. */
export function failure(response: Response, body: unknown): ApiError {
  const told: Schemas["ErrorResponse"] = typeof body === "object" && body !== null ? body : {};
  const status = response.statusText === "" ? "" : ` ${response.statusText}`;
  const message = told.message ?? `the service answered ${response.status}${status}`;
  return new ApiError(response.status, told.error, message);
}
