using ConnectionStateService.Tests.Rpc;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace ConnectionStateService.Tests.Auth;

/// <summary>Calls any method by its descriptor.</summary>
internal static class RawCalls
{
    private static readonly Marshaller<byte[]> Bytes = new(bytes => bytes, bytes => bytes);

    /// <summary>All methods of the API.</summary>
    public static IReadOnlyList<MethodDescriptor> Methods { get; } =
    [
        .. typeof(PageService).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: true, IsSealed: true })
            .Select(type => type.GetProperty("Descriptor")?.GetValue(null)).OfType<ServiceDescriptor>()
            .SelectMany(service => service.Methods),
    ];

    private static Marshaller<T> OfMessages<T>() where T : IMessage<T>, new() => new(
        message => message.ToByteArray(), bytes => new MessageParser<T>(() => new T()).ParseFrom(bytes));

    public static string FullName(MethodDescriptor method) => $"/{method.Service.FullName}/{method.Name}";

    /// <summary>Makes a call and returns the response, or the first message of a stream; null if the stream ends with OK before.</summary>
    public static async Task<IMessage?> CallAsync(CallInvoker invoker, MethodDescriptor method, IMessage request, string? token)
    {
        var options = new CallOptions(token is null ? [] : new Metadata { { "authorization", $"Bearer {token}" } });
        var called = new Method<byte[], byte[]>(
            method.IsServerStreaming ? MethodType.ServerStreaming : MethodType.Unary, method.Service.FullName, method.Name, Bytes, Bytes);
        if (!method.IsServerStreaming)
        {
            using var unary = invoker.AsyncUnaryCall(called, null, options, request.ToByteArray());
            return method.OutputType.Parser.ParseFrom(await unary.ResponseAsync);
        }

        if (method.IsClientStreaming)
        {
            var duplex = new Method<WatchPageListsRequest, WatchPageListsResponse>(
                MethodType.ServerStreaming, method.Service.FullName, method.Name, OfMessages<WatchPageListsRequest>(), OfMessages<WatchPageListsResponse>());
            using var answers = invoker.AsyncServerStreamingCall(duplex, null, options, (WatchPageListsRequest)request);
            return await SampleRequests.AnswersAsync(answers.ResponseStream, (WatchPageListsRequest)request);
        }

        using var stream = invoker.AsyncServerStreamingCall(called, null, options, request.ToByteArray());
        return await stream.ResponseStream.MoveNext(CancellationToken.None) ? method.OutputType.Parser.ParseFrom(stream.ResponseStream.Current) : null;
    }
}
