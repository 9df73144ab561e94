using ConnectionStateService.SystemTests;
using ConnectionStateService.SystemTests.Console;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Servers;
using ConnectionStateService.SystemTests.Stores;
using ConnectionStateService.Tests.Support;

// More than twice the processors of a small machine: tests of failures wait for more than half of their time.
[assembly: CollectionBehavior(MaxParallelThreads = 5)]
[assembly: TestCollectionOrderer(LongestSystemTests.TypeName, LongestSystemTests.AssemblyName)]

namespace ConnectionStateService.SystemTests;

/// <inheritdoc/>
public sealed class LongestSystemTests() : LongestFirst(
    nameof(StoreAgreementTests),
    nameof(RedisOutageTests),
    nameof(ConsoleOfConnecting),
    nameof(IdleFleetTests),
    nameof(PackageTests),
    nameof(ConsoleOfPages),
    nameof(TwoServersTests),
    nameof(ConsoleOfBrowsers),
    nameof(LargeReplyTests),
    nameof(ReplacedFileTests),
    nameof(SampleTests))
{
    internal const string TypeName = $"{nameof(ConnectionStateService)}.{nameof(SystemTests)}.{nameof(LongestSystemTests)}";
    internal const string AssemblyName = "ConnectionState.SystemTests";
}
