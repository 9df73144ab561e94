// Texts of the header and of all screens.
export const frame = {
  language: "en",
  product: "ConnectionState",
  nav: { label: "Sections", pages: "Pages", inbox: "Inbox", history: "History", machine: "State machine", desk: "Provider desk" },
  skip: "Skip to content",
  merchant: "Merchant",
  changeMerchant: "Change merchant",
  switchLanguage: "Tiếng Việt",
  theme: { label: "Colours", system: "As the device", light: "Light", dark: "Dark" },
  liveStatus: {
    live: "Live",
    stale: "Stale",
    connecting: "Connecting",
    liveHint: "Up to date.",
    staleHint: "No word from the server. What you see is what was last known; it is brought up to date by itself.",
    connectingHint: "Asking the server.",
    lastUpdate: (when: string) => `Last update: ${when}.`,
  },
  dismiss: "Dismiss",
  notices: "Notices",
} as const;
