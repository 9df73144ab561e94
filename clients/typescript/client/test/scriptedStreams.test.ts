import { create } from "@bufbuild/protobuf";
import { describe, expect, it, vi } from "vitest";
import { ChangeSchema } from "../src/gen/connectionstate/v1/change_pb.js";
import { PageListSchema } from "../src/gen/connectionstate/v1/page_pb.js";
import { SnapshotReason, WatchPageListResponseSchema } from "../src/gen/connectionstate/v1/watch_service_pb.js";
import { checkpoint, connection, snapshot } from "./samples.js";
import { useWatcher } from "./watcherHarness.js";

const listAt = (revision: number, ...pages: string[]) =>
  create(PageListSchema, { merchantId: "shop-1", revision: BigInt(revision), connections: pages.map((page) => connection(page)) });

const changes = (revision: number, ...pages: string[]) =>
  create(WatchPageListResponseSchema, {
    resumeToken: `token-${revision}`,
    kind: { case: "changes", value: { changes: [create(ChangeSchema, { revision: BigInt(revision) })], pageList: listAt(revision, ...pages) } },
  });

// What a network and a service can do to a stream, and what the screen must make of it.
describe("a scripted stream", () => {
  const context = useWatcher();
  const pages = () => context.view()?.list?.connections.map((one) => one.page?.pageId);
  const reconnected = () => vi.advanceTimersByTimeAsync(250);

  it("reset: stale at once, the list stays, and the stream resumes", async () => {
    await context.server.send(snapshot(listAt(1, "a"), "token-1"));
    await context.server.fail();
    expect(context.view()).toMatchObject({ status: "stale", failure: { reason: "UNREACHABLE" } });
    expect(pages()).toEqual(["a"]);

    await reconnected();
    await context.server.send(changes(2, "a", "b"));
    expect(context.server.tokens).toEqual([undefined, "token-1"]);
    expect(context.view()?.status).toBe("live");
    expect(context.view()?.failure).toBeUndefined();
    expect(pages()).toEqual(["a", "b"]);
  });

  it("silence: stale after three intervals, and live again with the next stream", async () => {
    await context.server.send(snapshot(listAt(1, "a"), "token-1", 5_000));
    await vi.advanceTimersByTimeAsync(15_000);
    expect(context.view()?.status).toBe("stale");

    await reconnected();
    await context.server.send(checkpoint("token-1", listAt(1, "a")));
    expect(context.view()?.status).toBe("live");
  });

  it("half-open: a stream that opens and never answers is replaced, again and again", async () => {
    for (let i = 0; i < 3; i++) await vi.advanceTimersByTimeAsync(3 * 15_000 + 1_000);

    expect(context.view()?.status).toBe("stale");
    expect(context.server.tokens.length).toBeGreaterThanOrEqual(3);
  });

  it("duplicate: a change that was seen is not reported or applied again", async () => {
    await context.server.send(snapshot(listAt(1, "a"), "token-1"));
    await context.server.send(changes(2, "a", "b"));
    await context.server.send(changes(3, "a", "b", "c"));
    await context.server.send(changes(2, "a", "b"));

    expect(pages()).toEqual(["a", "b", "c"]);
    expect(context.changes.map((change) => change.revision)).toEqual([2n, 3n]);
  });

  it.each([SnapshotReason.HISTORY_TRIMMED, SnapshotReason.HISTORY_REPLACED])("trimmed or replaced (%s): the list of the snapshot counts, and the history must be read again", async (reason) => {
    await context.server.send(snapshot(listAt(9, "a", "b"), "token-9"));
    const before = context.view()!.historyEpoch;
    await context.server.send(snapshot(listAt(4, "a"), "token-4", 5_000, reason));

    expect(pages()).toEqual(["a"]);
    expect(context.view()!.historyEpoch).toBe(before + 1);
    await context.server.send(changes(5, "a", "c"));
    expect(pages()).toEqual(["a", "c"]);
  });

  it("fell behind: the list is the newest, and the history goes on", async () => {
    await context.server.send(snapshot(listAt(1, "a"), "token-1"));
    const before = context.view()!.historyEpoch;
    await context.server.send(snapshot(listAt(80, "b"), "token-80", 5_000, SnapshotReason.FELL_BEHIND));

    expect(pages()).toEqual(["b"]);
    expect(context.view()!.historyEpoch).toBe(before);
  });

  it("token end: stale with the reason, and the next stream resumes", async () => {
    await context.server.send(snapshot(listAt(1, "a"), "token-1"));
    await context.server.fail("TOKEN_EXPIRED");
    expect(context.view()).toMatchObject({ status: "stale", failure: { reason: "TOKEN_EXPIRED" } });

    await reconnected();
    await context.server.send(checkpoint("token-1", listAt(1, "a")));
    expect(context.server.tokens).toEqual([undefined, "token-1"]);
    expect(context.view()?.status).toBe("live");
  });

  it("refused with a time: the service is not asked again before it", async () => {
    await context.server.fail("WATCH_LIMIT_EXCEEDED", 20_000);
    await vi.advanceTimersByTimeAsync(19_999);
    expect(context.server.tokens).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(1);
    expect(context.server.tokens).toHaveLength(2);
  });
});
