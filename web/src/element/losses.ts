import { type Connection, findPage, needsNotice, type PageList } from "@connectionstate/client";

/** Returns the pages that the merchant must be told of, and was not in the list before. */
export function newLosses(before: PageList | undefined, list: PageList): Connection[] {
  return list.connections.filter((connection) => {
    const previous = connection.page && findPage(before, connection.page);
    return needsNotice(connection) && !(previous && needsNotice(previous));
  });
}
