using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A process that a test starts; disposing kills it.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    // Ends a test that would hang.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();
    private readonly TaskCompletionSource<string> announcement = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ChildProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => Text(output);

    public string Errors => Text(errors);

    public int Id => process.Id;

    public bool HasEnded => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Working set in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>The time for which its threads have used processors, all together.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>The configuration that the tests were built with: Debug or Release.</summary>
    public static string Configuration => AppContext.BaseDirectory.TrimEnd('/').Split('/')[^2];

    /// <summary>Starts a program of this repository from its build output.</summary>
    public static ChildProcess StartBuilt(string project, string workingDirectory, params string[] arguments) =>
        Start("dotnet", workingDirectory, [Built(project), .. arguments]);

    /// <summary>Path of the built assembly of a project.</summary>
    public static string Built(string project) =>
        Path.Combine(Repository.PathOf(project), "bin", Configuration, "net10.0", $"{Path.GetFileName(project)}.dll");

    /// <summary>Starts a program with the environment of this process and the given variables.</summary>
    public static ChildProcess Start(
        string program,
        string workingDirectory,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(Process.Start(start)!);
    }

    /// <summary>Waits for the line by which the server says that it is ready. Log entries may come before it.</summary>
    /// <exception cref="InvalidOperationException">The process ended without it; the message has its output and errors.</exception>
    public async Task<string> AnnouncementAsync()
    {
        var first = await Task.WhenAny(announcement.Task, process.WaitForExitAsync()).WaitAsync(Hang);
        return first == announcement.Task
            ? await announcement.Task
            : throw new InvalidOperationException($"The process ended with {ExitCode}: {Output}{Errors}");
    }

    public Task WaitForExitAsync() => process.WaitForExitAsync().WaitAsync(Hang);

    /// <summary>Sends SIGKILL and waits for the end.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM and waits for the end.</summary>
    public Task TerminateAsync()
    {
        Assert.Equal(0, Signal(process.Id, SigTerm));
        return WaitForExitAsync();
    }

    /// <summary>Sends SIGSTOP and waits until the process is stopped.</summary>
    public async Task FreezeAsync()
    {
        Assert.Equal(0, Signal(process.Id, SigStop));
        while (!(await File.ReadAllTextAsync($"/proc/{process.Id}/status")).Contains("State:\tT", StringComparison.Ordinal))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Sends SIGCONT.</summary>
    public void Thaw() => Assert.Equal(0, Signal(process.Id, SigCont));

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Signal(int process, int signal);

    private static string Text(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    private void Keep(StringBuilder text, string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (text)
        {
            text.AppendLine(line);
        }

        if (text == output && line.Contains("serves gRPC", StringComparison.Ordinal))
        {
            announcement.TrySetResult(line);
        }
    }
}
