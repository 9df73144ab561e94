using System.Globalization;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>The clock of a process, held by a test: it stands still until it is set. Timers and timeouts inside the process go on.</summary>
internal sealed class FakeClock
{
    private readonly string file;

    public FakeClock(string folder, DateTimeOffset now)
    {
        file = Path.Combine(folder, "clock");
        Set(now);
    }

    /// <summary>What makes a process live by this clock.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Libraries(),
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["TZ"] = "UTC",
    };

    /// <summary>Exact to the microsecond.</summary>
    public void Set(DateTimeOffset now)
    {
        // Half a microsecond more, since fractions are rounded down on their way through floating point.
        var text = now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "5\n";
        var next = file + ".next";
        File.WriteAllText(next, text);
        // At once: the process reads the file whenever it looks at the clock.
        File.Move(next, file, overwrite: true);
    }

    /// <summary>Clears away the shared memory that a killed process leaves behind.</summary>
    public static void Forget(int process)
    {
        File.Delete($"/dev/shm/faketime_shm_{process}");
        File.Delete($"/dev/shm/sem.faketime_sem_{process}");
    }

    // The C library comes second by name, or Redis' allocator asks for the time before there is anyone to answer.
    private static string Libraries()
    {
        foreach (var folder in Directory.GetDirectories("/usr/lib"))
        {
            var fake = Path.Combine(folder, "faketime", "libfaketime.so.1");
            var real = Path.Combine("/lib", Path.GetFileName(folder), "libc.so.6");
            if (File.Exists(fake) && File.Exists(real))
            {
                return $"{fake} {real}";
            }
        }

        throw new InvalidOperationException("libfaketime is missing: sudo apt-get install -y faketime");
    }
}
