/** What the server tells the console about itself. */
export interface Settings {
  /** The providers are played from the provider desk. */
  readonly development: boolean;
}

// Where other tabs hold all the connections that the browser opens, an answer may take as long as they are open.
const patience = 2_000;

/** Tells the settings, and waits for that no longer than a moment: a screen without them is better than none. */
export function learnSettings(tell: (settings: Settings) => void): Promise<void> {
  return Promise.race([readSettings().then(tell), new Promise<void>((resolve) => setTimeout(resolve, patience))]);
}

async function readSettings(): Promise<Settings> {
  try {
    const reply = await fetch("/console/config.json", { cache: "no-store" });
    const told: unknown = await reply.json();
    return { development: (told as Partial<Settings>).development === true };
  } catch {
    return { development: false };
  }
}
