using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Adds the methods of a service with a marshaller that refuses a request that is not a valid message. The marshaller of the generated code
/// throws before any interceptor runs: gRPC then answers UNKNOWN and logs a stack trace.
/// </summary>
internal sealed class RpcMethodProvider<TService>(Action<ServiceBinderBase, TService?> bind, UnreadableRequests unreadable)
    : IServiceMethodProvider<TService> where TService : class
{
    // Without an instance, the generated code binds the methods and no handlers.
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context) => bind(new Binder(context, unreadable), null);

    private sealed class Binder(ServiceMethodProviderContext<TService> context, UnreadableRequests unreadable) : ServiceBinderBase
    {
        // As in the default provider.
        private static List<object> Metadata => [new HttpMethodMetadata([HttpMethods.Post], acceptCorsPreflight: true)];

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => context.AddUnaryMethod(
                WithRefusal(method),
                Metadata,
                Handler<UnaryServerMethod<TService, TRequest, TResponse>>(method, typeof(TRequest), typeof(ServerCallContext)));

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => context.AddServerStreamingMethod(
                WithRefusal(method),
                Metadata,
                Handler<ServerStreamingServerMethod<TService, TRequest, TResponse>>(
                    method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext)));

        private static TDelegate Handler<TDelegate>(IMethod method, params Type[] parameters) where TDelegate : Delegate =>
            typeof(TService).GetMethod(method.Name, parameters)!.CreateDelegate<TDelegate>();

        private Method<TRequest, TResponse> WithRefusal<TRequest, TResponse>(Method<TRequest, TResponse> method) => new(
            method.Type, method.ServiceName, method.Name, WithRefusal(method, method.RequestMarshaller), method.ResponseMarshaller);

        private Marshaller<T> WithRefusal<T>(IMethod method, Marshaller<T> marshaller) => new(marshaller.ContextualSerializer, payload =>
        {
            try
            {
                return marshaller.ContextualDeserializer(payload);
            }
            catch (InvalidProtocolBufferException)
            {
                throw unreadable.Refuse(method);
            }
        });
    }
}
