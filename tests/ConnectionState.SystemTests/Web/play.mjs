// Plays one story with one of the official clients against a running service, and prints what the client saw, one line each.
// node play.mjs <connect | grpc-web> <address> <file with the descriptors of the API>
import { readFile } from "node:fs/promises";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";

const [kind, address, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(descriptors)));
const { open } = await import(`./${kind}.mjs`);
const client = open(address, registry);
const merchantId = `browser-${kind}`;
const say = (what, seen) => console.log(what, JSON.stringify(seen));

const { pageList } = await client.call("PageService", "GetPageList", { merchantId });
say("unary", { merchantId: pageList.merchantId, limit: pageList.quota.limit });

say("invalid", await client.failure("PageService", "GetPageList", { merchantId: "not an id" }));
say("not found", await client.failure("PageService", "GetConnection", { merchantId, page: { provider: 1, pageId: "p" } }));

const stream = client.stream("WatchService", "WatchPageList", { merchantId })[Symbol.asyncIterator]();
const next = async () => {
  const { kind: told } = (await stream.next()).value;
  return { told: told.case, bought: told.value.pageList.quota.bought };
};
say("watch", await next());
await client.call("PlanService", "SetPlan", { merchantId, plan: 2, boughtPages: 2 });
say("watch", await next());
await client.call("PlanService", "SetPlan", { merchantId, plan: 2, boughtPages: 3 });
say("watch", await next());

// Whoever started this ends the service now.
say("watch ends", await stream.next().then(() => "with another message", client.read));
