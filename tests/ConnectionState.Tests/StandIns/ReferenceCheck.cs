using System.Reflection.Metadata;

namespace ConnectionState.Tests.StandIns;

/// <summary>Finds the references of one assembly into the stand-ins that lead nowhere.</summary>
internal sealed class ReferenceCheck(AssemblyFile from, IReadOnlyDictionary<string, PublicSurface> standIns)
{
    private readonly MetadataReader reader = from.Reader;

    public int Checked { get; private set; }

    public IReadOnlyList<string> Missing() => [.. MissingTypes(), .. MissingMembers()];

    private IEnumerable<string> MissingTypes()
    {
        foreach (var handle in reader.TypeReferences)
        {
            if (SurfaceOf(handle) is { } surface)
            {
                Checked++;
                if (!surface.HasType(TypeNames.Of(reader, handle)))
                {
                    yield return $"{from.Name} -> type {TypeNames.Of(reader, handle)}";
                }
            }
        }
    }

    // A call of a generic method is a method specification over one of these references, so it needs no pass of its own:
    // the number of type parameters is part of the signature.
    private IEnumerable<string> MissingMembers()
    {
        foreach (var reference in reader.MemberReferences.Select(reader.GetMemberReference))
        {
            if (ParentOf(reference) is { } parent && SurfaceOf(parent) is { } surface)
            {
                Checked++;
                var type = TypeNames.Of(reader, parent);
                if (!surface.HasMember(type, Describe(reference)))
                {
                    yield return $"{from.Name} -> {type} :: {Describe(reference)}";
                }
            }
        }
    }

    private PublicSurface? SurfaceOf(TypeReferenceHandle handle) =>
        TypeNames.AssemblyOf(reader, handle) is { } name ? standIns.GetValueOrDefault(name) : null;

    private TypeReferenceHandle? ParentOf(MemberReference member) => member.Parent.Kind switch
    {
        HandleKind.TypeReference => (TypeReferenceHandle)member.Parent,
        HandleKind.TypeSpecification => GenericDefinition((TypeSpecificationHandle)member.Parent),
        _ => null,
    };

    private TypeReferenceHandle? GenericDefinition(TypeSpecificationHandle handle)
    {
        var blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        // Class or value type, which the name tells already.
        blob.ReadCompressedInteger();
        var definition = blob.ReadTypeHandle();
        return definition.Kind == HandleKind.TypeReference ? (TypeReferenceHandle)definition : null;
    }

    private string Describe(MemberReference member)
    {
        var name = reader.GetString(member.Name);
        return member.GetKind() == MemberReferenceKind.Field
            ? $"{name}: {member.DecodeFieldSignature(SignatureText.Instance, null)}"
            : $"{name}: {SignatureText.Of(member.DecodeMethodSignature(SignatureText.Instance, null))}";
    }
}
