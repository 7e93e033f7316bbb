import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { JsonObject } from "../../../protocol/env.ts";
import { packPath } from "../manifest.ts";
import { PackError } from "../pack-error.ts";
import { lastLine, pythonEnvironment } from "../python.ts";
import { parityFolder } from "./environment.ts";
import { pack, revive, type MyoSuiteFacts, type Recording } from "./recording.ts";

/** Versions of the other side, as it reports them. */
export interface MyoSuiteVersions {
  readonly python: string;
  readonly mujoco: string;
  readonly myosuite: string;
  readonly numpy: string;
}

interface Reply {
  readonly result?: unknown;
  readonly error?: string;
}

const COMPLAINT_LINES = 30;
const PATIENCE_MS = 5000;

/** MyoSuite in a Python process; one request at a time, one environment at a time. */
export class MyoSuiteProcess implements Disposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #complaint: string[] = [];
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null;
  #gone: Error | null = null;
  #versions: MyoSuiteVersions = { python: "", mujoco: "", myosuite: "", numpy: "" };

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    createInterface({ input: child.stdout }).on("line", (line) => this.#settle(JSON.parse(line) as Reply));
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#complaint.push(line);
      if (this.#complaint.length > COMPLAINT_LINES) this.#complaint.shift();
    });
    child.stdin.on("error", () => undefined); // its end is reported by "close"
    child.on("error", (error) => this.#fail(error.message));
    child.on("close", () => this.#fail(lastLine(this.#complaint.join("\n"))));
  }

  /**
   * Starts MyoSuite on the models of the installed pack; takes some seconds.
   * @param interpreter see `makeParityEnvironment`
   * @throws PackError PACK_FAILED with Python's last line where it does not start.
   */
  static async start(interpreter: string): Promise<MyoSuiteProcess> {
    const script = join(parityFolder(), "driver.py");
    const child = spawn(interpreter, ["-B", "-s", script, "--pack", packPath("myosuite")], {
      env: pythonEnvironment(process.env),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    const started = new MyoSuiteProcess(child);
    started.#versions = (await started.#reply()) as MyoSuiteVersions;
    return started;
  }

  get versions(): MyoSuiteVersions {
    return this.#versions;
  }

  /** Makes an environment, in the place of the one before. @throws Error with MyoSuite's own sentence. */
  async make(id: string, kwargs: JsonObject): Promise<MyoSuiteFacts> {
    return (await this.#ask({ op: "make", id, kwargs })) as MyoSuiteFacts;
  }

  /**
   * Runs the environment made last: reset(seed), steps, reset(), steps and so on, one more reset().
   * @param actions [episodes, steps, size]
   */
  async run(
    seed: number,
    actions: { readonly values: Float32Array; readonly shape: readonly number[] },
  ): Promise<Recording> {
    return (await this.#ask({ op: "run", seed, actions: pack(actions.values, actions.shape) })) as Recording;
  }

  [Symbol.dispose](): void {
    this.#gone ??= new Error("MyoSuite's process was ended.");
    this.#child.stdin.end(); // it removes its temporary files and leaves
    setTimeout(() => this.#child.kill(), PATIENCE_MS).unref();
  }

  #ask(request: object): Promise<unknown> {
    const answer = this.#reply();
    if (this.#gone === null) this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer;
  }

  async #reply(): Promise<unknown> {
    if (this.#gone !== null) throw this.#gone;
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    if (reply.error !== undefined) throw new Error(`MyoSuite says: ${reply.error}`);
    return revive(reply.result);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(reply);
  }

  #fail(why: string): void {
    this.#gone ??= new PackError(
      "PACK_FAILED",
      `MyoSuite's process ended (${why}); make its environment anew with: npx myoserve parity --setup --force`,
    );
    this.#waiting?.reject(this.#gone);
    this.#waiting = null;
  }
}
