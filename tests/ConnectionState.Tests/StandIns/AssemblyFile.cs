using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace ConnectionState.Tests.StandIns;

/// <summary>An assembly beside the tests, opened for its metadata only.</summary>
internal sealed class AssemblyFile : IDisposable
{
    private readonly PEReader file;

    private AssemblyFile(PEReader file)
    {
        this.file = file;
        Reader = file.GetMetadataReader();
        Name = Reader.GetString(Reader.GetAssemblyDefinition().Name);
    }

    public MetadataReader Reader { get; }

    public string Name { get; }

    /// <summary>Every managed assembly in the tests' output.</summary>
    public static IReadOnlyList<AssemblyFile> OpenAll() =>
        [.. Directory.GetFiles(AppContext.BaseDirectory, "*.dll").Select(Open).OfType<AssemblyFile>()];

    public bool References(IReadOnlyCollection<string> names) => Reader.AssemblyReferences
        .Any(handle => names.Contains(Reader.GetString(Reader.GetAssemblyReference(handle).Name)));

    public void Dispose() => file.Dispose();

    private static AssemblyFile? Open(string path)
    {
        var file = new PEReader(File.OpenRead(path));
        if (file.HasMetadata && file.GetMetadataReader().IsAssembly)
        {
            return new(file);
        }

        file.Dispose();
        return null;
    }
}
