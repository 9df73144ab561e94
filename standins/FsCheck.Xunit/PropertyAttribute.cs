using Xunit;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Marks a method that must hold for all its arguments; FsCheck makes them up.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property, AllowMultiple = false)]
[XunitTestCaseDiscoverer("FsCheck.Xunit.PropertyDiscoverer", "FsCheck.Xunit")]
public class PropertyAttribute : FactAttribute, IPropertySettings
{
    /// <summary>"seed,gamma" or "seed,gamma,size", as a failure prints it: runs that case again.</summary>
    public string? Replay { get; set; }

    /// <value>How many cases must pass. The default is 100.</value>
    public int MaxTest { get; set; } = -1;

    /// <value>How many cases may be rejected by a condition. The default is 1000.</value>
    public int MaxRejected { get; set; } = -1;

    /// <value>The size of the first case. The default is 1.</value>
    public int StartSize { get; set; } = -1;

    /// <value>The size of the last case. The default is 100.</value>
    public int EndSize { get; set; } = -1;

    /// <value>How many cases run at a time. The default is one.</value>
    public int Parallelism { get; set; } = -1;

    /// <summary>Prints the arguments of every case.</summary>
    public bool Verbose { get; set; }

    /// <summary>Prints nothing when the property holds.</summary>
    public bool QuietOnSuccess { get; set; }

    /// <summary>Types whose static methods make generators. An inner attribute's types go before an outer one's.</summary>
    public Type[] Arbitrary { get; set; } = [];
}
