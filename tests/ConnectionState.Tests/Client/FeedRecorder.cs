using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Client;

/// <summary>A handler of the feed that records what it is called with, and fails when the test says so.</summary>
internal sealed class FeedRecorder : IFeedHandler
{
    private readonly ConcurrentQueue<WatchFeedResponse.Types.Commit> commits = new();

    public Func<WatchFeedResponse.Types.Commit, int, bool> Fails { get; init; } = (_, _) => false;

    public Func<WatchFeedResponse.Types.Commit, int, bool> Skips { get; set; } = (_, _) => false;

    public ConcurrentQueue<WatchFeedResponse.Types.Commit> Commits => commits;

    public ConcurrentDictionary<string, List<int>> Failures { get; } = new();

    public ConcurrentBag<string> PageLists { get; } = [];

    public ConcurrentBag<int> Resets { get; } = [];

    /// <summary>Awaited by each commit, whatever its token says.</summary>
    public Func<WatchFeedResponse.Types.Commit, Task> Waits { get; init; } = _ => Task.CompletedTask;

    public Task UntilAsync(int count) => Eventually.TrueAsync(() => Task.FromResult(commits.Count >= count));

    public async Task OnCommitAsync(WatchFeedResponse.Types.Commit commit, CancellationToken cancellationToken)
    {
        await Waits(commit);
        var failed = Failures.GetValueOrDefault(commit.MerchantId)?.Count ?? 0;
        if (Fails(commit, failed + 1))
        {
            throw new InvalidOperationException("The handler fails.");
        }

        commits.Enqueue(commit);
    }

    public Task OnPageListAsync(string merchantId, PageList? pageList, string commitId, CancellationToken cancellationToken)
    {
        PageLists.Add(merchantId);
        return Task.CompletedTask;
    }

    public Task OnResetAsync(int partition, WatchFeedResponse.Types.Reset.Types.Reason reason, CancellationToken cancellationToken)
    {
        Resets.Add(partition);
        return Task.CompletedTask;
    }

    public bool OnFailure(WatchFeedResponse.Types.Commit commit, Exception failure, int attempts)
    {
        Failures.GetOrAdd(commit.MerchantId, _ => []).Add(attempts);
        return Skips(commit, attempts);
    }
}
