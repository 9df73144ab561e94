// @connectrpc/connect-web, in its binary format over fetch.
import { ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

export function open(baseUrl, registry) {
  const transport = createGrpcWebTransport({ baseUrl });
  const errorInfo = registry.getMessage("google.rpc.ErrorInfo");

  const method = (service, name) =>
    createClient(registry.getService(`connectionstate.v1.${service}`), transport)[name[0].toLowerCase() + name.slice(1)];

  const read = (failure) => {
    const error = ConnectError.from(failure);
    return { code: error.code, reason: error.findDetails(errorInfo)[0]?.reason };
  };

  return {
    call: (service, name, request) => method(service, name)(request),
    stream: (service, name, request) => method(service, name)(request),
    failure: (service, name, request) => method(service, name)(request).then(() => "it succeeded", read),
    read,
  };
}
