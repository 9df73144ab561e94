using System.Net.Sockets;
using ConnectionStateService.Hosting;
using ConnectionStateService.Store;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

if (args is ["--help" or "-h" or "-?"])
{
    Console.WriteLine("""
        ConnectionState serves merchants' connections to Facebook Fanpages and Zalo Official Accounts by gRPC.

          --Listen:Address=127.0.0.1  --Listen:GrpcPort=5081  --Listen:HttpPort=5080
          --Store:Path=data/connectionstate.db
          --Store:Kind=Redis  --Store:Redis:Configuration=127.0.0.1:6379

        docs/options.md has all options; each can also be set in the environment (Store__Path=...).
        """);
    return 0;
}

try
{
    // The settings lie beside the program; the store's path counts from where it was started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Services.AddConnectionState();
    builder.Services.AddKestrelEndpoints();

    var app = builder.Build();
    app.MapConnectionState();
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException e)
{
    return Refuse(e.Failures);
}
catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
{
    return Refuse(e.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures));
}
catch (StoreRefusedException e)
{
    return Refuse([e.Message]);
}
catch (InvalidOperationException e) when (e.Source == "Microsoft.Extensions.Configuration.Binder")
{
    return Refuse([e.Message]);
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    return Refuse([$"{e.Message} Choose other ports with --Listen:GrpcPort and --Listen:HttpPort."]);
}
catch (SocketException e)
{
    return Refuse([$"It cannot listen: {e.Message}. Choose another address with --Listen:Address, or other ports."]);
}

static int Refuse(IEnumerable<string> reasons)
{
    foreach (var reason in reasons)
    {
        Console.Error.WriteLine($"ConnectionState does not start: {reason}");
    }

    return 1;
}
