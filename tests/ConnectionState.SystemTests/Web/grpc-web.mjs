// grpc-web, in its text format over XMLHttpRequest, which node lacks.
import { EventEmitter, on } from "node:events";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import grpcWeb from "grpc-web";
import { XMLHttpRequest } from "xmlhttprequest";

// In a browser, an Accept header replaces the default; in the package it is appended to it. Another case makes it replace the default.
globalThis.XMLHttpRequest = function () {
  const request = new XMLHttpRequest();
  const setRequestHeader = request.setRequestHeader;
  request.setRequestHeader = (name, value) => setRequestHeader.call(request, name === "Accept" ? "accept" : name, value);
  return request;
};

export function open(address, registry) {
  const client = new grpcWeb.GrpcWebClientBase({ format: "text" });

  const prepare = (service, name, request) => {
    const method = registry.getService(`connectionstate.v1.${service}`).methods.find((m) => m.name === name);
    const path = `/connectionstate.v1.${service}/${name}`;
    const kind = method.methodKind === "unary" ? grpcWeb.MethodType.UNARY : grpcWeb.MethodType.SERVER_STREAMING;
    const descriptor = new grpcWeb.MethodDescriptor(path, kind, Object, Object,
      (message) => toBinary(method.input, message), (bytes) => fromBinary(method.output, bytes));
    return [address + path, create(method.input, request), {}, descriptor];
  };

  const read = (error) => {
    const details = error.metadata?.["grpc-status-details-bin"];
    return { code: error.code, reason: details && reasonIn(registry, details) };
  };

  const call = (...what) => client.unaryCall(...prepare(...what));

  return {
    call,
    read,
    failure: (...what) => call(...what).then(() => "it succeeded", read),
    async *stream(...what) {
      const events = new EventEmitter();
      client.serverStreaming(...prepare(...what))
        .on("data", (message) => events.emit("data", message))
        .on("error", (error) => events.emit("error", error));
      for await (const [message] of on(events, "data")) {
        yield message;
      }
    },
  };
}

function reasonIn(registry, details) {
  const status = fromBinary(registry.getMessage("google.rpc.Status"), Buffer.from(details, "base64"));
  const info = status.details.find((detail) => detail.typeUrl.endsWith("/google.rpc.ErrorInfo"));
  return info && fromBinary(registry.getMessage("google.rpc.ErrorInfo"), info.value).reason;
}
