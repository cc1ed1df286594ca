/** A typed API client, and the error that it throws. */

import { randomUUID } from "node:crypto";
import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { components, paths } from "./generated/chatroutes.js";

export type Schemas = components["schemas"];
export type ChatRoutes = Client<paths>;

export const DEFAULT_BASE_URL = "https://api.chatroutes.com/api/v1";

/** A failed request. `status` is the HTTP status, and `code` the error code of the response, if there is one. */
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

/** Adds an idempotency key to every POST, so that the service recognizes a repeated request. */
const idempotency: Middleware = {
  onRequest({ request }) {
    if (request.method === "POST") request.headers.set("Idempotency-Key", randomUUID());
    return request;
  },
};

export function connect(apiKey: string, baseUrl: string = DEFAULT_BASE_URL): ChatRoutes {
  const client = createClient<paths>({
    baseUrl: baseUrl.replace(/\/+$/, ""),
    headers: { "X-API-Key": apiKey },
  });
  client.use(idempotency);
  return client;
}

/** What openapi-fetch returns: `data` after a success, `error` after a failure. */
interface Result<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns the body of a successful response, and throws an `ApiError` for any other. */
export function bodyOf<T extends { success?: boolean }>({ data, error, response }: Result<T>): T {
  if (data?.success) return data;
  throw makeError(response, data ?? error); // `success: false` is a failure whatever the status
}

/** Returns a field that the service may leave out. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("The response has no such field.");
  return value;
}

/** Returns the error of a response. Any of its fields may be missing, and a proxy may send no JSON. */
export function makeError(response: Response, body: unknown): ApiError {
  const errorBody: Schemas["ErrorResponse"] = typeof body === "object" && body !== null ? body : {};
  const status = response.statusText === "" ? "" : ` ${response.statusText}`;
  const message = errorBody.message ?? `The server returned ${response.status}${status}.`;
  return new ApiError(response.status, errorBody.error, message);
}
