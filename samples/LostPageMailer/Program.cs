using ConnectionStateService.Client;
using ConnectionStateService.Samples.LostPageMailer;
using ConnectionStateService.V1;

// Usage: LostPageMailer [address] [instance]
var address = args.ElementAtOrDefault(0) ?? "http://127.0.0.1:5081";
using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

using var client = new ConnectionStateClient(new() { Address = new(address), ApiKey = Environment.GetEnvironmentVariable("CONNECTIONSTATE_KEY") });
var processor = new FeedProcessor(client, "lost-page-mailer", new Mailer(Console.Out), new()
{
    Instance = args.ElementAtOrDefault(1) ?? $"{Environment.MachineName}-{Environment.ProcessId}",
    Filter = new()
    {
        States = { Connection.Types.State.Expired, Connection.Types.State.Revoked, Connection.Types.State.Deleted, Connection.Types.State.Disconnected },
    },
});

Console.WriteLine($"Mails about lost pages, from {address}. Ctrl+C stops.");
await processor.RunAsync(stopping.Token);
