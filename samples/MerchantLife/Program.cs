using System.ComponentModel.DataAnnotations;
using System.Globalization;
using ConnectionStateService.Client;
using MerchantLife;

// Usage: MerchantLife [--address http://127.0.0.1:5081] [--lang en|vi] [--watch]
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

Dictionary<string, Texts> languages = new() { ["en"] = Texts.English, ["vi"] = Texts.Vietnamese };
if (!languages.TryGetValue(Option("--lang") ?? "en", out var texts))
{
    Console.Error.WriteLine($"--lang {Option("--lang")}: there are {string.Join(" and ", languages.Keys)}.");
    return 2;
}

if (args is ["--help" or "-h"])
{
    Console.WriteLine("""
        usage: MerchantLife [--address http://127.0.0.1:5081] [--lang en|vi] [--watch]

          --watch  shows beside the calls what a stream of the merchant's page list says: lines with ~ and the revision
        """);
    return 0;
}

// New merchants at every run, so that the story always begins at the beginning.
var run = DateTime.UtcNow.Ticks.ToString("x", CultureInfo.InvariantCulture);
try
{
    using var client = new ConnectionStateClient(new()
    {
        Address = new Uri(Option("--address") ?? "http://127.0.0.1:5081"),
        Actor = "merchant-life",
    });
    var screen = new Screen(texts, Console.Out);
    await using var stream = args.Contains("--watch") ? new MerchantLife.Stream(client, screen, $"shop-{run}") : null;
    await new Story(client, screen, $"shop-{run}", $"other-shop-{run}", stream).PlayAsync();
    return 0;
}
catch (ConnectionStateException e)
{
    Console.Error.WriteLine($"{e.StatusCode} {e.Reason}: {e.Message}");
    return 1;
}
catch (Exception e) when (e is ValidationException or UriFormatException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
