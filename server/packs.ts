import type { JsonObject } from "../protocol/env.ts";
import { MyoError } from "../protocol/errors.ts";
import type { Kwargs } from "../envs/task.ts";
import type { Catalog } from "./catalog.ts";
import type { Log } from "./log.ts";

/** Installs model packs on first use, each once however many sessions ask. */
export class PackInstaller {
  readonly #catalog: Catalog;
  readonly #log: Log;
  readonly #running = new Map<string, Promise<void>>();

  constructor(catalog: Catalog, log: Log) {
    this.#catalog = catalog;
    this.#log = log;
  }

  /** Checked kwargs of an id whose model is there. @throws MyoError ENV_UNKNOWN, MODEL_MISSING, BAD_OPTIONS */
  async prepare(id: string, kwargs: JsonObject): Promise<Kwargs> {
    const checked = this.#catalog.kwargs(this.#catalog.find(id).id, kwargs);
    await this.ensure(id);
    return checked;
  }

  /** Resolves when the pack of an id is there. @throws MyoError MODEL_MISSING with the command to run. */
  async ensure(id: string): Promise<void> {
    const { pack } = this.#catalog.find(id);
    if (pack === null || this.#catalog.installed(pack)) return;
    const running = this.#running.get(pack) ?? this.#install(pack);
    this.#running.set(pack, running);
    try {
      await running;
    } finally {
      this.#running.delete(pack);
    }
  }

  async #install(pack: string): Promise<void> {
    this.#log.info({ pack }, "model pack is missing, pulling it");
    try {
      await this.#catalog.pull(pack, (line) => this.#log.info({ pack }, line));
    } catch (error) {
      if (error instanceof MyoError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new MyoError(
        "MODEL_MISSING",
        `Model pack ${pack} could not be pulled (${reason}); run: npx myoserve models pull ${pack}.`,
      );
    }
    this.#log.info({ pack }, "model pack installed");
  }
}
