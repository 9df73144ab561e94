using System.Buffers.Binary;

namespace ConnectionStateService.Tests.Support;

/// <summary>Reads the log beside a database file, whose format is a public one (sqlite.org/fileformat2.html#walformat).</summary>
internal static class WriteAheadLog
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;

    /// <summary>How many transactions the log holds: the frames that say how large the database is after a commit.</summary>
    public static int CountCommits(string database)
    {
        // The log, unlike the database file, may be opened and closed beside SQLite: no lock of SQLite's lies on it.
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
