namespace ConnectionStateService.Store.Redis;

/// <summary>Finds out whether commits are possible now, by a script that is as large as a commit and fails for the same reasons.</summary>
internal sealed class WriteProbe(RedisConnection connection)
{
    private const int MaxProbes = 16;

    // More than a usual commit writes.
    private const int Bytes = 4096;

    // After this delay other partitions are probed too.
    private static readonly TimeSpan HedgeDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Probes one random partition. Only in a Cluster, and if it fails or is slow, probes others: one that can be written is enough, since
    /// part of the Cluster may be down.
    /// </summary>
    /// <exception cref="StoreUnavailableException">No probed partition can be written.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        var first = TryProbeAsync(cancellationToken);
        if (!connection.IsCluster)
        {
            // All partitions are on one server.
            if (await first is { } unavailable)
            {
                throw unavailable;
            }

            return;
        }

        if (await Task.WhenAny(first, Task.Delay(HedgeDelay, cancellationToken)) == first && await first is null)
        {
            return;
        }

        Task<StoreUnavailableException?>[] probes = [first, .. Enumerable.Range(1, MaxProbes - 1).Select(_ => TryProbeAsync(cancellationToken))];
        StoreUnavailableException? failure = null;
        await foreach (var probe in Task.WhenEach(probes).WithCancellation(cancellationToken))
        {
            failure = await probe;
            if (failure is null)
            {
                return;
            }
        }

        throw failure!;
    }

    private async Task<StoreUnavailableException?> TryProbeAsync(CancellationToken cancellationToken)
    {
        var partition = Random.Shared.Next(RedisKeys.PartitionCount);
        try
        {
            await connection.ExecuteAsync(
                db => RedisScripts.Probe.EvaluateAsync(
                    db,
                    [RedisKeys.Probe(partition)],
                    [RedisKeys.ChannelName(partition), Bytes]),
                cancellationToken);
            return null;
        }
        catch (StoreUnavailableException e)
        {
            return e;
        }
    }
}
