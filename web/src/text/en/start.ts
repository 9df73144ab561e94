export const start = {
  title: "Which merchant?",
  lead: "One page list per merchant, live on every screen. Enter a merchant to see its pages.",
  label: "Merchant id",
  hint: "1 to 64 letters, digits, dots, underscores, colons or hyphens.",
  open: "Open",
  recent: "Recently opened",
  none: "A merchant that nothing is known of simply has an empty list.",
  fleet: "For operators: all merchants",
} as const;
