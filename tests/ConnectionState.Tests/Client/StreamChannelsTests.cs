using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Net.Client;

namespace ConnectionStateService.Tests.Client;

public sealed class StreamChannelsTests
{
    private readonly List<OpenHandler> handlers = [];

    [Fact]
    public void Streams_share_one_channel_and_leave_it_open()
    {
        using var channels = NewChannels();
        channels.Take().Dispose();
        channels.Take().Dispose();

        Assert.False(Assert.Single(handlers).IsClosed);
    }

    [Fact]
    public void A_retired_channel_closes_with_its_last_stream()
    {
        using var channels = NewChannels();
        var silent = channels.Take();
        var healthy = channels.Take();
        silent.Retire();
        silent.Dispose();
        using var next = channels.Take();

        Assert.Equal([false, false], handlers.Select(h => h.IsClosed));
        healthy.Dispose();
        Assert.Equal([true, false], handlers.Select(h => h.IsClosed));
    }

    [Fact]
    public void A_channel_that_another_stream_has_retired_already_is_retired_once()
    {
        using var channels = NewChannels();
        var first = channels.Take();
        var second = channels.Take();
        first.Retire();
        using var next = channels.Take();
        second.Retire();
        using var after = channels.Take();

        Assert.Equal(2, handlers.Count);
    }

    [Fact]
    public void Closing_closes_the_retired_ones_too()
    {
        var channels = NewChannels();
        channels.Take().Retire();
        channels.Take();

        channels.Dispose();

        Assert.Equal([true, true], handlers.Select(h => h.IsClosed));
        Assert.Throws<ObjectDisposedException>(() => channels.Take());
    }

    [Fact]
    public async Task A_stream_that_cannot_be_opened_leaves_no_trace()
    {
        var watcher = new PageListWatcher(
            new StreamChannels(() => NewChannel(), _ => throw new FormatException("no client")), new(), TimeProvider.System);
        Assert.Throws<ArgumentException>(() => watcher.WatchAsync(""));
        Assert.Throws<ArgumentNullException>(() => watcher.WatchAsync(null!));

        await using var updates = watcher.WatchAsync("m").GetAsyncEnumerator();
        await Assert.ThrowsAsync<FormatException>(async () => await updates.MoveNextAsync().AsTask().WaitAsync(Eventually.Patience));
    }

    private StreamChannels NewChannels() => new(NewChannel, channel => new(channel));

    private GrpcChannel NewChannel()
    {
        handlers.Add(new OpenHandler());
        return GrpcChannel.ForAddress("http://127.0.0.1:1", new() { HttpHandler = handlers[^1], DisposeHttpClient = true });
    }

    private sealed class OpenHandler : HttpMessageHandler
    {
        public bool IsClosed { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }
}
