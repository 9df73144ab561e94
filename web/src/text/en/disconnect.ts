export const disconnect = {
  title: (page: string) => `Disconnect ${page}?`,
  lead: "The page leaves the list and its slot becomes free. Messages no longer arrive here.",
  removeTitle: (page: string) => `Remove ${page} from the list?`,
  leadWithoutSlot: "The page is lost and takes no slot. It leaves the list.",
  removed: (page: string) => `${page} was removed from the list`,
  confirm: "Disconnect",
  keep: "Keep it",
  done: (page: string) => `${page} is disconnected`,
} as const;
