namespace Stateless.Reflection;

/// <summary>How a guard is named: its description, or its method, or "Function" for a lambda.</summary>
public class InvocationInfo
{
    private readonly string? description;

    internal InvocationInfo(string methodName, string? description)
    {
        MethodName = methodName;
        this.description = description;
    }

    public static string DefaultFunctionDescription { get; set; } = "Function";

    public string MethodName { get; }

    public string Description =>
        description ?? (MethodName.AsSpan().ContainsAny('<', '>', '`') ? DefaultFunctionDescription : MethodName);
}
