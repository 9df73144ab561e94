using System.IO.Pipelines;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pipelines.Sockets.Unofficial;

namespace ConnectionState.Tests.StandIns;

/// <summary>The way to a Redis that asks for TLS.</summary>
public sealed class StreamConnectionTests : IDisposable
{
    private readonly X509Certificate2 certificate = SelfSigned();

    [Fact]
    public async Task Megabytes_go_through_tls_and_back()
    {
        var (mine, peer) = await SecureAsync();
        var echo = peer.CopyToAsync(peer);
        var pipe = StreamConnection.GetDuplex(mine, PipeOptions.Default, PipeOptions.Default);
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);

        var sending = pipe.Output.WriteAsync(bytes).AsTask();
        var received = await SocketPair.ReadAsync(pipe.Input, bytes.Length);

        Assert.Equal(bytes, received);
        await sending;
        pipe.Output.Complete();
        pipe.Input.Complete();
        await Record.ExceptionAsync(() => echo.WaitAsync(SocketPair.Patience));
        Assert.True(echo.IsCompleted);
    }

    [Fact]
    public async Task The_end_of_a_stream_is_the_end_of_the_input()
    {
        var (mine, peer) = await SecureAsync();
        var pipe = StreamConnection.GetDuplex(mine, PipeOptions.Default, PipeOptions.Default);

        await peer.WriteAsync("bye"u8.ToArray());
        peer.Dispose();

        Assert.Equal("bye"u8.ToArray(), await SocketPair.ReadAsync(pipe.Input, 3));
        Assert.True((await pipe.Input.ReadAsync().AsTask().WaitAsync(SocketPair.Patience)).IsCompleted);
        pipe.Output.Complete();
        pipe.Input.Complete();
    }

    [Fact]
    public async Task A_stream_that_is_only_read_gives_what_it_holds()
    {
        var reader = StreamConnection.GetReader(new MemoryStream([1, 2, 3]), PipeOptions.Default);

        Assert.Equal([1, 2, 3], await SocketPair.ReadAsync(reader, 3));
        Assert.True((await reader.ReadAsync()).IsCompleted);
    }

    public void Dispose() => certificate.Dispose();

    private async Task<(SslStream Mine, SslStream Peer)> SecureAsync()
    {
        var (mine, peer) = await SocketPair.ConnectSocketsAsync();
        var client = new SslStream(new NetworkStream(mine, ownsSocket: true));
        var server = new SslStream(new NetworkStream(peer, ownsSocket: true));
        var clientOptions = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, given, _, _) => given?.GetCertHashString() == certificate.GetCertHashString(),
        };

        await Task.WhenAll(client.AuthenticateAsClientAsync(clientOptions), server.AuthenticateAsServerAsync(certificate));
        return (client, server);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
