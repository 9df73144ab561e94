using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Rpc;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Rpc.Validation;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Hosting.Commands;

/// <summary>
/// The command <c>import PATH</c>: stores the merchants of an export that are not in the store yet. It can be repeated, and on Redis it can run while the
/// service does.
/// </summary>
internal static class Import
{
    private const int BatchSize = 512;
    private const int NamedFailures = 20;

    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    /// <summary>Imports the file and says what became of its merchants.</summary>
    /// <returns>Whether each merchant is in the store.</returns>
    /// <exception cref="StoreUnusableException">The store or the file cannot be used.</exception>
    public static async Task<bool> RunAsync(IServiceProvider services, string source, bool isDryRun, TextWriter messages, bool isTerminal)
    {
        await StoreOfCommand.OpenAsync(services, mustExist: false);
        var run = new Run(services.GetRequiredService<MerchantImporter>(), services.GetRequiredService<IStoreClock>(), Path.GetFileName(source), isDryRun, messages);
        var progress = new ProgressLine(messages, isTerminal, services.GetRequiredService<TimeProvider>());
        try
        {
            await run.ReadAsync(source, progress);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException($"The file {source} cannot be read: {e.Message}", e);
        }
        finally
        {
            progress.Clear();
        }

        await run.ReportAsync(progress);
        return run.Failed == 0;
    }

    private sealed class Run(MerchantImporter importer, IStoreClock clock, string source, bool isDryRun, TextWriter messages)
    {
        private static readonly Origin Origin = new("connectionstate:import");

        private long imported;
        private long present;

        public long Failed { get; private set; }

        private long Count => imported + present + Failed;

        public async Task ReadAsync(string path, ProgressLine progress)
        {
            await using var file = File.OpenRead(path);
            using var reader = new StreamReader(file);
            if (await reader.ReadLineAsync() != ExportFile.Header)
            {
                throw new StoreUnusableException($"The file {path} does not begin with the line of an export: {ExportFile.Header}");
            }

            var (batch, number) = (new List<(long Line, string Text)>(BatchSize), 1L);
            long? expected = null;
            while (await reader.ReadLineAsync() is { } line)
            {
                number++;
                if (expected is not null)
                {
                    throw new StoreUnusableException($"The file {path} goes on after its last line, {number - 1}.");
                }

                expected = ExportFile.ReadFooter(line);
                if (expected is null)
                {
                    batch.Add((number, line));
                }

                if (batch.Count == BatchSize)
                {
                    await ImportAsync(batch);
                    progress.Show(file.Position / (double)file.Length, Count);
                }
            }

            await ImportAsync(batch);
            if (expected != Count)
            {
                throw new StoreUnusableException(expected is null
                    ? $"The file {path} was cut off: its last line is missing. {Count} merchants before it were processed."
                    : $"The file {path} has {Count} merchants; its last line says {expected}.");
            }
        }

        public async Task ReportAsync(ProgressLine progress)
        {
            if (Failed > NamedFailures)
            {
                await messages.WriteLineAsync($"ConnectionState: {Failed - NamedFailures} more could not be imported.");
            }

            await messages.WriteLineAsync(
                $"{(isDryRun ? "Would import" : "Imported")} {imported} merchants in {progress.Elapsed.TotalSeconds:0.0} s ({progress.Rate(Count):0}/s); "
                + $"{present} were in the store already, {Failed} failed.");
        }

        private async Task ImportAsync(List<(long Line, string Text)> batch)
        {
            var outcomes = await FanOut.RunAsync(batch, ImportAsync, CancellationToken.None);
            foreach (var ((line, _), (result, problem)) in batch.Zip(outcomes))
            {
                (imported, present) = (imported + (result is ImportResult.Imported ? 1 : 0), present + (result is ImportResult.Present ? 1 : 0));
                if (result is ImportResult.Failed && ++Failed <= NamedFailures)
                {
                    await messages.WriteLineAsync($"ConnectionState: line {line}: {problem}");
                }
            }

            batch.Clear();
        }

        private async Task<(ImportResult Result, string Problem)> ImportAsync((long Line, string Text) item, CancellationToken cancellationToken)
        {
            ExportedMerchant merchant;
            try
            {
                merchant = Parser.Parse<ExportedMerchant>(item.Text);
            }
            catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
            {
                return (ImportResult.Failed, e.Message);
            }

            if (ImportValidator.Validate(merchant, await clock.GetTimeAsync(cancellationToken)) is { IsEmpty: false } problems)
            {
                return (ImportResult.Failed, $"{merchant.MerchantId}: {string.Join("; ", problems.Select(problem => $"{problem.Field} {problem.Description}"))}");
            }

            var outcome = await importer.ImportAsync(new Command.Import(Origin, merchant.ToCore(), IfRevision: 0, source), isDryRun, cancellationToken);
            return (outcome.Result, $"{merchant.MerchantId}: {RpcErrors.ToWireName(outcome.ToProto(merchant.MerchantId).Reason)}");
        }
    }
}
