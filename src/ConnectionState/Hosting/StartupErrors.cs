using System.Net.Sockets;
using ConnectionStateService.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>Turns exceptions that an operator can do something about into one line each.</summary>
internal static class StartupErrors
{
    /// <summary>Returns what is wrong, one line for each error, or null if the exception is an internal error.</summary>
    public static IReadOnlyList<string>? Describe(Exception exception) => exception switch
    {
        OptionsValidationException e => [.. e.Failures],
        AggregateException e when e.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            [.. e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures).Distinct()],
        StoreUnusableException e => [e.Message],

        // A section of ASP.NET.
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } e => [e.Message],
        InvalidOperationException { Source: "Microsoft.Extensions.Logging.Configuration" or "Microsoft.Extensions.Logging" } e =>
            [$"{e.Message} (section Logging)"],

        // appsettings.json is not JSON.
        InvalidDataException e => [$"{e.Message} {e.InnerException?.Message}".TrimEnd()],
        IOException { InnerException: AddressInUseException } e =>
            [$"{e.Message} Choose other ports with --Listen:GrpcPort and --Listen:HttpPort."],
        SocketException e => [$"Cannot listen: {e.Message}. Choose another address with --Listen:Address, or other ports."],
        _ => null,
    };
}
