import { create } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ChangeSchema, type Change_Transition, type Trigger } from "../src/gen/connectionstate/v1/change_pb.js";
import { Connection_State as State, ConnectionSchema, PageListSchema, Provider, type Connection, type PageList } from "../src/gen/connectionstate/v1/page_pb.js";
import { SnapshotReason, WatchPageListResponseSchema, type WatchPageListResponse } from "../src/gen/connectionstate/v1/watch_service_pb.js";

export function ref(pageId: string, provider = Provider.FACEBOOK) {
  return { $typeName: "connectionstate.v1.PageRef" as const, provider, pageId };
}

export function connection(pageId: string, state = State.CONNECTED, more: Partial<Omit<Connection, "$typeName" | "$unknown">> = {}): Connection {
  return create(ConnectionSchema, { page: ref(pageId), pageName: `Page ${pageId}`, state, ...more });
}

export function list(...connections: readonly Connection[]): PageList {
  return create(PageListSchema, { merchantId: "shop-1", connections: [...connections] });
}

export function snapshot(pageList: PageList, resumeToken = "token-1", interval = 5_000, reason = SnapshotReason.INITIAL): WatchPageListResponse {
  return create(WatchPageListResponseSchema, {
    resumeToken,
    checkpointInterval: durationFromMs(interval),
    kind: { case: "snapshot", value: { pageList, reason } },
  });
}

export function checkpoint(resumeToken = "token-2", pageList?: PageList): WatchPageListResponse {
  return create(WatchPageListResponseSchema, { resumeToken, kind: { case: "checkpoint", value: { revision: 1n, pageList } } });
}

export function move(at: number, trigger: Trigger, from: State, to: State, more: Partial<Change_Transition> & { pageId?: string; since?: number } = {}) {
  const { pageId = "a", since = 0, cause } = more;
  return create(ChangeSchema, {
    revision: BigInt(at),
    at: timestampFromMs(at),
    kind: { case: "transition", value: { page: ref(pageId), trigger, from, to, cause, fromSince: timestampFromMs(since) } },
  });
}
