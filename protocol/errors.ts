/** What a client can do about an error without reading its sentence. */
interface ErrorRule {
  /** When the server answers with this code. */
  readonly meaning: string;
  /** Whether the same request may succeed later without being changed. */
  readonly retryable: boolean;
}

/** Every error code of version 1. SPEC.md is generated from this table. */
export const ERROR_CODES = {
  BAD_FRAME: { meaning: "The bytes of the frame are not a decodable map within the limits.", retryable: false },
  BAD_MESSAGE: { meaning: "The message does not match the schema of its type.", retryable: false },
  UNKNOWN_TYPE: { meaning: "The message type does not exist in this version.", retryable: false },
  UNSUPPORTED_VERSION: { meaning: "The minor version asked for is newer than the server's.", retryable: false },
  NEEDS_HELLO: { meaning: "The first message of a connection must be hello.", retryable: false },
  FORBIDDEN: { meaning: "The connection lacks the scope this operation needs.", retryable: false },
  NOT_FOUND: {
    meaning: "The session, agent, job, subscription, snapshot or blob does not exist or is closed.",
    retryable: false,
  },
  ENV_UNKNOWN: { meaning: "No environment has this id.", retryable: false },
  AGENT_UNKNOWN: { meaning: "No agent algorithm has this name.", retryable: false },
  BAD_ACTION: { meaning: "The action has the wrong shape or dtype, or holds NaN or infinity.", retryable: false },
  BAD_OPTIONS: { meaning: "A keyword argument, option or config value is unknown or ill-typed.", retryable: false },
  NEEDS_RESET: { meaning: "The environment must be reset before it can be stepped.", retryable: false },
  STEP_CONFLICT: {
    meaning: "The step number is neither the next one nor a stored one with the same content.",
    retryable: false,
  },
  ENV_BUSY: { meaning: "A job drives the session; wait for its end or cancel it.", retryable: true },
  SESSION_LOST: {
    meaning: "The session to resume is gone: its lease ran out or the server restarted.",
    retryable: false,
  },
  CAPACITY: { meaning: "A limit on sessions, rows, agents or jobs is reached.", retryable: true },
  TOO_LARGE: { meaning: "The request or its reply would exceed a size limit.", retryable: false },
  MODEL_MISSING: {
    meaning: "The model pack of this environment is not installed and could not be pulled.",
    retryable: false,
  },
  CANCELLED: { meaning: "The job was cancelled.", retryable: false },
  UNAVAILABLE: { meaning: "The server is draining or a worker was lost; try again later.", retryable: true },
  INTERNAL: { meaning: "The server failed; its log holds the details under the error id.", retryable: false },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** WebSocket close codes of version 1. */
export const CLOSE_CODES = {
  TOO_BIG: 1009,
  BAD_FRAME: 4400,
  HELLO_TIMEOUT: 4408,
  REPLACED: 4409,
  FLOODING: 4413,
  DRAINING: 4503,
} as const;

/** An error that may cross the wire: a code and one sentence that states rule, value and remedy. */
export class MyoError extends Error {
  readonly code: ErrorCode;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, data?: Readonly<Record<string, unknown>>) {
    super(message);
    this.name = "MyoError";
    this.code = code;
    this.data = data;
  }
}
