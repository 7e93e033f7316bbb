import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { toNdArray } from "../../protocol/ndarray.ts";
import type { RunningServer } from "../../server/server.ts";
import { startServer } from "../../server/server.ts";
import { MODEL_SHA256 } from "./fake-catalog.ts";
import { fakeServer, numbers, RawClient, walkAction } from "./support.ts";

let server: RunningServer;
let client: RawClient;
beforeAll(async () => {
  server = await fakeServer();
  client = await RawClient.connect(server.url);
});

const http = (path: string, init?: RequestInit) => fetch(`${server.url.replace("ws:", "http:")}${path}`, init);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

it("a viewer gets poses, and the model's files once by hash", async () => {
  const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 2, autoreset: "next_step" });
  await client.ask("env.reset", { s, k: 1, seed: 0 });
  const { obs } = await client.ask("env.step", { s, k: 2, action: walkAction([0, 0]) });
  const { scenes } = await client.ask("env.render", { s, fmt: "scene" });
  expect(scenes).toHaveLength(2);
  expect(scenes[0]).toMatchObject({ model_sha256: MODEL_SHA256, xpos: { shape: [1, 3] }, xquat: { shape: [1, 4] } });
  expect(Math.fround(numbers(scenes[0]?.qpos)[0] ?? 0)).toBe(numbers(obs)[0]);
  const model = await client.ask("env.model", { s });
  const xml = await client.ask("blob.get", { sha256: model.model_sha256 });
  expect(sha256(xml.data)).toBe(model.model_sha256);
  const [asset] = model.assets;
  expect(asset?.name).toBe("leg.stl");
  const parts = [
    await client.ask("blob.get", { sha256: asset?.sha256 ?? "" }),
    await client.ask("blob.get", { sha256: asset?.sha256 ?? "", offset: 100 }),
  ];
  expect(sha256(parts[0]?.data ?? new Uint8Array())).toBe(asset?.sha256);
  expect(Buffer.from(parts[1]?.data ?? [])).toEqual(Buffer.from(parts[0]?.data.subarray(100) ?? []));
  expect((await client.refused({ t: "blob.get", sha256: "0".repeat(64) })).code).toBe("NOT_FOUND");
  expect((await client.refused({ t: "blob.get", sha256: asset?.sha256, offset: 2 ** 31 })).code).toBe("BAD_OPTIONS");
});

it("a client reads what a row holds by name, without a step", async () => {
  const { s } = await client.ask("env.make", { env: "walk-v0", num_envs: 3, autoreset: "next_step" });
  await client.ask("env.reset", { s, k: 1, seed: 0 });
  const { obs } = await client.ask("env.step", { s, k: 2, action: walkAction([0, 0, 0]) });
  const { states } = await client.ask("env.state", { s, obs_keys: ["steps"] });
  expect(states).toHaveLength(3);
  expect(states[0]).toMatchObject({ time: 0.01, qpos: { shape: [1] }, act: { shape: [0] }, terms: {} });
  expect(numbers(states[2]?.obs["steps"])).toEqual([1]);
  expect(Math.fround(numbers(states[2]?.qpos)[0] ?? 0)).toBe(numbers(obs)[6]);
  const rows = toNdArray("<u4", [1], new Uint32Array([1]));
  const one = await client.ask("env.state", { s, env_ids: rows });
  expect(one.states).toHaveLength(1);
  expect(Object.keys(one.states[0]?.obs ?? {})).toEqual(["position", "steps", "action"]);
});

it("a missing pack is pulled once at first use while others are served", async () => {
  const { envs } = await client.ask("env.list", { prefix: "packed" });
  expect(envs).toEqual([expect.objectContaining({ id: "packed-v0", pack: "fake", installed: false })]);
  client.order.length = 0;
  const [described, made, ping] = await Promise.all([
    client.ask("env.describe", { env: "packed-v0" }),
    client.ask("env.make", { env: "packed-v0", autoreset: "disabled" }),
    client.ask("ping", { c: 1 }),
  ]);
  expect(client.order[0]).toBe(ping.id);
  expect(described.spec.id).toBe(made.spec.id);
  expect((await client.ask("env.list", { prefix: "packed" })).envs[0]?.installed).toBe(true);
});

it("a pack that cannot be had is MODEL_MISSING with the command", async () => {
  const error = await client.refused({ t: "env.make", env: "lost-v0", autoreset: "disabled" });
  expect(error.code).toBe("MODEL_MISSING");
  expect(error.sentence).toMatch(/models pull/);
});

it("the HTTP side", async () => {
  expect(await (await http("/healthz")).text()).toBe("ok\n");
  expect((await http("/readyz")).status).toBe(200);
  const { envs } = (await (await http("/v1/envs")).json()) as { envs: { id: string }[] };
  expect(envs.map(({ id }) => id)).toContain("walk-v0");
  expect(await (await http("/")).text()).toMatch(/myoserve\.v1\.msgpack/);
  const schema = readFileSync(new URL("../../protocol/schema/v1.json", import.meta.url), "utf8");
  expect(await (await http("/schema/v1.json")).text()).toBe(schema);
  expect((await http("/etc/passwd")).status).toBe(404);
  expect((await http("/healthz", { method: "POST" })).status).toBe(405);
});

it("another address than loopback needs --insecure", async () => {
  await expect(startServer({ port: 0, host: "0.0.0.0" })).rejects.toThrow(/--insecure/);
});

it("a port in use is one sentence", async () => {
  await expect(fakeServer({ port: server.port, workers: 1 })).rejects.toThrow(/EADDRINUSE.*--port/);
});

it("a server that stops tells its clients and closes them with 4503", async () => {
  const brief = await fakeServer({ workers: 1 });
  const guest = await RawClient.connect(brief.url);
  const { s } = await guest.ask("env.make", { env: "walk-v0", autoreset: "disabled" });
  const stopped = brief.stop("test");
  expect(await guest.event((message) => message["t"] === "ev.drain")).toMatchObject({ reason: "test" });
  expect((await guest.refused({ t: "env.make", env: "walk-v0", autoreset: "disabled" })).code).toBe("UNAVAILABLE");
  expect((await guest.ask("env.reset", { s, k: 1 })).k).toBe(1);
  expect(await guest.closeCode).toBe(4503);
  await stopped;
});
