using ConnectionStateService.Hosting;
using ConnectionStateService.Hosting.Commands;
using ConnectionStateService.Rpc;
using Microsoft.Extensions.Options;

const int Stopped = 0;
const int CannotStart = 1;
const int InvalidCommandLine = 2;

var command = CommandLine.Parse(args);
switch (command)
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

if (command is CommandLine.Run)
{
    ApiServices.BuildDescriptorsInBackground();
}

try
{
    // appsettings.json is read from beside the program; Store:Path is relative to the working directory.
    var options = ((CommandLine.WithOptions)command).Options;
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = [.. options], ContentRootPath = AppContext.BaseDirectory });
    builder.Services.AddConnectionState();
    builder.Services.AddTelemetry(builder.Configuration);
    builder.Services.AddKestrelEndpoints();
    if (command is CommandLine.CheckConfig)
    {
        CheckConfig.Configure(builder.Services);
    }

    await using var app = builder.Build();
    switch (command)
    {
        case CommandLine.CheckConfig:
            return await CheckConfig.RunAsync(app.Services, Console.Out, Console.Error) ? Stopped : CannotStart;
        case CommandLine.Backup backup:
            await Backup.RunAsync(app.Services, backup.Path, Console.Out);
            return Stopped;
        case CommandLine.Export export:
            return await Export.RunAsync(app.Services, export.Path, Console.Error, !Console.IsErrorRedirected) ? Stopped : CannotStart;
        case CommandLine.Import import:
            return await Import.RunAsync(app.Services, import.Path, import.IsDryRun, Console.Error, !Console.IsErrorRedirected) ? Stopped : CannotStart;
    }

    // Before any service is created: one that reads invalid options would hide the errors of all others.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    app.MapConnectionState();
    await app.RunAsync();
    return Stopped;
}
catch (Exception e) when (StartupErrors.Describe(e) is { } errors)
{
    var prefix = command is CommandLine.Run ? "ConnectionState does not start" : "ConnectionState";
    foreach (var error in errors)
    {
        Console.Error.WriteLine($"{prefix}: {error}");
    }

    return CannotStart;
}
