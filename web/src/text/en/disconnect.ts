export const disconnect = {
  title: (page: string) => `Disconnect ${page}?`,
  lead: "The page leaves the list and its slot becomes free. Messages no longer arrive here.",
  leadWithoutSlot: "The page leaves the list.",
  confirm: "Disconnect",
  keep: "Keep it",
  done: (page: string) => `${page} is disconnected`,
} as const;
