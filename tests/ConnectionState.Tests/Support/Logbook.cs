using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Support;

/// <summary>A logger that keeps what it is told.</summary>
internal sealed class Logbook<T> : ILogger<T>
{
    private readonly ConcurrentQueue<string> entries = new();

    public IReadOnlyCollection<string> Entries => entries;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        entries.Enqueue($"{logLevel}: {formatter(state, exception)}");
}
