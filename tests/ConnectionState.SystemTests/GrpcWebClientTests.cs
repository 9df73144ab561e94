using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;

namespace ConnectionStateService.SystemTests;

/// <summary>The official browser clients (Connect and grpc-web), run in Node.js against a real server.</summary>
public sealed class GrpcWebClientTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("connect")]
    [InlineData("grpc-web")]
    public async Task An_official_client_makes_calls_reads_errors_and_watches(string client)
    {
        NpmPackages.AssertInstalled();
        await File.WriteAllBytesAsync(folder.File("api.binpb"), DescribeApi().ToByteArray());
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));

        await using var play = ChildProcess.Start(
            "node", NpmPackages.Folder, ["play.mjs", client, server.Http.GetLeftPart(UriPartial.Authority), folder.File("api.binpb")]);
        await Eventually.TrueAsync(() => Task.FromResult(play.HasEnded || play.Output.Contains("\"bought\":3", StringComparison.Ordinal)));
        await server.Process.TerminateAsync();
        await play.WaitForExitAsync();

        Assert.True(play.ExitCode == 0, play.Errors);
        Assert.Equal(
            $$"""
            unary {"merchantId":"browser-{{client}}","limit":3}
            invalid {"code":3,"reason":"INVALID_REQUEST"}
            not found {"code":5,"reason":"CONNECTION_NOT_FOUND"}
            watch {"told":"snapshot","bought":0}
            watch {"told":"changes","bought":2}
            watch {"told":"changes","bought":3}
            watch ends {"code":14,"reason":"SHUTTING_DOWN"}

            """,
            play.Output);
    }

    // The descriptors that client code would be generated from: the API and its error details.
    private static FileDescriptorSet DescribeApi()
    {
        var api = new FileDescriptorSet();
        FileDescriptor[] files =
        [
            PageServiceReflection.Descriptor, PlanServiceReflection.Descriptor, WatchServiceReflection.Descriptor,
            StatusReflection.Descriptor, ErrorDetailsReflection.Descriptor,
        ];
        files.ToList().ForEach(file => Add(api, file));
        return api;
    }

    private static void Add(FileDescriptorSet set, FileDescriptor file)
    {
        if (set.File.All(known => known.Name != file.Name))
        {
            file.Dependencies.ToList().ForEach(needed => Add(set, needed));
            set.File.Add(file.ToProto());
        }
    }
}
