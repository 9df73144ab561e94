using System.Globalization;
using ConnectionStateService.Client;
using Grpc.Core;
using MerchantLife;
using Microsoft.Extensions.Options;

// Usage: MerchantLife [--address http://127.0.0.1:5081] [--lang en|vi] [--watch]
string? Option(string name) => Array.IndexOf(args, name) is var at and >= 0 && at + 1 < args.Length ? args[at + 1] : null;

Dictionary<string, Texts> languages = new() { ["en"] = Texts.English, ["vi"] = Texts.Vietnamese };
if (!languages.TryGetValue(Option("--lang") ?? "en", out var texts))
{
    Console.Error.WriteLine($"--lang {Option("--lang")}: choose {string.Join(" or ", languages.Keys)}.");
    return 2;
}

if (args is ["--help" or "-h"])
{
    Console.WriteLine("""
        usage: MerchantLife [--address http://127.0.0.1:5081] [--lang en|vi] [--watch]

          --watch  also prints the changes that a watch of the merchant's page list receives: lines with ~ and the revision

        If the server wants a key, set the environment variable ConnectionState__ApiKey.
        """);
    return 0;
}

// New merchants for every run, so that each starts with an empty page list.
var run = DateTime.UtcNow.Ticks.ToString("x", CultureInfo.InvariantCulture);
try
{
    using var client = new ConnectionStateClient(new()
    {
        Address = new Uri(Option("--address") ?? "http://127.0.0.1:5081"),
        Actor = "merchant-life",

        // An argument would be visible to other users of the machine.
        ApiKey = Environment.GetEnvironmentVariable("ConnectionState__ApiKey"),
    });
    var screen = new Screen(texts, Console.Out);
    await using var cache = new PageListCache(client);
    await using var reporter = new PageReporter(client, cache);
    await using var stream = args.Contains("--watch") ? new MerchantLife.Stream(client, screen, $"shop-{run}") : null;
    await new Story(client, cache, reporter, screen, $"shop-{run}", $"other-shop-{run}", stream).RunAsync();
    return 0;
}
catch (RpcException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (Exception e) when (e is OptionsValidationException or UriFormatException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
