using Google.Protobuf.Reflection;
using Grpc.Core;
using static ConnectionStateService.Rpc.Standard.ServerReflectionRequest;

namespace ConnectionStateService.Rpc.Standard;

/// <summary>The standard reflection service: what tools such as grpcurl ask to learn the API.</summary>
internal sealed class ReflectionRpc(ServiceCatalog catalog, IHostApplicationLifetime lifetime) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream,
        IServerStreamWriter<ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        while (await requestStream.MoveNext(ending.Token))
        {
            var response = Answer(requestStream.Current);
            response.ValidHost = requestStream.Current.Host;
            response.OriginalRequest = requestStream.Current;
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request) => request.MessageRequestCase switch
    {
        MessageRequestOneofCase.ListServices => new()
        {
            ListServicesResponse = new() { Service = { catalog.Names.Select(name => new ServiceResponse { Name = name }) } },
        },
        MessageRequestOneofCase.FileByFilename => Files(catalog.FindFile(request.FileByFilename), request.FileByFilename),
        MessageRequestOneofCase.FileContainingSymbol =>
            Files(catalog.FindSymbol(request.FileContainingSymbol), request.FileContainingSymbol),
        MessageRequestOneofCase.FileContainingExtension => NotFound(request.FileContainingExtension.ContainingType),
        MessageRequestOneofCase.AllExtensionNumbersOfType => NotFound(request.AllExtensionNumbersOfType),
        _ => Error(StatusCode.InvalidArgument, "The request asks for nothing."),
    };

    private static ServerReflectionResponse Files(IEnumerable<FileDescriptor>? files, string asked) => files is null
        ? NotFound(asked)
        : new() { FileDescriptorResponse = new() { FileDescriptorProto = { files.Select(f => f.SerializedData) } } };

    private static ServerReflectionResponse NotFound(string asked) => Error(StatusCode.NotFound, $"'{asked}' is not known.");

    private static ServerReflectionResponse Error(StatusCode code, string message) =>
        new() { ErrorResponse = new() { ErrorCode = (int)code, ErrorMessage = message } };
}
