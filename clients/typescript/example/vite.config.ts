import { defineConfig } from "vite";

// "npm run dev" passes calls on to a service that runs on this machine.
export default defineConfig({ server: { proxy: { "/connectionstate.v1.": "http://127.0.0.1:5080" } } });
