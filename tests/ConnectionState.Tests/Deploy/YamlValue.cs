using ConnectionStateService.Tests.Support;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace ConnectionStateService.Tests.Deploy;

/// <summary>A value in a YAML file of <c>deploy</c>.</summary>
internal sealed record YamlValue(object? Value)
{
    public string Text => Assert.IsType<string>(Value);

    public int Number => int.Parse(Text, System.Globalization.CultureInfo.InvariantCulture);

    public IReadOnlyList<YamlValue> Items => [.. Assert.IsType<IEnumerable<object>>(Value, exactMatch: false).Select(item => new YamlValue(item))];

    public IReadOnlyDictionary<string, YamlValue> Entries => Mapping.ToDictionary(pair => (string)pair.Key, pair => new YamlValue(pair.Value));

    private IDictionary<object, object?> Mapping => Assert.IsType<IDictionary<object, object?>>(Value, exactMatch: false);

    /// <summary>The value under a path of names and indices, such as <c>spec.ports.0.name</c>.</summary>
    public YamlValue this[string path] => path.Split('.').Aggregate(this, (value, step) =>
        int.TryParse(step, out var index) ? value.Items[index]
        : value.Mapping.TryGetValue(step, out var found) ? new YamlValue(found)
        : throw new KeyNotFoundException($"There is no {step} in {path}."));

    /// <summary>Whether a mapping has a name.</summary>
    public bool Has(string name) => Mapping.ContainsKey(name);

    /// <summary>Reads all documents of a file.</summary>
    public static IReadOnlyList<YamlValue> ReadAll(string path)
    {
        using var text = new StringReader(Repository.Read(path));
        var parser = new MergingParser(new Parser(text));
        var deserializer = new DeserializerBuilder().Build();
        var documents = new List<YamlValue>();
        parser.Consume<YamlDotNet.Core.Events.StreamStart>();
        while (parser.Accept<YamlDotNet.Core.Events.DocumentStart>(out _))
        {
            documents.Add(new YamlValue(deserializer.Deserialize<object>(parser)));
        }

        return documents;
    }
}
