namespace FsCheck.Xunit;

/// <summary>Settings for all properties of a class or an assembly; each property may say otherwise.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Assembly, AllowMultiple = false)]
public sealed class PropertiesAttribute : PropertyAttribute;
