using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Watch;

/// <summary>Options of the streams of WatchPageLists, of many merchants each. Configuration section <c>WatchLists</c>. They have the checkpoints, the
/// reconciliation and the lifetime of section <c>Watch</c>.</summary>
public sealed class WatchListsOptions
{
    /// <summary>The maximum number of open streams in this process.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int Streams { get; set; } = 64;

    /// <summary>The maximum number of merchants of a stream. An idle one takes about 1 KiB of memory.</summary>
    /// <value>1 to 1,000,000. The default is 100,000.</value>
    [Range(1, 1_000_000)]
    public int MerchantsPerStream { get; set; } = 100_000;

    /// <summary>The maximum number of changes that are buffered for a slow reader, of all merchants of a stream. When there are more, merchants are read
    /// again when the reader gets to them. Those of one merchant are bounded by <c>Watch:BufferedChanges</c>.</summary>
    /// <value>1 to 100,000. The default is 4,096.</value>
    [Range(1, 100_000)]
    public int BufferedChanges { get; set; } = 4_096;

    /// <summary>The maximum number of merchants of a stream that wait for their first message. Their reads are on their way to the store together.</summary>
    /// <value>1 to 10,000. The default is 256.</value>
    [Range(1, 10_000)]
    public int Starting { get; set; } = 256;
}
