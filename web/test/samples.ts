import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Change_Transition,
  ChangeSchema,
  type Connection,
  Connection_State as State,
  type PageList,
  PageListSchema,
  Provider,
  type Trigger,
} from "@connectionstate/client";
import { fakeConnection } from "@connectionstate/client/testing";

export function ref(pageId: string, provider = Provider.FACEBOOK) {
  return { $typeName: "connectionstate.v1.PageRef" as const, provider, pageId };
}

export function connection(pageId: string, state = State.CONNECTED, more: Parameters<typeof fakeConnection>[1] = {}): Connection {
  return fakeConnection(pageId, { state, ...more });
}

export function list(...connections: readonly Connection[]): PageList {
  return create(PageListSchema, { merchantId: "shop-1", connections: [...connections] });
}

export function move(at: number, trigger: Trigger, from: State, to: State, more: Partial<Change_Transition> & { pageId?: string; since?: number } = {}) {
  const { pageId = "a", since = 0, cause } = more;
  return create(ChangeSchema, {
    revision: BigInt(at),
    at: timestampFromMs(at),
    kind: { case: "transition", value: { page: ref(pageId), trigger, from, to, cause, fromSince: timestampFromMs(since) } },
  });
}
