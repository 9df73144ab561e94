using ConnectionStateService.Store;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Store;

public sealed class CommitSubscribersTests
{
    private readonly FakeLogger logger = new();
    private readonly CommitSubscribers subscribers;

    public CommitSubscribersTests() => subscribers = new(logger);

    [Fact]
    public void Every_subscriber_is_notified_until_it_unsubscribes_even_if_another_one_throws()
    {
        var (first, last) = (0, 0);
        var subscription = subscribers.Add(_ => { }, () => first++);
        subscribers.Add(_ => { }, () => throw new InvalidOperationException("a bug"));
        subscribers.Add(_ => { }, () => last++);

        subscribers.NotifyMissed();
        subscription.Dispose();
        subscribers.NotifyMissed();

        Assert.Equal((1, 2), (first, last));
        Assert.Equal(2, logger.Collector.Count);
    }

    [Fact]
    public void Two_subscriptions_with_the_same_action_are_independent()
    {
        var count = 0;
        void OnCommit(string merchantId) => count++;
        var first = subscribers.Add(OnCommit, () => { });
        using var second = subscribers.Add(OnCommit, () => { });

        first.Dispose();
        first.Dispose();
        subscribers.Notify("merchant-1");

        Assert.Equal(1, count);
    }
}
