export const machine = {
  title: "State machine",
  lead: "Every state of a connection and what leads from one to another, drawn from the code.",
  of: "Show the state of",
  noPage: "No page",
  drawing: "The state machine of a connection",
  now: (state: string) => `Now: ${state}`,
  listed: "[listed]",
  notListed: "[not listed]",
  leads: "From here",
  move: (trigger: string, state: string) => `${trigger} → ${state}`,
} as const;
