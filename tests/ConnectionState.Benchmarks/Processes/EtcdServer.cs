namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>One etcd process on free ports, with its own temporary folder. It flushes each commit to disk, as by default.</summary>
internal sealed class EtcdServer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private ChildProcess? process;

    private EtcdServer(string address) => Address = address;

    public string Address { get; }

    public static async Task<EtcdServer> StartAsync()
    {
        var (client, peer) = ($"http://127.0.0.1:{FreePorts.Next()}", $"http://127.0.0.1:{FreePorts.Next()}");
        var server = new EtcdServer(client);
        (server.process, _) = await ChildProcess.StartAsync(
            "etcd",
            [
                "--data-dir", server.folder.FullName, "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", $"default={peer}",
            ],
            server.folder.FullName,
            "ready to serve client requests|serving insecure client requests");
        return server;
    }

    public void Dispose()
    {
        process?.Dispose();
        folder.Delete(recursive: true);
    }
}
