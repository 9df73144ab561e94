namespace FsCheck.Xunit;

/// <summary>What the attributes have in common. A negative number or a null leaves the choice to the next outer one.</summary>
internal interface IPropertySettings
{
    int MaxTest { get; }

    int MaxRejected { get; }

    int StartSize { get; }

    int EndSize { get; }

    int Parallelism { get; }

    string? Replay { get; }

    bool Verbose { get; }

    bool QuietOnSuccess { get; }

    Type[] Arbitrary { get; }
}
