using System.Reflection;

namespace ConnectionStateService.Hosting;

/// <summary>What <c>--help</c> and <c>--version</c> print.</summary>
internal static class Usage
{
    /// <summary>The version of the service, such as <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(Usage).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The text that <c>--help</c> prints.</summary>
    public static string Help { get; } = $"""
        ConnectionState {Version}: serves merchants' connections to Facebook Pages and Zalo Official Accounts over gRPC.

        Usage: ConnectionState [--SECTION:OPTION=VALUE]...              start the service
               ConnectionState --check-config [--SECTION:OPTION=VALUE]...
               ConnectionState backup PATH [--SECTION:OPTION=VALUE]...
               ConnectionState export PATH [--SECTION:OPTION=VALUE]...
               ConnectionState import PATH [--dry-run] [--SECTION:OPTION=VALUE]...

          --check-config   name every error in the configuration, ask the store whether it answers, and exit
          backup PATH      copy the embedded store to a file, also while the service runs, and exit
          export PATH      write all merchants of the store to a file of JSON lines ("-": standard output), and exit
          import PATH      store the merchants of an export that are not in the store yet, and exit; --dry-run only says what it would do
          --help           print this text
          --version        print the version

        The most common options, with their defaults:
          --Listen:Address=127.0.0.1               IP address to listen on
          --Listen:GrpcPort=5081                   port for gRPC (HTTP/2)
          --Listen:HttpPort=5080                   port for gRPC-Web, the console and health checks (HTTP/1.1)
          --Store:Path=data/connectionstate.db     file of the embedded store
          --Store:Kind=Embedded                    Embedded, or Redis to share one store between several processes
          --Store:Redis:Configuration=127.0.0.1:6379

        Sections: {string.Join(", ", ConnectionStateServiceCollectionExtensions.SectionNames)}. docs/options.md lists all options.
        An option can also be set as an environment variable (Store__Path=...) or in appsettings.json beside the program.

        With TLS: --Kestrel:Endpoints:Grpc:Url=https://0.0.0.0:5081, --Kestrel:Certificates:Default:Path=...; docs/tls.md has all of it.

        Exit codes: 0 stopped on request, or the command succeeded; 1 could not start, or the command failed (configuration, store or port);
        2 invalid command line.
        Documentation: docs/options.md and docs/operations.md in the source repository.
        """;
}
