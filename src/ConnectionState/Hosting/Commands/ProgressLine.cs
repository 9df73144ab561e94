using System.Globalization;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>A line on a terminal that shows how far a command is. Nothing is written if the output is not a terminal.</summary>
internal sealed class ProgressLine(TextWriter writer, bool isTerminal, TimeProvider time)
{
    private const int Width = 30;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly long startedAt = time.GetTimestamp();
    private long shownAt;
    private int length;

    /// <summary>How long the command has run.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(startedAt);

    /// <summary>Shows the progress, at most ten times a second.</summary>
    /// <param name="done">The part that is done, 0 to 1.</param>
    /// <param name="merchants">The number of merchants so far.</param>
    public void Show(double done, long merchants)
    {
        if (!isTerminal || (shownAt != 0 && time.GetElapsedTime(shownAt) < Interval))
        {
            return;
        }

        shownAt = time.GetTimestamp();
        var filled = (int)Math.Clamp(done * Width, 0, Width);
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"[{new string('#', filled)}{new string('.', Width - filled)}] {done,4:P0}  {merchants:N0} merchants, {Rate(merchants):N0}/s");
        writer.Write($"\r{line.PadRight(length)}");
        length = line.Length;
    }

    /// <summary>Removes the line.</summary>
    public void Clear()
    {
        if (length > 0)
        {
            writer.Write($"\r{new string(' ', length)}\r");
            length = 0;
        }
    }

    /// <summary>Returns the number of merchants per second so far.</summary>
    public double Rate(long merchants) => merchants / Math.Max(Elapsed.TotalSeconds, 0.001);
}
