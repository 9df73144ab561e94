using Xunit.Abstractions;

namespace ConnectionStateService.Tests.Support;

/// <summary>Starts the classes that take longest first, so that the short ones fill the gaps at the end.</summary>
/// <param name="longest">The names of these classes, or of their collections, the longest first.</param>
public abstract class LongestFirst(params string[] longest) : ITestCollectionOrderer
{
    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
        {
            var place = Array.FindIndex(longest, name => collection.DisplayName.Split(' ', '.').Contains(name));
            return place < 0 ? longest.Length : place;
        });
}
