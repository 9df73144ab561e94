using ConnectionStateService.SystemTests;
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

    private static readonly string[] Longest = [];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
        {
            var place = Array.FindIndex(Longest, name => collection.DisplayName.EndsWith($".{name}", StringComparison.Ordinal));
            return place < 0 ? Longest.Length : place;
        });
}
