using System.Buffers.Binary;

namespace ConnectionStateService.Tests.Support;

/// <summary>Reads the write-ahead log of a database (sqlite.org/fileformat2.html#walformat).</summary>
internal static class WriteAheadLog
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;

    /// <summary>Counts the committed transactions: a frame that ends one has the size of the database in its header.</summary>
    public static int CountCommits(string database)
    {
        // Unlike the database file, the log can be opened and closed here: closing a file releases this process's locks on it.
        var log = File.ReadAllBytes(database + "-wal").AsSpan();
        if (log.Length < HeaderLength)
        {
            return 0;
        }

        var frameLength = FrameHeaderLength + (int)BinaryPrimitives.ReadUInt32BigEndian(log[8..]);
        var salt = log[16..24];
        var commits = 0;
        for (var at = HeaderLength; at + frameLength <= log.Length && log[(at + 8)..(at + 16)].SequenceEqual(salt); at += frameLength)
        {
            commits += BinaryPrimitives.ReadUInt32BigEndian(log[(at + 4)..]) == 0 ? 0 : 1;
        }

        return commits;
    }
}
