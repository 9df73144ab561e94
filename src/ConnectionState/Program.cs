using ConnectionStateService.Hosting;

const int Stopped = 0;
const int CannotStart = 1;
const int InvalidCommandLine = 2;

switch (CommandLine.Parse(args))
{
    case CommandLine.ShowHelp:
        Console.WriteLine(Usage.Help);
        return Stopped;
    case CommandLine.ShowVersion:
        Console.WriteLine(Usage.Version);
        return Stopped;
    case CommandLine.Invalid invalid:
        foreach (var message in invalid.Messages)
        {
            Console.Error.WriteLine($"ConnectionState: {message}");
        }

        return InvalidCommandLine;
}

try
{
    // appsettings.json is read from beside the program; Store:Path is relative to the working directory.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    builder.Services.AddConnectionState();
    builder.Services.AddKestrelEndpoints();

    var app = builder.Build();
    app.MapConnectionState();
    await app.RunAsync();
    return Stopped;
}
catch (Exception e) when (StartupErrors.Describe(e) is { } errors)
{
    foreach (var error in errors)
    {
        Console.Error.WriteLine($"ConnectionState does not start: {error}");
    }

    return CannotStart;
}
