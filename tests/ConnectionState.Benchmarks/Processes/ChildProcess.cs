using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>A process that was started by a benchmark and is killed on dispose.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int LinesKept = 20;
    private static readonly TimeSpan HangLimit = TimeSpan.FromMinutes(1);
    private readonly Queue<string> lastLines = new();
    private readonly TaskCompletionSource<Match> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process process;

    private ChildProcess(ProcessStartInfo info, string readyPattern)
    {
        (info.RedirectStandardOutput, info.RedirectStandardError) = (true, true);
        process = new Process { StartInfo = info, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Read(line.Data, readyPattern);
        process.ErrorDataReceived += (_, line) => Read(line.Data, readyPattern);
        process.Exited += (_, _) => Fail("has exited");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    /// <summary>The working set, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts a process and waits until it has written a line that matches a pattern.</summary>
    /// <exception cref="InvalidOperationException">It has not. The message has the last lines that it has written.</exception>
    public static async Task<(ChildProcess Process, Match Ready)> StartAsync(string command, string[] arguments, string folder, string readyPattern)
    {
        var child = new ChildProcess(new ProcessStartInfo(command, arguments) { WorkingDirectory = folder }, readyPattern);
        try
        {
            return (child, await child.ready.Task.WaitAsync(HangLimit));
        }
        catch (TimeoutException)
        {
            child.Fail("is not ready");
            return (child, await child.ready.Task);
        }
    }

    /// <summary>Runs a command to its end and returns what it wrote to standard output.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<string> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} failed: {await output}{errors}");
        }

        return await output;
    }

    public Task WaitForExitAsync() => process.WaitForExitAsync();

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private void Read(string? line, string readyPattern)
    {
        if (line is null || ready.Task.IsCompletedSuccessfully)
        {
            return;
        }

        lock (lastLines)
        {
            lastLines.Enqueue(line);
            while (lastLines.Count > LinesKept)
            {
                lastLines.Dequeue();
            }
        }

        if (Regex.Match(line, readyPattern) is { Success: true } match)
        {
            ready.TrySetResult(match);
        }
    }

    private void Fail(string what)
    {
        lock (lastLines)
        {
            ready.TrySetException(new InvalidOperationException(
                $"{process.StartInfo.FileName} {what}. Its last lines:{Environment.NewLine}{string.Join(Environment.NewLine, lastLines)}"));
        }
    }
}
