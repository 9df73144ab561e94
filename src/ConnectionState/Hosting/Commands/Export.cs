using System.Text;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Store;
using Google.Protobuf;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>
/// The command <c>export PATH</c>: writes all merchants of the store to a file (<see cref="ExportFile"/>), or to the standard output if the path is "-".
/// </summary>
internal static class Export
{
    private const int PageSize = 500;
    private const int MaxBytes = 8 * 1024 * 1024;
    private const string StandardOutput = "-";

    private static readonly IReadOnlyList<int> AllPartitions = [.. Enumerable.Range(0, Partition.Count)];

    /// <summary>Writes the file and says what it has. Merchants whose records are unreadable are named, and left out.</summary>
    /// <returns>Whether all merchants were exported.</returns>
    /// <exception cref="StoreUnusableException">The store or the file cannot be used.</exception>
    public static async Task<bool> RunAsync(IServiceProvider services, string target, TextWriter messages, bool isTerminal)
    {
        await StoreOfCommand.OpenAsync(services, mustExist: true);
        var progress = new ProgressLine(messages, isTerminal, services.GetRequiredService<TimeProvider>());
        var isFile = target != StandardOutput;
        var partial = $"{target}.part";
        if (isFile && File.Exists(target))
        {
            throw new StoreUnusableException($"The file {Path.GetFullPath(target)} exists. Export to another one.");
        }

        try
        {
            long merchants;
            List<string> unreadable;
            await using (var stream = isFile ? File.Create(partial) : Console.OpenStandardOutput())
            await using (var writer = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" })
            {
                (merchants, unreadable) = await WriteAsync(services.GetRequiredService<MerchantLists>(), writer, progress);
            }

            if (isFile)
            {
                File.Move(partial, target);
            }

            progress.Clear();
            foreach (var id in unreadable)
            {
                await messages.WriteLineAsync($"ConnectionState: the record of merchant {id} is unreadable. It is not in the export.");
            }

            await messages.WriteLineAsync($"Exported {merchants} merchants in {progress.Elapsed.TotalSeconds:0.0} s ({progress.Rate(merchants):0}/s).");
            return unreadable.Count == 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            progress.Clear();
            throw new StoreUnusableException($"The export failed: {e.Message}", e);
        }
    }

    private static async Task<(long Merchants, List<string> Unreadable)> WriteAsync(MerchantLists fleet, StreamWriter writer, ProgressLine progress)
    {
        await writer.WriteLineAsync(ExportFile.Header);
        var (merchants, unreadable) = (0L, new List<string>());
        AfterExported? after = null;
        do
        {
            var page = await fleet.ExportAsync(AllPartitions, after, PageSize, MaxBytes, CancellationToken.None);
            foreach (var (place, record) in page.Entries)
            {
                if (record is null)
                {
                    unreadable.Add(place.Id);
                    continue;
                }

                JsonFormatter.Default.Format(record.ToExport(), writer);
                await writer.WriteLineAsync();
                merchants++;
            }

            after = page.Next;
            progress.Show((after?.Partition ?? Partition.Count) / (double)Partition.Count, merchants);
        }
        while (after is not null);

        await writer.WriteLineAsync(ExportFile.Footer(merchants));
        return (merchants, unreadable);
    }
}
