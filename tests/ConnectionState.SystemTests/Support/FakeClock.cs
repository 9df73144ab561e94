using System.Globalization;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>The wall clock of a child process (libfaketime). It stands still until the test sets it; timers and timeouts use real time.</summary>
internal sealed class FakeClock
{
    private readonly string file;

    public FakeClock(string folder, DateTimeOffset now)
    {
        file = Path.Combine(folder, "clock");
        Set(now);
    }

    /// <summary>The environment variables that make a process use this clock.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["LD_PRELOAD"] = Libraries(),
        ["FAKETIME_TIMESTAMP_FILE"] = file,
        ["FAKETIME_NO_CACHE"] = "1",
        ["DONT_FAKE_MONOTONIC"] = "1",
        ["TZ"] = "UTC",
    };

    /// <summary>Sets the clock, exact to the microsecond.</summary>
    public void Set(DateTimeOffset now)
    {
        // Plus half a microsecond: libfaketime parses the fraction as floating point and rounds down.
        var text = now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "5\n";
        var next = file + ".next";
        File.WriteAllText(next, text);
        // Atomic: the process reads the file every time it reads the clock.
        File.Move(next, file, overwrite: true);
    }

    /// <summary>Removes the shared memory that a killed process leaves behind.</summary>
    public static void RemoveSharedMemory(int process)
    {
        File.Delete($"/dev/shm/faketime_shm_{process}");
        File.Delete($"/dev/shm/sem.faketime_sem_{process}");
    }

    // The library for several threads. The other one keeps what it reads from the file in a static buffer, which it sets to the real time first:
    // a thread that reads the clock at the same moment gets the real time (wolfcw/libfaketime, pull request 547).
    // libc must be preloaded too: Redis' allocator reads the clock before libfaketime is initialized.
    private static string Libraries()
    {
        foreach (var folder in Directory.GetDirectories("/usr/lib"))
        {
            var fake = Path.Combine(folder, "faketime", "libfaketimeMT.so.1");
            var real = Path.Combine("/lib", Path.GetFileName(folder), "libc.so.6");
            if (File.Exists(fake) && File.Exists(real))
            {
                return $"{fake} {real}";
            }
        }

        throw new InvalidOperationException("libfaketime is missing: sudo apt-get install -y faketime");
    }
}
