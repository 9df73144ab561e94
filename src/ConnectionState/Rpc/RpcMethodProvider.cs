using System.Reflection;
using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>
/// Adds the methods of a service with a marshaller that refuses a request that is not a valid message. The marshaller of the generated code
/// throws before any interceptor runs: gRPC then answers UNKNOWN and logs a stack trace.
/// </summary>
/// <remarks>
/// A service may declare a second method with <see cref="Encoded{T}"/> in place of the generated response type: a unary one with the suffix "Encoded", a stream
/// as an overload; one that also streams requests must. gRPC calls it instead of the generated method; JSON transcoding needs the message and calls the generated one.
/// </remarks>
internal sealed class RpcMethodProvider<TService>(Action<ServiceBinderBase, TService?> bind, UnreadableRequests unreadable)
    : IServiceMethodProvider<TService> where TService : class
{
    // Without an instance, the generated code binds the methods and no handlers.
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context) => bind(new Binder(context, unreadable), null);

    private sealed class Binder(ServiceMethodProviderContext<TService> context, UnreadableRequests unreadable) : ServiceBinderBase
    {
        // As in the default provider.
        private static List<object> MetadataOf(IMethod method) =>
            [new HttpMethodMetadata([HttpMethods.Post], acceptCorsPreflight: true), new CallName(method)];

        public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
        {
            if (Find($"{method.Name}Encoded", typeof(TRequest), typeof(ServerCallContext)) is { } called)
            {
                AddUnary(WithMarshallers(method, Encoded<TResponse>.Marshaller), called);
            }
            else
            {
                AddUnary(WithMarshallers(method, method.ResponseMarshaller), Find(method.Name, typeof(TRequest), typeof(ServerCallContext))!);
            }
        }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
        {
            if (Find(method.Name, typeof(TRequest), typeof(IServerStreamWriter<Encoded<TResponse>>), typeof(ServerCallContext)) is { } called)
            {
                AddServerStreaming(WithMarshallers(method, Encoded<TResponse>.Marshaller), called);
            }
            else
            {
                AddServerStreaming(
                    WithMarshallers(method, method.ResponseMarshaller),
                    Find(method.Name, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext))!);
            }
        }

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => context.AddDuplexStreamingMethod(
            WithMarshallers(method, Encoded<TResponse>.Marshaller),
            MetadataOf(method),
            Find(method.Name, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<Encoded<TResponse>>), typeof(ServerCallContext))!
                .CreateDelegate<DuplexStreamingServerMethod<TService, TRequest, Encoded<TResponse>>>());

        private void AddUnary<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodInfo called) where TRequest : class where TResponse : class =>
            context.AddUnaryMethod(method, MetadataOf(method), called.CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>());

        private void AddServerStreaming<TRequest, TResponse>(Method<TRequest, TResponse> method, MethodInfo called)
            where TRequest : class where TResponse : class => context.AddServerStreamingMethod(
                method, MetadataOf(method), called.CreateDelegate<ServerStreamingServerMethod<TService, TRequest, TResponse>>());

        private static MethodInfo? Find(string name, params Type[] parameters) => typeof(TService).GetMethod(name, parameters);

        private Method<TRequest, TResponse> WithMarshallers<TRequest, TDeclared, TResponse>(
            Method<TRequest, TDeclared> method, Marshaller<TResponse> response) =>
            new(method.Type, method.ServiceName, method.Name, WithRefusal(method, method.RequestMarshaller), response);

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
