using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace ConnectionState.Tests.StandIns;

/// <summary>Connecting, and the threads that the Redis client's work is done on.</summary>
public class SocketOperationTests
{
    [Fact]
    public async Task A_connect_that_takes_too_long_is_given_up()
    {
        using var operation = new SocketAwaitableEventArgs(PipeScheduler.ThreadPool);
        var waiting = AwaitAsync(operation);
        Assert.False(waiting.IsCompleted);

        operation.Abort(SocketError.TimedOut);

        var exception = await Assert.ThrowsAsync<SocketException>(() => waiting.WaitAsync(SocketPair.Patience));
        Assert.Equal(SocketError.TimedOut, exception.SocketErrorCode);
    }

    [Fact]
    public async Task A_connect_that_is_done_can_be_awaited()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using var operation = new SocketAwaitableEventArgs(PipeScheduler.ThreadPool) { RemoteEndPoint = listener.LocalEndpoint };

        if (!socket.ConnectAsync(operation))
        {
            operation.Complete();
        }

        await AwaitAsync(operation).WaitAsync(SocketPair.Patience);
        Assert.True(socket.Connected);
    }

    [Fact]
    public async Task Work_is_done_though_there_are_more_pieces_than_workers()
    {
        using var scheduler = new DedicatedThreadPoolPipeScheduler("test", workerCount: 2, useThreadPoolQueueLength: 3);
        using var held = new ManualResetEventSlim();
        var left = 20;
        var all = new TaskCompletionSource();

        for (var i = 0; i < 20; i++)
        {
            scheduler.Schedule(_ => Count(), null);
        }

        held.Set();
        await all.Task.WaitAsync(SocketPair.Patience);

        Assert.InRange(scheduler.TotalServicedByPool, 1, 20);
        Assert.Equal(2, scheduler.WorkerCount);

        void Count()
        {
            held.Wait();
            if (Interlocked.Decrement(ref left) == 0)
            {
                all.SetResult();
            }
        }
    }

    private static async Task<int> AwaitAsync(SocketAwaitableEventArgs operation) => await operation;
}
