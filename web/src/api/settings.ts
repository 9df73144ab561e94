/** What the server tells the console about itself. */
export interface Settings {
  /** The providers are played from the provider desk. */
  readonly development: boolean;
}

export async function readSettings(): Promise<Settings> {
  try {
    const reply = await fetch("/console/config.json", { cache: "no-store" });
    const told: unknown = await reply.json();
    return { development: (told as Partial<Settings>).development === true };
  } catch {
    return { development: false };
  }
}
