/** Settings that the server sends to the console. */
export interface Settings {
  /** Whether the provider desk is available. */
  readonly development: boolean;
  /** The origins whose pages may embed the console and give it tokens. */
  readonly embeddingOrigins: readonly string[];
}

export const defaultSettings: Settings = { development: false, embeddingOrigins: [] };

// The browser queues the request while streams of other tabs use all its connections.
const waitLimit = 2_000;

/** Loads the settings. Resolves after two seconds at the latest; settings that arrive later are still passed to the callback. */
export function loadSettings(onLoaded: (settings: Settings) => void): Promise<void> {
  return Promise.race([fetchSettings().then(onLoaded), new Promise<void>((resolve) => setTimeout(resolve, waitLimit))]);
}

async function fetchSettings(): Promise<Settings> {
  try {
    const reply = await fetch("/console/config.json", { cache: "no-store" });
    const json = (await reply.json()) as Partial<Settings>;
    return { development: json.development === true, embeddingOrigins: json.embeddingOrigins ?? [] };
  } catch {
    return defaultSettings;
  }
}
