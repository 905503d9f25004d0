// What openapi-typescript makes of the document compiles, and does what a client has to: see .ci/run.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./muster.js";

type Schemas = components["schemas"];
const [baseUrl = "http://127.0.0.1:8080"] = process.argv.slice(2);
const muster = createClient<paths>({ baseUrl });

const call = (id: string, service: string, path: string): Schemas["Call"] => ({ id, service, path });

async function run(batch: Schemas["Batch"]): Promise<Schemas["BatchAnswer"]> {
  const { data, error } = await muster.POST("/batches", { body: batch });
  assert.ok(data, JSON.stringify(error));
  // Of the three media types, that of a client that asks for none.
  return data as Schemas["BatchAnswer"];
}

async function* lines(accept: string, batch: Schemas["Batch"]): AsyncGenerator<string> {
  const response = await fetch(`${baseUrl}/batches`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: accept },
    body: JSON.stringify(batch),
  });
  let rest = "";
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
}

const two = [call("slow", "a", "/delay/100"), call("fast", "a", "/delay/5")];
for (const strategy of ["gather", "as-completed", "first-completed", "wait"] as const) {
  const answer = await run({ strategy, requests: two });
  assert.equal(answer.outcome, "complete");
  assert.equal(answer.results?.length, 2);
  if (strategy === "first-completed") assert.equal(answer.winner, "fast");
  if (strategy === "wait") assert.deepEqual(answer.done, ["slow", "fast"]);
}

const partial = await run({ requests: [call("ok", "a", "/delay/5"), { ...call("late", "a", "/hang"), timeout: "60ms" }] });
assert.equal(partial.outcome, "partial");
assert.equal(partial.results?.[1]?.error?.layer, "request");

const posted = await run({
  requests: [{ ...call("post", "a", "/echo"), method: "POST", headers: { "x-tenant": ["a", "b"] }, body: { text: "hi" } }],
});
assert.equal(posted.results?.[0]?.status, 200);

const failed = await muster.POST("/batches", { body: { onFailure: "fail", requests: [call("broken", "a", "/status/503")] } });
assert.equal(failed.response.status, 502);
assert.equal((failed.error as Schemas["BatchFailedProblem"]).batch.results?.[0]?.status, 503);

const late = await muster.POST("/batches", { body: { requests: [call("price", "b", "/delay/200")] } });
assert.equal(late.response.status, 504);

const faults = await muster.POST("/batches", { body: { requests: [{ ...call("a", "c", "/"), redirects: 99 }] } });
assert.equal(faults.response.status, 400);
assert.equal((faults.error as Schemas["InvalidBatchProblem"]).errors?.[0]?.pointer, "#/requests/0/redirects");

const read: string[] = [];
let event = "";
for await (const line of lines("text/event-stream", { strategy: "as-completed", requests: two })) {
  if (line.startsWith("event: ")) event = line.slice(7);
  else if (line.startsWith("data: ") && event === "result") read.push((JSON.parse(line.slice(6)) as Schemas["CallResult"]).id);
  else if (line.startsWith("data: ")) read.push((JSON.parse(line.slice(6)) as Schemas["Summary"]).outcome);
}
for await (const line of lines("application/x-ndjson", { strategy: "as-completed", requests: two })) {
  const { result, summary } = JSON.parse(line) as Schemas["StreamLine"];
  read.push(result ? result.id : summary!.outcome);
}
assert.deepEqual(read, ["fast", "slow", "complete", "fast", "slow", "complete"]);

console.log("a client in TypeScript: every strategy, outcome, refusal and stream");
