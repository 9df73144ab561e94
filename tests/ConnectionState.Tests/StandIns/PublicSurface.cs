using System.Reflection;
using System.Reflection.Metadata;

namespace ConnectionState.Tests.StandIns;

/// <summary>What another assembly may reach in one: its types and, on each, its methods and fields with their signatures.</summary>
internal sealed class PublicSurface
{
    private readonly Dictionary<string, (HashSet<string> Members, string? Base)> types = [];
    private readonly HashSet<string> forwarded;

    public PublicSurface(MetadataReader reader)
    {
        foreach (var handle in reader.TypeDefinitions)
        {
            types[TypeNames.Of(reader, handle)] = (MembersOf(reader, handle), BaseOf(reader, handle));
        }

        forwarded = [.. reader.ExportedTypes.Select(reader.GetExportedType).Where(type => type.IsForwarder)
            .Select(type => $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}")];
    }

    public bool HasType(string name) => types.ContainsKey(name) || forwarded.Contains(name);

    /// <summary>On the type or on a base of it in the same assembly. What a base elsewhere declares is referred to there.</summary>
    public bool HasMember(string type, string member) =>
        forwarded.Contains(type)
        || (types.TryGetValue(type, out var found)
            && (found.Members.Contains(member) || (found.Base is not null && HasMember(found.Base, member))));

    private static HashSet<string> MembersOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var methods = type.GetMethods().Select(reader.GetMethodDefinition)
            .Where(method => IsReachable(method.Attributes & MethodAttributes.MemberAccessMask))
            .Select(method => $"{reader.GetString(method.Name)}: "
                + SignatureText.Of(method.DecodeSignature(SignatureText.Instance, null)));
        var fields = type.GetFields().Select(reader.GetFieldDefinition)
            .Where(field => IsReachable((MethodAttributes)(field.Attributes & FieldAttributes.FieldAccessMask)))
            .Select(field => $"{reader.GetString(field.Name)}: {field.DecodeSignature(SignatureText.Instance, null)}");
        return [.. methods, .. fields];
    }

    // The two enumerations agree on the numbers of accessibility.
    private static bool IsReachable(MethodAttributes access) =>
        access is MethodAttributes.Public or MethodAttributes.Family or MethodAttributes.FamORAssem;

    private static string? BaseOf(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var parent = reader.GetTypeDefinition(handle).BaseType;
        return parent.IsNil ? null : parent.Kind switch
        {
            HandleKind.TypeDefinition => TypeNames.Of(reader, (TypeDefinitionHandle)parent),
            HandleKind.TypeReference => TypeNames.Of(reader, (TypeReferenceHandle)parent),
            _ => GenericDefinition(reader, (TypeSpecificationHandle)parent),
        };
    }

    private static string GenericDefinition(MetadataReader reader, TypeSpecificationHandle handle) =>
        reader.GetTypeSpecification(handle).DecodeSignature(SignatureText.Instance, null).Split('<')[0];
}
