using System.Reflection;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>Joins the settings of assembly, class and method; the inner one prevails.</summary>
internal static class PropertyConfig
{
    public static Config For(MethodInfo method)
    {
        var layers = Layers(method).ToArray();
        return layers.Aggregate(Start(layers), Apply).WithArbitrary(Arbitraries(layers));
    }

    // From the outermost to the innermost.
    private static IEnumerable<IPropertySettings> Layers(MethodInfo method)
    {
        var type = method.ReflectedType!;
        IPropertySettings?[] found =
        [
            type.Assembly.GetCustomAttribute<PropertiesAttribute>(),
            .. Enclosing(type).Reverse().Select(each => each.GetCustomAttribute<PropertiesAttribute>()),
            method.GetCustomAttribute<PropertyAttribute>(),
        ];
        return found.OfType<IPropertySettings>();
    }

    private static IEnumerable<Type> Enclosing(Type type)
    {
        for (var each = type; each is not null; each = each.DeclaringType)
        {
            yield return each;
        }
    }

    private static Config Start(IPropertySettings[] layers) =>
        (layers.Any(layer => layer.Verbose) ? Config.Verbose : Config.Quick).WithQuietOnSuccess(layers.Any(layer => layer.QuietOnSuccess));

    private static Config Apply(Config config, IPropertySettings layer)
    {
        config = layer.MaxTest < 0 ? config : config.WithMaxTest(layer.MaxTest);
        config = layer.MaxRejected < 0 ? config : config.WithMaxRejected(layer.MaxRejected);
        config = layer.StartSize < 0 ? config : config.WithStartSize(layer.StartSize);
        config = layer.EndSize < 0 ? config : config.WithEndSize(layer.EndSize);
        config = layer.Parallelism < 1 ? config : config.WithParallelRunConfig(Parallel(layer.Parallelism));
        return layer.Replay is null ? config : config.WithReplay(ReplayText.Parse(layer.Replay));
    }

    private static FSharpOption<ParallelRunConfig> Parallel(int degree) => FSharpOption<ParallelRunConfig>.Some(new(degree));

    private static Type[] Arbitraries(IPropertySettings[] layers) => [.. layers.Reverse().SelectMany(layer => layer.Arbitrary)];
}
