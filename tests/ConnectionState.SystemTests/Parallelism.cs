using ConnectionStateService.SystemTests;
using ConnectionStateService.SystemTests.Console;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Servers;
using ConnectionStateService.SystemTests.Stores;
using Xunit.Abstractions;

// More than twice the processors of a small machine: tests of failures wait for more than half of their time.
[assembly: CollectionBehavior(MaxParallelThreads = 5)]
[assembly: TestCollectionOrderer(LongestFirst.TypeName, LongestFirst.AssemblyName)]

namespace ConnectionStateService.SystemTests;

/// <summary>Starts the classes that take longest first, so that the short ones fill the gaps at the end.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    internal const string TypeName = $"{nameof(ConnectionStateService)}.{nameof(SystemTests)}.{nameof(LongestFirst)}";
    internal const string AssemblyName = "ConnectionState.SystemTests";

    private static readonly string[] Longest =
    [
        nameof(StoreAgreementTests), nameof(RedisOutageTests), nameof(ConsoleOfConnecting), nameof(IdleFleetTests), nameof(PackageTests),
        nameof(ConsoleOfPages), nameof(TwoServersTests), nameof(ConsoleOfBrowsers), nameof(LargeReplyTests), nameof(ReplacedFileTests), nameof(SampleTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
        {
            var place = Array.FindIndex(Longest, name => collection.DisplayName.Split(' ', '.').Contains(name));
            return place < 0 ? Longest.Length : place;
        });
}
