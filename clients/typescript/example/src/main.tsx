import { createConnectionStateClient } from "@connectionstate/client";
import { ConnectionStateProvider } from "@connectionstate/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";

// Your backend asks the service for a merchant token and hands it to the page.
const client = createConnectionStateClient({ token: () => fetch("/api/merchant-token").then((reply) => reply.json()) });

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <ConnectionStateProvider client={client}>
      <App merchantId="shop-1" />
    </ConnectionStateProvider>
  </StrictMode>,
);
