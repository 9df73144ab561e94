/** Settings that the server sends to the console. */
export interface Settings {
  /** Whether the provider desk is available. */
  readonly development: boolean;
  /** The origins whose pages may embed the console and give it tokens. */
  readonly embeddingOrigins: readonly string[];
  /** Where a merchant goes to sign in at a provider, with {merchant_id} and {session_id}; missing for a provider without a connector. */
  readonly connectUrls: { readonly facebook?: string | null; readonly zalo?: string | null };
  /** Where a merchant buys more pages, with {merchant_id}. */
  readonly buyMoreUrl?: string | null;
}

export const defaultSettings: Settings = { development: false, embeddingOrigins: [], connectUrls: {} };

// The browser queues the request while streams of other tabs use all its connections.
const waitLimit = 2_000;

/**
 * Loads the settings. Resolves after two seconds at the latest; settings that arrive later are still passed to the callback.
 * @param baseUrl The service, if it is not the origin of the page.
 */
export function loadSettings(onLoaded: (settings: Settings) => void, baseUrl = ""): Promise<void> {
  return Promise.race([fetchSettings(baseUrl).then(onLoaded), new Promise<void>((resolve) => setTimeout(resolve, waitLimit))]);
}

async function fetchSettings(baseUrl: string): Promise<Settings> {
  try {
    const reply = await fetch(`${baseUrl}/console/config.json`, { cache: "no-store" });
    const json = (await reply.json()) as Partial<Settings>;
    return { development: json.development === true, embeddingOrigins: json.embeddingOrigins ?? [], connectUrls: json.connectUrls ?? {}, buyMoreUrl: json.buyMoreUrl };
  } catch {
    return defaultSettings;
  }
}

/** Puts ids into an address of the settings. */
export function fillAddress(address: string, ids: { readonly merchant: string; readonly session?: string }): string {
  return address.replaceAll("{merchant_id}", encodeURIComponent(ids.merchant)).replaceAll("{session_id}", encodeURIComponent(ids.session ?? ""));
}
