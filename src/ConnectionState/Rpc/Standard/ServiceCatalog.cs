using System.Collections.Immutable;
using Google.Protobuf.Reflection;

namespace ConnectionStateService.Rpc.Standard;

/// <summary>What the server offers: its services, and the files that describe them.</summary>
internal sealed class ServiceCatalog
{
    private static readonly ImmutableArray<FileDescriptor> Roots =
    [
        V1.ConnectServiceReflection.Descriptor,
        V1.PageServiceReflection.Descriptor,
        V1.SignalServiceReflection.Descriptor,
        V1.PlanServiceReflection.Descriptor,
        V1.WatchServiceReflection.Descriptor,
        V1.ErrorsReflection.Descriptor,
        HealthReflection.Descriptor,
        ReflectionReflection.Descriptor,
    ];

    private readonly ImmutableDictionary<string, FileDescriptor> files =
        Roots.SelectMany(WithImports).DistinctBy(f => f.Name).ToImmutableDictionary(f => f.Name);

    /// <summary>The full names of the services.</summary>
    public ImmutableSortedSet<string> Names { get; } = [.. Roots.SelectMany(f => f.Services).Select(s => s.FullName)];

    /// <summary>A file and all that it imports; none: there is no such file.</summary>
    public IEnumerable<FileDescriptor>? FindFile(string name) =>
        files.TryGetValue(name, out var file) ? WithImports(file).DistinctBy(f => f.Name) : null;

    /// <summary>The file that declares a symbol, and all that it imports; none: there is no such symbol.</summary>
    public IEnumerable<FileDescriptor>? FindSymbol(string symbol) =>
        files.Values.FirstOrDefault(f => Declares(f, symbol)) is { } file ? FindFile(file.Name) : null;

    private static IEnumerable<FileDescriptor> WithImports(FileDescriptor file) =>
        file.Dependencies.SelectMany(WithImports).Prepend(file);

    private static bool Declares(FileDescriptor file, string symbol) =>
        file.Services.Any(s => s.FullName == symbol || s.Methods.Any(m => m.FullName == symbol))
        || file.EnumTypes.Any(e => e.FullName == symbol)
        || file.MessageTypes.Any(m => Declares(m, symbol));

    private static bool Declares(MessageDescriptor message, string symbol) =>
        message.FullName == symbol
        || message.Fields.InDeclarationOrder().Any(f => f.FullName == symbol)
        || message.EnumTypes.Any(e => e.FullName == symbol)
        || message.NestedTypes.Any(m => Declares(m, symbol));
}
