using System.Reflection;
using System.Runtime.CompilerServices;

namespace ConnectionState.Tests.StandIns;

/// <summary>Holds the stand-ins to what the real assemblies beside them call and override. With the real packages it holds too.</summary>
public sealed class StandInContractTests : IDisposable
{
    private static readonly string[] names =
    [
        "Grpc.Core.Api", "Grpc.Net.Common", "Grpc.AspNetCore.Web", "Stateless", "FsCheck.Xunit", "Pipelines.Sockets.Unofficial",
        "System.IO.Hashing",
    ];

    // Only what is compiled against them sees a key; the loader takes none for any.
    private static readonly string[] keyed = ["Grpc.Core.Api", "Grpc.Net.Common"];

    private readonly IReadOnlyList<AssemblyFile> files = AssemblyFile.OpenAll();

    private IEnumerable<AssemblyFile> Callers => files.Where(file => !names.Contains(file.Name) && file.References(names));

    [Fact]
    public void The_real_assemblies_are_among_those_that_are_checked()
    {
        var callers = Callers.Select(file => file.Name).ToArray();

        Assert.Contains("Grpc.AspNetCore.Server", callers);
        Assert.Contains("Grpc.Net.Client", callers);
        Assert.Contains("StackExchange.Redis", callers);
        Assert.Equal(names.Order(), files.Select(file => file.Name).Intersect(names).Order());
    }

    [Fact]
    public void Every_type_and_member_that_they_refer_to_is_there()
    {
        var standIns = files.Where(file => names.Contains(file.Name))
            .ToDictionary(file => file.Name, file => new PublicSurface(file.Reader));
        var missing = new List<string>();
        var references = 0;

        foreach (var caller in Callers)
        {
            var check = new ReferenceCheck(caller, standIns);
            missing.AddRange(check.Missing());
            references += check.Checked;
        }

        AssertNone(missing);
        Assert.InRange(references, 200, int.MaxValue);
    }

    [Fact]
    public void Every_version_and_key_that_they_ask_for_is_there()
    {
        var wrong = from caller in Callers
                    let assembly = Assembly.Load(new AssemblyName(caller.Name))
                    from wanted in assembly.GetReferencedAssemblies()
                    where names.Contains(wanted.Name)
                    let got = Assembly.Load(new AssemblyName(wanted.Name!)).GetName()
                    where got.Version < wanted.Version
                        || (keyed.Contains(wanted.Name) && !TokenOf(got).SequenceEqual(TokenOf(wanted)))
                    select $"{caller.Name} asks for {wanted}, there is {got}";

        AssertNone(wrong);
    }

    [Fact]
    public void Every_type_loads_and_every_override_finds_what_it_overrides()
    {
        var unbound = Callers.SelectMany(TypesOf).SelectMany(DeclaredMethods).Where(IsUnboundOverride)
            .Select(method => $"{method.DeclaringType} overrides {method}, which its bases lack");

        AssertNone(unbound);
    }

    [Fact]
    public void Every_method_compiles()
    {
        var broken = new List<string>();
        foreach (var method in Callers.SelectMany(TypesOf).SelectMany(DeclaredMethods).Where(HasCompilableBody))
        {
            if (Record.Exception(() => RuntimeHelpers.PrepareMethod(method.MethodHandle)) is { } exception)
            {
                broken.Add($"{method.DeclaringType}.{method.Name}: {exception.Message}");
            }
        }

        AssertNone(broken);
    }

    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }

    // Every one by name, where Assert.Empty would show the first few letters of some.
    private static void AssertNone(IEnumerable<string> faults)
    {
        var text = string.Join('\n', faults.Distinct().Order(StringComparer.Ordinal));
        Assert.True(text.Length == 0, $"The stand-ins do not fit:\n{text}");
    }

    private static byte[] TokenOf(AssemblyName name) => name.GetPublicKeyToken() ?? [];

    private static Type[] TypesOf(AssemblyFile file)
    {
        try
        {
            return Assembly.Load(new AssemblyName(file.Name)).GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            var reasons = exception.LoaderExceptions.Select(each => each?.Message).Distinct();
            throw new InvalidOperationException($"{file.Name} does not load:\n{string.Join('\n', reasons)}", exception);
        }
    }

    private static IEnumerable<MethodInfo> DeclaredMethods(Type type) => type.GetMethods(
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static);

    // Generic code is compiled per use; native methods are resolved on their own system.
    private static bool HasCompilableBody(MethodInfo method) =>
        !method.IsAbstract
        && !method.ContainsGenericParameters
        && !method.DeclaringType!.ContainsGenericParameters
        && (method.Attributes & MethodAttributes.PinvokeImpl) == 0
        && (method.MethodImplementationFlags & MethodImplAttributes.Runtime) == 0;

    // The runtime does not mind an override without a base: it makes a new method of it, which nobody calls.
    private static bool IsUnboundOverride(MethodInfo method) =>
        method.IsVirtual
        && (method.Attributes & MethodAttributes.VtableLayoutMask) == MethodAttributes.ReuseSlot
        && method.DeclaringType!.IsClass
        && method.GetBaseDefinition().DeclaringType == method.DeclaringType;
}
