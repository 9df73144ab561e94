using System.Text;
using dotnet_etcd;
using Etcdserverpb;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Benchmarks.Peers;

/// <summary>The work of a read and of a commit on etcd: one key per merchant, put if its revision is the one that was seen last.</summary>
internal sealed class EtcdPeer : IDisposable
{
    private readonly EtcdServer server;
    private readonly EtcdClient client;
    private readonly ByteString[] keys;
    private readonly long[] revisions;
    private readonly ByteString value;

    private EtcdPeer(EtcdServer server, int merchants, int recordBytes)
    {
        this.server = server;
        client = new EtcdClient(server.Address, configureChannelOptions: o => o.Credentials = ChannelCredentials.Insecure);
        keys = [.. Enumerable.Range(0, merchants).Select(n => ByteString.CopyFromUtf8($"merchant-{n}"))];
        revisions = new long[merchants];
        value = ByteString.CopyFrom(Encoding.ASCII.GetBytes(new string('x', recordBytes)));
    }

    public static async Task<EtcdPeer> StartAsync(int merchants, int recordBytes)
    {
        var peer = new EtcdPeer(await EtcdServer.StartAsync(), merchants, recordBytes);
        await Task.WhenAll(Enumerable.Range(0, merchants).Select(peer.CompareAndPutAsync));
        return peer;
    }

    /// <summary>Replaces the value of a merchant, durably.</summary>
    public async Task CompareAndPutAsync(int merchant)
    {
        var reply = await client.TransactionAsync(new TxnRequest
        {
            Compare =
            {
                new Compare
                {
                    Key = keys[merchant], Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal,
                    ModRevision = revisions[merchant],
                },
            },
            Success = { new RequestOp { RequestPut = new PutRequest { Key = keys[merchant], Value = value } } },
        });
        if (!reply.Succeeded)
        {
            throw new InvalidOperationException($"The compare-and-put of merchant {merchant} at revision {revisions[merchant]} failed.");
        }

        revisions[merchant] = reply.Header.Revision;
    }

    /// <summary>Reads the value of a merchant, linearizably.</summary>
    public async Task RangeAsync(int merchant)
    {
        var reply = await client.GetAsync(new RangeRequest { Key = keys[merchant] });
        if (reply.Kvs.Count != 1)
        {
            throw new InvalidOperationException($"Merchant {merchant} was not found.");
        }
    }

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
    }
}
