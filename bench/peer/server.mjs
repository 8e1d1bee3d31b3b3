// The peer of `POST /v1/collect`: Fastify checks an envelope of the same shape, BullMQ keeps its events.
// node server.mjs PORT REDIS_SOCKET

import { Queue } from "bullmq";
import fastify from "fastify";

const [port, path] = process.argv.slice(2);
const queue = new Queue("events", { connection: { path } });
const app = fastify({ bodyLimit: 64 * 1024 });

const text = { type: "string", minLength: 1, maxLength: 128 };
const event = {
  type: "object",
  required: ["eid", "type"],
  properties: { eid: text, type: text, at: { type: "number" }, payload: { type: "object" } },
};
const body = {
  type: "object",
  required: ["key", "visitor_id", "events"],
  properties: {
    key: text,
    visitor_id: text,
    sent_at: { type: "number" },
    user: { type: "object", properties: { id: text } },
    events: { type: "array", maxItems: 100, items: event },
  },
};

app.post("/v1/collect", { schema: { body } }, async (request, reply) => {
  const { visitor_id, user, events } = request.body;
  const jobs = events.map((one) => ({ name: one.type, data: { ...one, visitor_id, user } }));
  if (jobs.length === 1) await queue.add(jobs[0].name, jobs[0].data);
  else await queue.addBulk(jobs);
  return reply.code(202).send({ accepted: jobs.length, rejected: [] });
});

await queue.waitUntilReady();
await app.listen({ port: Number(port), host: "127.0.0.1" });
