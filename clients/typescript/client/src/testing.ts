export { FakeServer, fakeConnection } from "./fakeServer.js";
